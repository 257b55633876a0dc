"""Rules of the disk, on real files."""

from __future__ import annotations

import os
import resource
import stat
import threading

import pytest

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
