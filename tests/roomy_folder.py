"""A folder in RAM for large files of a bench, so that no disk decides what is measured. On the disk where RAM has no room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SHM = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class RoomyFolder:
    """`place` says where it lies, for a figure's note."""

    path: Path
    place: str


@contextmanager
def roomy_folder(need_bytes: int, otherwise: Path) -> Iterator[RoomyFolder]:
    """A new folder with room for `need_bytes` and as much again, in tmpfs or else in `otherwise`. Removed at the end."""
    is_roomy = _SHM.is_dir() and shutil.disk_usage(_SHM).free >= 2 * need_bytes
    parent, place = (_SHM, "tmpfs") if is_roomy else (otherwise, "on the disk: /dev/shm has no room")
    with tempfile.TemporaryDirectory(dir=parent, prefix="vigcam-bench-") as name:
        yield RoomyFolder(Path(name), place)
