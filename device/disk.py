"""Bytes onto the disk, one system call each. Knows no format, never retries a failed sync, never reads.

After a failed fsync the kernel may have dropped the dirty pages: asking again would say yes to lost data. So an error is raised
once and it is the caller's to stop (source: fsync(2), NOTES).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_OWNER_ONLY = 0o600
_WRITTEN = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""For what is there already. A named pipe in a file's place is refused (ENXIO), not waited for; a file knows no difference."""


class Kernel(Protocol):
    """The system calls that a disk is made of, as `os` names them: the one place where a test lets a single call fail or fall
    short, below everything that is ours."""

    def open(self, path: Path, flags: int, mode: int = ..., /) -> int: ...
    def write(self, fd: int, data: memoryview, /) -> int: ...
    def fdatasync(self, fd: int, /) -> None: ...
    def fsync(self, fd: int, /) -> None: ...
    def ftruncate(self, fd: int, length: int, /) -> None: ...
    def close(self, fd: int, /) -> None: ...
    def rename(self, src: Path, dst: Path, /) -> None: ...
    def unlink(self, path: Path, /) -> None: ...
    def statvfs(self, path: Path, /) -> os.statvfs_result: ...


class SystemDisk:
    """`ports.Disk` on the real file system. All methods raise OSError; paths are absolute."""

    def __init__(self, kernel: Kernel = os) -> None:
        self._kernel = kernel

    def create(self, path: Path) -> int:
        """Create a file that must not exist; returns its descriptor for writing (close-on-exec, mode 0600)."""
        return self._kernel.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_ONLY)

    def append(self, path: Path) -> int:
        """Open for appending, created with mode 0600 if missing; returns the descriptor."""
        return self._kernel.open(path, _WRITTEN | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)

    def overwrite(self, path: Path) -> int:
        """Open a file that exists for writing from its first byte on, nothing of it taken away; returns the descriptor."""
        return self._kernel.open(path, _WRITTEN)

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of `data`; a short write is carried on (EINTR is retried by Python itself, PEP 475)."""
        rest = memoryview(data).cast("B")
        while rest:
            written = self._kernel.write(fd, rest)
            if written == 0:
                raise OSError(f"write of {len(rest)} bytes took none")
            rest = rest[written:]

    def write_all(self, fd: int, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        """Write the parts one after the other."""
        for part in parts:
            self.write(fd, part)

    def truncate(self, fd: int) -> None:
        """Take all bytes out of an open file."""
        self._kernel.ftruncate(fd, 0)

    def sync_data(self, fd: int) -> None:
        """fdatasync: the bytes and the size are on the disk when it returns."""
        self._kernel.fdatasync(fd)

    def sync(self, fd: int) -> None:
        """fsync: bytes and all metadata."""
        self._kernel.fsync(fd)

    def sync_folder(self, folder: Path) -> None:
        """fsync of the directory itself: a create, rename or unlink in it is durable only then."""
        fd = self._kernel.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._kernel.fsync(fd)
        finally:
            self._kernel.close(fd)

    def close(self, fd: int) -> None:
        """close; the descriptor is gone even where it raises."""
        self._kernel.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        """rename: replaces `new` if it exists, in one step."""
        self._kernel.rename(old, new)

    def unlink(self, path: Path) -> None:
        """Remove the name; raises FileNotFoundError if there is none."""
        self._kernel.unlink(path)

    def free_bytes(self, folder: Path) -> int:
        """Room left for an unprivileged writer on the file system that holds `folder`."""
        room = self._kernel.statvfs(folder)
        return room.f_bavail * room.f_frsize
