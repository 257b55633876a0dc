"""A catalogue of an older version is brought up to date in one transaction: all of it or nothing, and nothing in it is lost."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from old_catalogue import OldBox

from capture import schema
from capture.catalogue import Catalogue
from capture.errors import CatalogueBroken
from capture.recordings import Recordings

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sum(len(step) for step in schema.STEPS[1:])
"""What an upgrade from the first version runs."""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldBox]:
    made = OldBox(tmp_path_factory.mktemp("old"))
    yield made
    made.box.audit.close()


@pytest.fixture
def path(old: OldBox, tmp_path: Path) -> Path:
    return Path(shutil.copy(old.path, tmp_path / "catalogue.sqlite"))


def dump(path: Path) -> tuple[int, list[str]]:
    """Version, and all tables and rows as commands that would make them."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0], list(connection.iterdump())


def digests(folder: Path) -> dict[str, str]:
    """Of database and -wal; the -shm file is SQLite's own index of the latter, made anew by whoever reads."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if not path.name.endswith("-shm")
    }


def test_the_first_version_is_the_first_version(path: Path) -> None:
    version, commands = dump(path)
    assert version == 1
    assert not [command for command in commands if "is_locked" in command or "erasure" in command]
    for table in ("meta", "case_head", "statement", "recording"):
        assert any(command.startswith(f'INSERT INTO "{table}"') for command in commands)


def test_all_that_an_older_catalogue_held_is_there_after_the_upgrade(old: OldBox, path: Path) -> None:
    catalogue = Catalogue.open(path)
    assert catalogue.row("PRAGMA user_version") == (len(schema.STEPS),)
    assert old.box.records_of(catalogue).case(old.unlocked, old.case) == old.record
    assert len(old.record.armings) == 1
    assert catalogue.meta("anchor") == "kept"
    for recording in old.recordings:
        assert Recordings(catalogue).get(recording.recording_id) == recording
    assert catalogue.rows("PRAGMA foreign_key_check") == []
    assert catalogue.row("PRAGMA integrity_check") == ("ok",)
    catalogue.close()


def test_an_upgraded_catalogue_has_the_tables_of_a_new_one(path: Path, tmp_path: Path) -> None:
    for one in (path, tmp_path / "new.sqlite"):
        Catalogue.open(one).close()
    shapes = []
    for one in (path, tmp_path / "new.sqlite"):
        with closing(sqlite3.connect(one)) as connection:
            shapes.append(connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall())
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("version", range(len(schema.STEPS)))
def test_every_older_version_gets_the_tables_of_a_new_one(tmp_path: Path, version: int) -> None:
    paths = (tmp_path / "old.sqlite", tmp_path / "new.sqlite")
    with closing(sqlite3.connect(paths[0], isolation_level=None)) as connection:
        schema.upgrade(connection, schema.STEPS[:version])
    for path in paths:
        Catalogue.open(path).close()
    assert dump(paths[0]) == dump(paths[1])


@pytest.mark.parametrize("odd", [b"no catalogue", bytes(8192)], ids=["garbage", "zeros"])
def test_what_is_no_catalogue_is_refused_and_left_as_it_is(tmp_path: Path, odd: bytes) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(odd)
    with pytest.raises(CatalogueBroken):
        Catalogue.open(path)
    assert path.read_bytes() == odd


def test_an_upgraded_case_can_be_added_to(old: OldBox, path: Path) -> None:
    catalogue = Catalogue.open(path)
    records = old.box.records_of(catalogue)
    records.state_needs(old.unlocked, old.box.recovery, old.case, "large print")
    records.end_involvement(old.unlocked, old.box.recovery, old.case, old.box.wall.ms)
    case = records.case(old.unlocked, old.case).case
    assert (case.communication_needs, case.involvement_ended_ms) == ("large print", old.box.wall.ms)
    locked = msgspec.structs.replace(old.recordings[1], is_locked=True)
    Recordings(catalogue).update(locked)
    assert Recordings(catalogue).get(locked.recording_id).is_locked
    catalogue.close()


def test_opening_it_again_changes_nothing(path: Path) -> None:
    Catalogue.open(path).close()
    before = digests(path.parent)
    Catalogue.open(path).close()
    assert digests(path.parent) == before


@pytest.mark.parametrize("broken", range(COMMANDS))
def test_whichever_command_fails_the_older_version_is_whole(path: Path, broken: int) -> None:
    before = dump(path)
    commands = [list(step) for step in schema.STEPS]
    step = next(step for step in commands[1:] if broken < len(step) or (broken := broken - len(step)) < 0)
    step[broken] = "CREATE TABLE meta (key TEXT)"  # there is one
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, pytest.raises(sqlite3.OperationalError):
        schema.upgrade(connection, commands)
    assert dump(path) == before
    Catalogue.open(path).close()  # and the next start does it


def test_on_a_full_disk_the_older_version_is_whole_and_the_error_is_that_of_the_disk(path: Path) -> None:
    before = dump(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own full disk
        with pytest.raises(sqlite3.OperationalError) as refused:
            schema.upgrade(connection)
        assert refused.value.sqlite_errorcode == sqlite3.SQLITE_FULL
        assert not connection.in_transaction
    assert dump(path) == before


_KILLED = """
import os, signal, sqlite3, sys
from capture import schema
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
asked = 0
def ask(command):
    global asked
    asked += 1
    if asked == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
connection.set_trace_callback(ask)
schema.upgrade(connection)
"""


def upgrade_elsewhere(path: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
    """In a process of its own, which is killed when it is about to ask this of SQLite."""
    command = [sys.executable, "-c", _KILLED, str(path), str(kill_at)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def asked_of(path: Path) -> list[str]:
    """All that SQLite is asked by a whole upgrade, in order."""
    asked: list[str] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.set_trace_callback(asked.append)
        schema.upgrade(connection)
        connection.set_trace_callback(None)
    return asked


@pytest.mark.parametrize("part", [0.3, 0.6, 1.0], ids=["early", "late", "at the commit"])
def test_killed_in_the_middle_the_older_version_is_whole(path: Path, part: float) -> None:
    asked = asked_of(Path(shutil.copy(path, path.with_name("copy"))))
    assert asked[-1] == "COMMIT"
    before = dump(path)
    assert upgrade_elsewhere(path, round(len(asked) * part)).returncode == -signal.SIGKILL
    assert dump(path) == before
    Catalogue.open(path).close()


def test_who_reads_beside_sees_the_older_version_until_all_of_the_newer_is_there(path: Path) -> None:
    """Why nobody needs a copy of the file before an upgrade."""
    before = dump(path)
    seen: list[bool] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.set_trace_callback(lambda _: seen.append(dump(path) == before))
        schema.upgrade(connection)
        connection.set_trace_callback(None)
    assert len(seen) > COMMANDS
    assert all(seen)
    assert dump(path)[0] == len(schema.STEPS)


def test_a_newer_catalogue_is_refused_in_words_and_not_a_byte_of_it_changes(path: Path) -> None:
    newer = len(schema.STEPS) + 1
    Catalogue.open(path).close()
    # As a killed daemon leaves it: what was said last waits in the -wal file, the version too.
    script = f"""
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("CREATE TABLE of_tomorrow (value TEXT)")
connection.execute("PRAGMA user_version = {newer}")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
    before = digests(path.parent)
    assert set(before) == {"catalogue.sqlite", "catalogue.sqlite-wal"}
    with pytest.raises(CatalogueBroken, match=f"schema {newer} is newer than this version knows \\({newer - 1}\\)"):
        Catalogue.open(path)
    assert digests(path.parent) == before
