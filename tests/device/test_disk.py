"""Rules of the disk, on real files."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import threading

import pytest
from faulty_kernel import FaultyKernel, Trouble

from device.disk import SystemDisk


@pytest.fixture
def disk():
    return SystemDisk()


def test_a_file_that_exists_is_not_created_again(disk, tmp_path):
    disk.close(disk.create(tmp_path / "a"))
    with pytest.raises(FileExistsError):
        disk.create(tmp_path / "a")


@pytest.mark.parametrize("way", ["create", "append"])
def test_new_files_are_for_their_owner_alone_and_close_on_exec(disk, tmp_path, way):
    old = os.umask(0)
    try:
        fd = getattr(disk, way)(tmp_path / "a")
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o600
    assert not os.get_inheritable(fd)
    disk.close(fd)


@pytest.mark.parametrize("way", ["create", "append"])
def test_a_link_laid_in_the_way_is_not_followed(disk, tmp_path, way):
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):  # noqa: PT011 - which of EEXIST and ELOOP depends on the way
        getattr(disk, way)(tmp_path / "a")
    assert not (tmp_path / "elsewhere").exists()


def test_appending_goes_on_at_the_end(disk, tmp_path):
    for text in (b"one\n", b"two\n"):
        fd = disk.append(tmp_path / "log")
        disk.write(fd, text)
        disk.sync_data(fd)
        disk.close(fd)
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


def test_overwriting_begins_at_the_first_byte_and_keeps_the_rest_until_it_is_truncated(disk, tmp_path):
    (tmp_path / "a").write_bytes(b"one two")
    fd = disk.overwrite(tmp_path / "a")
    disk.write(fd, b"ONE")
    assert (tmp_path / "a").read_bytes() == b"ONE two"
    disk.truncate(fd)
    assert (tmp_path / "a").read_bytes() == b""
    disk.close(fd)


def test_what_is_not_there_is_not_overwritten_and_a_link_is_not_followed(disk, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "other")
    (tmp_path / "other").write_text("kept")
    for name in ("missing", "link"):
        with pytest.raises(OSError):  # noqa: PT011 - ENOENT and ELOOP
            disk.overwrite(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "other"]


def test_parts_of_any_kind_are_written_one_after_the_other(disk, tmp_path):
    fd = disk.create(tmp_path / "a")
    disk.write_all(fd, [b"one ", bytearray(b"two "), memoryview(b"three"), b""])
    disk.sync(fd)
    disk.close(fd)
    assert (tmp_path / "a").read_bytes() == b"one two three"


def test_short_writes_are_carried_on(disk):
    reading, writing = os.pipe()
    os.set_blocking(writing, True)
    data = os.urandom(1 << 20)  # far more than a pipe holds: the kernel takes it in pieces
    got = bytearray()

    def drain() -> None:
        while piece := os.read(reading, 4096):
            got.extend(piece)

    drainer = threading.Thread(target=drain)
    drainer.start()
    disk.write(writing, memoryview(data).cast("I"))
    os.close(writing)
    drainer.join()
    os.close(reading)
    assert got == data


def test_signals_in_the_middle_of_a_write_lose_nothing_and_double_nothing(disk):
    reading, writing = os.pipe()
    waiting, going = os.pipe()
    data = os.urandom(1 << 20)
    got, signals = bytearray(), []

    def drain() -> None:
        os.read(waiting, 1)  # until a signal has met a write that waits for room
        while piece := os.read(reading, 4096):
            got.extend(piece)

    def hear(*_: object) -> None:
        signals.append(len(got))
        os.write(going, b"g")

    drainer = threading.Thread(target=drain)
    drainer.start()
    old = signal.signal(signal.SIGALRM, hear)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.001)
    try:
        disk.write(writing, data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    os.close(writing)
    drainer.join(10)
    for fd in (reading, waiting, going):
        os.close(fd)
    assert signals
    assert bytes(got) == data


def test_a_full_device_is_an_error_and_not_a_short_write(disk):
    fd = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError) as refused:  # noqa: PT011 - the number is looked at
        disk.write(fd, b"film")
    os.close(fd)
    assert refused.value.errno == errno.ENOSPC


def test_room_that_ends_within_a_write_is_an_error_though_a_part_was_taken(tmp_path):
    kernel = FaultyKernel()
    disk = SystemDisk(kernel)
    fd = disk.create(tmp_path / "a")
    kernel.trouble_at(1, Trouble.SHORT_THEN_FULL)
    with pytest.raises(OSError) as refused:  # noqa: PT011 - the number is looked at
        disk.write(fd, b"film" * 100)
    disk.close(fd)
    assert refused.value.errno == errno.ENOSPC
    assert (tmp_path / "a").stat().st_size == 200


@pytest.mark.promise("P8")
@pytest.mark.parametrize("sync", ["sync", "sync_data"])
@pytest.mark.parametrize("trouble", [Trouble.EIO, Trouble.ENOSPC, Trouble.EINTR])
def test_a_sync_that_failed_is_told_and_never_asked_for_again(tmp_path, sync, trouble):
    kernel = FaultyKernel()
    disk = SystemDisk(kernel)
    fd = disk.create(tmp_path / "a")
    kernel.trouble_at(1, trouble)
    with pytest.raises(OSError, match="injected"):
        getattr(disk, sync)(fd)
    assert len(kernel.calls) == 2
    disk.close(fd)


def test_a_write_that_finds_no_room_raises(disk, tmp_path):
    fd = disk.create(tmp_path / "a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            disk.write(fd, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.fstat(fd).st_size == 1000
    disk.close(fd)


def test_rename_replaces_and_unlink_removes(disk, tmp_path):
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    disk.rename(tmp_path / "new", tmp_path / "old")
    disk.sync_folder(tmp_path)
    assert (tmp_path / "old").read_text() == "new"
    disk.unlink(tmp_path / "old")
    with pytest.raises(FileNotFoundError):
        disk.unlink(tmp_path / "old")


def test_a_folder_that_is_none_cannot_be_synced(disk, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        disk.sync_folder(tmp_path / "file")


def test_free_bytes_are_those_of_an_ordinary_user(disk, tmp_path):
    assert 0 < disk.free_bytes(tmp_path) <= os.statvfs(tmp_path).f_bfree * os.statvfs(tmp_path).f_frsize
