"""System calls of which one fails or falls short: below `SystemDisk`, so that its own loops are tried too. Else the real ones.

A signal's EINTR is repeated by Python itself and never gets this far (PEP 475); what does is a handler that raises, or a file
system in user space.
"""

from __future__ import annotations

import errno
import os
import threading
from enum import Enum
from pathlib import Path


class Trouble(Enum):
    """What happens at one call."""

    EIO = "EIO"
    ENOSPC = "ENOSPC"
    EINTR = "EINTR"
    SHORT = "short write"
    """Half of it is written, and the call says so: no error at all."""
    SHORT_THEN_FULL = "short write, then ENOSPC"
    """How a disk fills up in truth: the file keeps the half."""

    @property
    def is_of_writes(self) -> bool:
        return self in (Trouble.SHORT, Trouble.SHORT_THEN_FULL)


class FaultyKernel:
    """A `device.disk.Kernel`. `calls` names every call in order, so that a test can count them once and then trouble each."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._turn = threading.Lock()
        self._at: int | None = None
        self._trouble = Trouble.EIO
        self._full: int | None = None

    def trouble_at(self, call_number: int, trouble: Trouble) -> None:
        """The call with this number in `calls` goes so, whichever it is, or the first after it to which this can happen; counted
        from 0. Threads take turns differently each time, so that a number is not always the same call."""
        self._at, self._trouble = call_number, trouble

    def open(self, path: Path, flags: int, mode: int = 0o777, /) -> int:
        self._meet("open", path)
        return os.open(path, flags, mode)

    def write(self, fd: int, data: memoryview, /) -> int:
        trouble = self._turn_of("write")
        if self._full == fd:
            self._full = None
            raise OSError(errno.ENOSPC, "injected: write")
        if trouble is None:
            return os.write(fd, data)
        if not trouble.is_of_writes or len(data) < 2:
            self._fail(trouble, "write")
        if trouble is Trouble.SHORT_THEN_FULL:
            self._full = fd
        return os.write(fd, data[: len(data) // 2])

    def fdatasync(self, fd: int, /) -> None:
        self._meet("fdatasync")
        os.fdatasync(fd)

    def fsync(self, fd: int, /) -> None:
        self._meet("fsync")
        os.fsync(fd)

    def ftruncate(self, fd: int, length: int, /) -> None:
        self._meet("ftruncate")
        os.ftruncate(fd, length)

    def close(self, fd: int, /) -> None:
        try:
            self._meet("close")
        finally:  # as close(2): the descriptor is gone even where it fails
            os.close(fd)

    def rename(self, src: Path, dst: Path, /) -> None:
        self._meet("rename", src)
        src.rename(dst)

    def unlink(self, path: Path, /) -> None:
        self._meet("unlink", path)
        path.unlink()

    def statvfs(self, path: Path, /) -> os.statvfs_result:
        self._meet("statvfs", path)
        return os.statvfs(path)

    def _meet(self, call: str, path: Path | None = None) -> None:
        trouble = self._turn_of(call)
        if trouble is not None:
            self._fail(trouble, call, path)

    def _turn_of(self, call: str) -> Trouble | None:
        with self._turn:
            number = len(self.calls)
            self.calls.append(call)
            if self._at is None or number < self._at or not fits(self._trouble, call):
                return None
            self._at = None
            return self._trouble

    def _fail(self, trouble: Trouble, call: str, path: Path | None = None) -> None:
        code = errno.ENOSPC if trouble.is_of_writes else getattr(errno, trouble.value)
        raise OSError(code, f"injected: {call}", None if path is None else str(path))


def fits(trouble: Trouble, call: str) -> bool:
    """Whether this can happen at this call: only a write can be short."""
    return call == "write" or not trouble.is_of_writes
