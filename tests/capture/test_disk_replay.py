"""The replay itself: what was synced is on every disk, what was not is on some, and no name stands twice for one file."""

from __future__ import annotations

from pathlib import Path

from disk_record import RecordingDisk, Tape
from disk_replay import Kept, cut_at, kept_after

from device.disk import SystemDisk


def disks(tape: Tape[None], at: int | None = None) -> list[Kept]:
    return list(kept_after(cut_at(tape, len(tape.steps) if at is None else at), samples=0))


def rolling(folder: Path) -> tuple[RecordingDisk[None], Tape[None]]:
    disk: RecordingDisk[None] = RecordingDisk(SystemDisk())
    return disk, disk.roll(folder, [path for path in folder.iterdir() if path.is_file()], lambda: None)


def test_with_everything_synced_there_is_one_disk_and_it_is_the_real_one(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"before")
    disk, tape = rolling(tmp_path)
    fd = disk.create(tmp_path / "new")
    disk.write_all(fd, [b"one", b"two"])
    disk.sync(fd)
    disk.close(fd)
    fd = disk.overwrite(tmp_path / "old")
    disk.write(fd, b"AF")
    disk.sync_data(fd)
    disk.close(fd)
    disk.rename(tmp_path / "new", tmp_path / "newer")
    disk.sync_folder(tmp_path)
    [kept] = disks(tape)
    assert kept.contents == {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.iterdir()}
    assert kept.contents == {Path("old"): b"AFfore", Path("newer"): b"onetwo"}


def test_what_was_not_synced_may_be_there_in_any_part_and_what_was_synced_always_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    disk, tape = rolling(tmp_path)
    fd = disk.append(tmp_path / "log")
    disk.write(fd, b"a" * 600)
    disk.sync_data(fd)
    disk.write(fd, b"b" * 600)
    disk.write(fd, b"c" * 600)
    disk.close(fd)
    found = {kept.contents[Path("log")][600:] for kept in disks(tape)}
    assert all(kept.contents[Path("log")].startswith(b"a" * 600) for kept in disks(tape))
    b, c = b"b" * 600, b"c" * 600
    assert {b"", b, b + c, bytes(1200), b + bytes(600), bytes(600) + c} <= found
    assert {b[:1], b[:424], b[:300] + bytes(900), bytes(424) + b[424:] + c, b + c[:599], bytes(600) + c} <= found


def test_a_name_that_was_not_synced_may_be_missing_and_a_rename_has_happened_or_not(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x")
    disk, tape = rolling(tmp_path)
    fd = disk.create(tmp_path / "part")
    disk.write(fd, b"film")
    disk.sync(fd)
    disk.close(fd)
    disk.rename(tmp_path / "part", tmp_path / "whole")
    disk.unlink(tmp_path / "there")
    names = {frozenset(map(str, kept.contents)) for kept in disks(tape)}
    assert names == {frozenset(text.split()) for text in ("", "there", "part", "part there", "whole", "whole there")}


def test_a_truncation_has_happened_or_not(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"header and film")
    disk, tape = rolling(tmp_path)
    fd = disk.overwrite(tmp_path / "film")
    disk.truncate(fd)
    assert {kept.contents[Path("film")] for kept in disks(tape)} == {b"header and film", b""}
    disk.sync(fd)
    disk.close(fd)
    assert {kept.contents[Path("film")] for kept in disks(tape)} == {b""}


def test_an_earlier_cut_knows_nothing_of_what_came_later(tmp_path: Path) -> None:
    disk, tape = rolling(tmp_path)
    for name in ("one", "two"):
        fd = disk.create(tmp_path / name)
        disk.close(fd)
        disk.sync_folder(tmp_path)
    assert [set(map(str, disks(tape, at)[0].contents)) for at in (0, 2, 4)] == [set(), {"one"}, {"one", "two"}]
