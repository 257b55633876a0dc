"""A box's disk that a test fills, breaks, holds up or cuts off from power: a wrapper of the real one. Decides nothing itself."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from faults import FaultyDisk

from device.disk import SystemDisk

PLENTY_BYTES = 10**12
_PATIENCE_S = 30.0


class TroubledDisk(FaultyDisk):
    """`room_bytes` is what it says is free. It remembers how much of each file was synced: a power cut takes the rest."""

    def __init__(self) -> None:
        super().__init__(SystemDisk())
        self.room_bytes = PLENTY_BYTES
        self.calls_failed = 0
        self.has_log_failed = False
        """Whether a line of the log ever found no way."""
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._synced: dict[str, int] = {}

    @contextmanager
    def held(self, catalogue: Path) -> Iterator[None]:
        """Nothing is read as done any more, of files or catalogue, until this ends: a disk that stalls."""
        with closing(sqlite3.connect(catalogue, timeout=_PATIENCE_S, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self._may_go_on.clear()
            try:
                yield
            finally:
                self._may_go_on.set()
                other.execute("ROLLBACK")

    def get_well(self) -> None:
        """Nothing fails any more, and there is room."""
        self.heal()
        self.room_bytes = PLENTY_BYTES

    def die(self) -> None:
        """Nothing reaches it any more."""
        self.die_at(0)

    def copy(self, folder: Path, new: Path, *, is_power_lost: bool) -> None:
        """What the next start finds, while this disk is held: all that was written, or where power was lost what was synced."""
        shutil.copytree(folder, new, ignore=shutil.ignore_patterns("*.sock", "*-shm"))
        for path, size in self._synced.items():
            copied = new / Path(path).relative_to(folder)
            if is_power_lost and copied.exists() and copied.stat().st_size > size:
                with copied.open("r+b") as file:
                    file.truncate(size)

    def sync_data(self, fd: int) -> None:
        super().sync_data(fd)
        self._remember_size(fd)

    def sync(self, fd: int) -> None:
        super().sync(fd)
        self._remember_size(fd)

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self._synced.pop(str(old), None)

    def free_bytes(self, folder: Path) -> int:
        return min(super().free_bytes(folder), self.room_bytes) if self.room_bytes < PLENTY_BYTES else PLENTY_BYTES

    def _remember_size(self, fd: int) -> None:
        path = self._paths.get(fd, "")
        if path and Path(path).exists():
            self._synced[path] = Path(path).stat().st_size

    def _meet(self, operation: str, path: str) -> None:
        assert self._may_go_on.wait(_PATIENCE_S), "the test forgot to let the disk go on"
        try:
            super()._meet(operation, path)
        except OSError:
            self.calls_failed += 1
            self.has_log_failed = self.has_log_failed or path.endswith("audit.log")
            raise
