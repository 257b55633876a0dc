"""The picture while checking the picture: the newest still, in RAM only, for as long as the sensor is on. Keeps no other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable

from capture.control import Control
from capture.errors import NotNow
from capture.recorder.model import CameraFailed
from device.ports import Clock


class Framing:
    """The camera's `PictureSink`. A still is handed to the page as a sealed piece of RAM."""

    def __init__(self, clock: Clock, control: Callable[[], Control]) -> None:
        self._clock, self._control = clock, control
        self._jpeg = b""

    def picture(self, jpeg: bytes) -> None:
        self._jpeg = jpeg
        self._control().frame_seen(self._clock.boottime_ns())

    def failed(self, code: str) -> None:
        self._control().post(CameraFailed(self._clock.boottime_ns(), code))

    def begin(self) -> Framing:
        """Forget the last time's picture; returns the sink."""
        self.drop()
        return self

    def drop(self) -> None:
        """The sensor is off: nothing of what it saw stays."""
        self._jpeg = b""

    def latest(self) -> tuple[int, int]:
        """Size in bytes and a descriptor of a memfd that nobody can change any more; the caller's to close. Raises NotNow."""
        jpeg = self._jpeg
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
