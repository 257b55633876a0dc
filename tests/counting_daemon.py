"""The real capture daemon with a sensor that counts: `python counting_daemon.py COUNT --dir BOX --simulated …`.

COUNT is a file of three numbers, mapped into memory: takes begun, pictures that the sensor has made in this take, and the boot
time of the first. It is written at the moment a picture comes into being, before anything encodes it, and a killed process leaves
it exact: what a kill costs is these pictures less those that play. A picture that a busy machine has not drawn yet does not exist
and is not counted. The scene gets as much grain as the bit rate needs to be really used.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

sys.path[:0] = [str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402

from capture import __main__ as program  # noqa: E402
from device.paced import PacedCamera  # noqa: E402
from device.ports import Clock, Profile  # noqa: E402
from device.scene import I420  # noqa: E402
from device.simulated import SceneSource  # noqa: E402

_COUNT = struct.Struct("<QQQ")
_GRAIN_FROM_BITRATE = 2_000_000
"""Below it the scene's own grain is enough."""
_GRAIN = 90
_CELLS_SHARE = 6
"""The counter stands in the upper sixth."""


@dataclass(frozen=True, slots=True)
class Count:
    """What the sensor has done so far."""

    takes: int
    pictures: int
    first_ns: int


def new_count(path: Path) -> None:
    """Make the file; nothing has been filmed."""
    path.write_bytes(bytes(_COUNT.size))


def read_count(path: Path) -> Count:
    return Count(*_COUNT.unpack(path.read_bytes()))


class CountingSource(SceneSource):
    """The test scene, counted."""

    def __init__(self, profile: Profile, count: mmap.mmap) -> None:
        super().__init__(profile)
        self._count = count
        self._height = profile.height
        self._top = profile.height // _CELLS_SHARE
        self._grain: np.ndarray | None = None
        if profile.bitrate > _GRAIN_FROM_BITRATE:
            shape = (profile.height * 2, profile.width)
            self._grain = np.random.default_rng(2).integers(0, _GRAIN, shape, dtype=np.uint8)
        self._takes, _, _ = _COUNT.unpack(count[:])
        count[:] = _COUNT.pack(self._takes + 1, 0, 0)
        self._first_ns = self._drawn = 0

    def picture(self, frame_number: int) -> I420:
        self._first_ns = self._first_ns or time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._drawn += 1  # not the frame's number: one that was stepped over was never there
        self._count[:] = _COUNT.pack(self._takes + 1, self._drawn, self._first_ns)
        picture = super().picture(frame_number)
        if self._grain is not None:
            offset = frame_number * 89 % self._height
            grain = self._grain[offset : offset + self._height - self._top]
            luma = picture[self._top : self._height]
            # The flash stays a flash, the rest stays darker than one.
            np.subtract(luma, np.minimum(grain // 2, luma), out=luma)
        return picture


def main(count: Path, arguments: list[str]) -> int:
    with count.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), _COUNT.size)

    def camera(profile: Profile, clock: Clock) -> PacedCamera:
        return PacedCamera(profile, clock, lambda: CountingSource(profile, mapped))

    with mock.patch.object(program, "SimulatedCamera", camera):
        return program.main(arguments)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
