"""Puts one small file onto the disk, wholly or not at all, and takes one off it again. Never leaves half of one in place."""

from __future__ import annotations

import secrets
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
    write_over(disk, path, data)


def write_over(disk: Disk, path: Path, data: bytes) -> None:
    """The same where `path` may be there already: whoever looks, before or after a power cut, finds the old whole or the new
    whole. Raises OSError from any step; then the old is there still (a failed last sync leaves the new, whole)."""
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


def wipe_file(disk: Disk, path: Path) -> None:
    """Overwrite a small file with noise, then remove it; durable when it returns, and safe to repeat. Raises OSError.

    Flash may keep the old bytes until it is trimmed: what lay in the file must be sealed besides.
    """
    if path.exists():
        size = path.stat().st_size
        fd = disk.overwrite(path)
        try:
            disk.write(fd, secrets.token_bytes(size))
            disk.sync(fd)
            disk.truncate(fd)
            disk.sync(fd)
        finally:
            disk.close(fd)
        disk.unlink(path)
    disk.sync_folder(path.parent)
