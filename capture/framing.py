"""The picture while checking the picture: the newest still, in RAM only, for as long as the sensor is on. Keeps no other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable

from capture.control import Control
from capture.errors import NotNow
from capture.recorder.model import CameraFailed
from device.ports import Clock


class Look:
    """One look through the lens: the camera's `PictureSink` until the sensor is off. The camera's thread may be drawing a last
    still then, which comes to nobody."""

    def __init__(self, clock: Clock, control: Callable[[], Control]) -> None:
        self._clock, self._control = clock, control
        self.jpeg = b""

    def picture(self, jpeg: bytes) -> None:
        self.jpeg = jpeg
        self._control().frame_seen(self._clock.boottime_ns())

    def failed(self, code: str) -> None:
        self._control().post(CameraFailed(self._clock.boottime_ns(), code))


class Framing:
    """All looks, one at a time. A still is handed to the page as a sealed piece of RAM."""

    def __init__(self, clock: Clock, control: Callable[[], Control]) -> None:
        self._clock, self._control = clock, control
        self._look: Look | None = None

    def begin(self) -> Look:
        """A new look, which knows nothing of the last one; returns the sink."""
        self._look = look = Look(self._clock, self._control)
        return look

    def drop(self) -> None:
        """The sensor is off: nothing of what it saw stays, nor of what the camera still hands over."""
        self._look = None

    def latest(self) -> tuple[int, int]:
        """Size in bytes and a descriptor of a memfd that nobody can change any more; the caller's to close. Raises NotNow."""
        look = self._look  # read once: the control thread may drop it
        jpeg = look.jpeg if look is not None else b""
        if not jpeg:
            raise NotNow("no picture yet")
        descriptor = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(descriptor, jpeg)
            os.lseek(descriptor, 0, os.SEEK_SET)
            _seal(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return len(jpeg), descriptor


def _seal(descriptor: int) -> None:
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL)
