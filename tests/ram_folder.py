"""A folder in RAM, for tests whose disk is a tape or fails on purpose: this machine's own syncs would prove nothing there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TMPFS = Path("/dev/shm")


@contextmanager
def ram_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=_TMPFS if _TMPFS.is_dir() else None) as name:
        yield Path(name)
