"""A disk that fails or stalls where a test says so: a wrapper of a real one, never a disk of its own.

From inside the process: `fail`, `fail_at`, `stall`. From outside (a journey test against a real daemon): a folder whose files
are orders. A file named like the operation says what happens to each such call while the file is there:

    sync_data:  stall 2.0              sleep two seconds, then do it
    sync_data:  stall 2.0 audit.log    only for descriptors of files whose path ends so
    write:      fail ENOSPC            raise that error, do nothing
    sync:       hold                   wait until the file is gone, then do it
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.ports import Disk

OPERATIONS = (
    "create",
    "append",
    "overwrite",
    "write",
    "write_all",
    "truncate",
    "sync_data",
    "sync",
    "sync_folder",
    "close",
    "rename",
    "unlink",
    "free_bytes",
)


@dataclass(frozen=True, slots=True)
class _Order:
    action: str
    argument: str = ""
    path_end: str = ""


class FaultyDisk:
    """`calls` names every operation in order, so that a test can count them once and then fail each in turn."""

    def __init__(self, real: Disk, orders: Path | None = None) -> None:
        self._real = real
        self._orders = orders
        self._inside: dict[str, _Order] = {}
        self._fail_at: tuple[int, int] | None = None
        self._die_at: int | None = None
        self._paths: dict[int, str] = {}
        self._called = threading.Condition()
        self.calls: list[str] = []

    def fail(self, operation: str, error: int = errno.EIO, path_end: str = "") -> None:
        """Every such call fails from now on, until `heal`."""
        self._inside[_known(operation)] = _Order("fail", errno.errorcode[error], path_end)

    def stall(self, operation: str, seconds: float, path_end: str = "") -> None:
        """Every such call sleeps first, until `heal`."""
        self._inside[_known(operation)] = _Order("stall", str(seconds), path_end)

    def fail_at(self, call_number: int, error: int = errno.EIO) -> None:
        """The call with this number in `calls` fails, whichever operation it is; counted from 0."""
        self._fail_at = (call_number, error)

    def die_at(self, call_number: int) -> None:
        """The call with this number fails, and every one after it: what reached the disk is what a cut would leave."""
        self._die_at = call_number

    def heal(self) -> None:
        self._inside.clear()
        self._fail_at = self._die_at = None

    def wait_for(self, operation: str, times: int, timeout_s: float = 10.0) -> None:
        """Return once the operation was asked for this many times in all, done or stalled."""
        with self._called:
            assert self._called.wait_for(lambda: self.calls.count(_known(operation)) >= times, timeout_s)

    def create(self, path: Path) -> int:
        self._meet("create", str(path))
        return self._remember(self._real.create(path), path)

    def append(self, path: Path) -> int:
        self._meet("append", str(path))
        return self._remember(self._real.append(path), path)

    def overwrite(self, path: Path) -> int:
        self._meet("overwrite", str(path))
        return self._remember(self._real.overwrite(path), path)

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        self._meet("write", self._paths.get(fd, ""))
        self._real.write(fd, data)

    def write_all(self, fd: int, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        self._meet("write_all", self._paths.get(fd, ""))
        self._real.write_all(fd, parts)

    def truncate(self, fd: int) -> None:
        self._meet("truncate", self._paths.get(fd, ""))
        self._real.truncate(fd)

    def sync_data(self, fd: int) -> None:
        self._meet("sync_data", self._paths.get(fd, ""))
        self._real.sync_data(fd)

    def sync(self, fd: int) -> None:
        self._meet("sync", self._paths.get(fd, ""))
        self._real.sync(fd)

    def sync_folder(self, folder: Path) -> None:
        self._meet("sync_folder", str(folder))
        self._real.sync_folder(folder)

    def close(self, fd: int) -> None:
        path = self._paths.pop(fd, "")
        try:
            self._meet("close", path)
        finally:  # as close(2): the descriptor is gone even where it fails
            self._real.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        self._meet("rename", str(old))
        self._real.rename(old, new)

    def unlink(self, path: Path) -> None:
        self._meet("unlink", str(path))
        self._real.unlink(path)

    def free_bytes(self, folder: Path) -> int:
        self._meet("free_bytes", str(folder))
        return self._real.free_bytes(folder)

    def _remember(self, fd: int, path: Path) -> int:
        self._paths[fd] = str(path)
        return fd

    def _meet(self, operation: str, path: str) -> None:
        with self._called:
            number = len(self.calls)
            self.calls.append(operation)
            self._called.notify_all()
        if self._fail_at is not None and self._fail_at[0] == number:
            raise OSError(self._fail_at[1], f"injected: {operation}", path)
        if self._die_at is not None and number >= self._die_at:
            raise OSError(errno.EIO, f"dead: {operation}", path)
        for order in (self._inside.get(operation), self._outside(operation)):
            if order is not None and path.endswith(order.path_end):
                self._obey(order, operation, path)

    def _obey(self, order: _Order, operation: str, path: str) -> None:
        match order.action:
            case "fail":
                raise OSError(getattr(errno, order.argument), f"injected: {operation}", path)
            case "stall":
                time.sleep(float(order.argument))
            case "hold":
                while self._outside(operation) is not None:
                    time.sleep(0.01)
            case unknown:
                raise ValueError(f"no such fault: {unknown}")

    def _outside(self, operation: str) -> _Order | None:
        if self._orders is None:
            return None
        try:
            words = (self._orders / operation).read_text("utf-8").split()
        except FileNotFoundError:
            return None
        if not words:  # caught while it is being written
            return None
        if words[0] == "hold":
            return _Order("hold", "", *words[1:2])
        return _Order(*words[:3])


def order(orders: Path, operation: str, text: str) -> None:
    """Give an order to a FaultyDisk in another process; take it back with `recall`."""
    orders.mkdir(exist_ok=True)
    fresh = orders / f".{_known(operation)}"
    fresh.write_text(text, "utf-8")
    fresh.rename(orders / operation)


def recall(orders: Path, operation: str) -> None:
    (orders / _known(operation)).unlink(missing_ok=True)


def _known(operation: str) -> str:
    if operation not in OPERATIONS:
        raise ValueError(f"no such disk operation: {operation}")
    return operation
