"""One small file onto the disk: wholly, durably, or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from faults import FaultyDisk

from capture.durable import write_new
from device.disk import SystemDisk


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk(SystemDisk())


def test_bytes_are_synced_before_the_name_and_the_name_before_it_returns(disk: FaultyDisk, tmp_path: Path) -> None:
    write_new(disk, tmp_path / "x", b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"
    assert disk.calls == ["unlink", "create", "write", "sync", "close", "rename", "sync_folder"]


def test_a_file_that_is_there_is_left_as_it_is(disk: FaultyDisk, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_new(disk, tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert disk.calls == []


@pytest.mark.parametrize("operation", ["create", "write", "sync", "close", "rename"])
def test_a_step_that_fails_leaves_no_file_and_no_open_descriptor(disk: FaultyDisk, tmp_path: Path, operation: str) -> None:
    disk.fail(operation, errno.ENOSPC)
    descriptors = sorted(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="injected"):
        write_new(disk, tmp_path / "x", b"whole")
    assert list(tmp_path.iterdir()) == []
    assert len(sorted(Path("/proc/self/fd").iterdir())) == len(descriptors)


def test_a_folder_that_cannot_be_synced_is_told(disk: FaultyDisk, tmp_path: Path) -> None:
    disk.fail("sync_folder")
    with pytest.raises(OSError, match="injected"):
        write_new(disk, tmp_path / "x", b"whole")


def test_what_a_power_cut_left_beside_it_is_not_in_the_way(disk: FaultyDisk, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"half")
    write_new(disk, tmp_path / "x", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
