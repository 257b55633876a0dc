"""The real capture daemon with a sensor that stops for good: `python hanging_daemon.py DRAIN_S --dir BOX --simulated …`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from unittest import mock

sys.path[:0] = [str(Path(__file__).parents[1])]

from capture import __main__ as program  # noqa: E402
from device.paced import PacedCamera  # noqa: E402
from device.ports import Clock, Profile  # noqa: E402
from device.scene import I420  # noqa: E402
from device.simulated import SceneSource  # noqa: E402


class HangingSource(SceneSource):
    """As from a share that is gone: whoever asks waits for ever."""

    def picture(self, frame_number: int) -> I420:
        if frame_number >= 3:
            threading.Event().wait()
        return super().picture(frame_number)


def hanging_camera(profile: Profile, clock: Clock) -> PacedCamera:
    return PacedCamera(profile, clock, lambda: HangingSource(profile), drain_s=float(sys.argv[1]))


if __name__ == "__main__":
    with mock.patch.object(program, "SimulatedCamera", hanging_camera):
        sys.exit(program.main(sys.argv[2:]))
