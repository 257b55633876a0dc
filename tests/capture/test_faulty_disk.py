"""The faulty disk itself: it does what a test orders, from inside and from another process, and else it is the real one."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from faults import OPERATIONS, FaultyDisk, order, recall

from device.disk import SystemDisk
from device.ports import Disk


def use_all(disk: Disk, folder: Path) -> None:
    fd = disk.create(folder / "a")
    disk.write(fd, b"one")
    disk.write_all(fd, [b"two", b"three"])
    disk.sync_data(fd)
    disk.sync(fd)
    disk.close(fd)
    disk.close(disk.append(folder / "a"))
    fd = disk.overwrite(folder / "a")
    disk.truncate(fd)
    disk.close(fd)
    disk.rename(folder / "a", folder / "b")
    disk.sync_folder(folder)
    disk.free_bytes(folder)
    disk.unlink(folder / "b")


def test_unordered_it_is_the_real_disk_and_counts(tmp_path: Path) -> None:
    disk = FaultyDisk(SystemDisk(), tmp_path / "orders")
    use_all(disk, tmp_path)
    assert set(disk.calls) == set(OPERATIONS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_made_to_fail_from_both_sides(tmp_path: Path, operation: str) -> None:
    disk = FaultyDisk(SystemDisk(), tmp_path / "orders")
    disk.fail(operation, errno.ENOSPC)
    with pytest.raises(OSError, match=operation) as inside:
        use_all(disk, tmp_path)
    assert inside.value.errno == errno.ENOSPC
    disk.heal()
    for left in ("a", "b"):
        (tmp_path / left).unlink(missing_ok=True)
    order(tmp_path / "orders", operation, "fail EIO")
    with pytest.raises(OSError, match=operation) as outside:
        use_all(disk, tmp_path)
    assert outside.value.errno == errno.EIO


def test_order_holds_only_for_its_path_and_until_it_is_recalled(tmp_path: Path) -> None:
    disk = FaultyDisk(SystemDisk(), tmp_path / "orders")
    order(tmp_path / "orders", "sync_data", "hold audit.log")
    other, log = disk.create(tmp_path / "other"), disk.create(tmp_path / "audit.log")
    disk.sync_data(other)
    waiting = threading.Thread(target=disk.sync_data, args=(log,))
    waiting.start()
    disk.wait_for("sync_data", 2)
    assert waiting.is_alive()
    recall(tmp_path / "orders", "sync_data")
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    disk.close(other)
    disk.close(log)
