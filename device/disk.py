"""Bytes onto the disk, one system call each. Knows no format, never retries a failed sync, never reads.

After a failed fsync the kernel may have dropped the dirty pages: asking again would say yes to lost data. So an error is raised
once and it is the caller's to stop (source: fsync(2), NOTES).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_OWNER_ONLY = 0o600


class SystemDisk:
    """`ports.Disk` on the real file system. All methods raise OSError; paths are absolute."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist; returns its descriptor for writing (close-on-exec, mode 0600)."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_ONLY)

    def append(self, path: Path) -> int:
        """Open for appending, created with mode 0600 if missing; returns the descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_ONLY)

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of `data`; a short write is carried on (EINTR is retried by Python itself, PEP 475)."""
        rest = memoryview(data).cast("B")
        while rest:
            written = os.write(fd, rest)
            if written == 0:
                raise OSError(f"write of {len(rest)} bytes took none")
            rest = rest[written:]

    def write_all(self, fd: int, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        """Write the parts one after the other."""
        for part in parts:
            self.write(fd, part)

    def sync_data(self, fd: int) -> None:
        """fdatasync: the bytes and the size are on the disk when it returns."""
        os.fdatasync(fd)

    def sync(self, fd: int) -> None:
        """fsync: bytes and all metadata."""
        os.fsync(fd)

    def sync_folder(self, folder: Path) -> None:
        """fsync of the directory itself: a create, rename or unlink in it is durable only then."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self, fd: int) -> None:
        """close; the descriptor is gone even where it raises."""
        os.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        """rename: replaces `new` if it exists, in one step."""
        old.rename(new)

    def unlink(self, path: Path) -> None:
        """Remove the name; raises FileNotFoundError if there is none."""
        path.unlink()

    def free_bytes(self, folder: Path) -> int:
        """Room left for an unprivileged writer on the file system that holds `folder`."""
        room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize
