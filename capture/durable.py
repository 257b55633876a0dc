"""Puts one small file onto the disk, wholly or not at all. Never changes a file that is there, never leaves half of one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from device.ports import Disk


def write_new(disk: Disk, path: Path, data: bytes) -> None:
    """Make `path` hold `data`, durable when it returns: written beside, synced, renamed, the folder synced.

    One process writes in a folder. Raises FileExistsError if `path` is there already, OSError from any step; then `path` is
    not there (a failed last sync leaves it, whole).
    """
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        disk.unlink(part)  # what a power cut left behind
    fd = disk.create(part)
    try:
        try:
            disk.write(fd, data)
            disk.sync(fd)
        finally:
            disk.close(fd)
        disk.rename(part, path)
    except BaseException:
        with suppress(OSError):
            disk.unlink(part)
        raise
    disk.sync_folder(path.parent)
