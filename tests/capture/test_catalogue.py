"""The catalogue: what was committed is there, what is not a catalogue is refused, and older ones are brought up to date."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture import schema
from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.errors import CatalogueBroken, VaultFull
from capture.ids import CaseCode, PractitionerId

CASE = CaseCode("VIG-AAAA")
PRAC = PractitionerId("prac-abcdef")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite"


@pytest.fixture
def catalogue(path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(path)
    yield opened
    opened.close()


def row(sequence: int, nonce: str, case: CaseCode = CASE) -> StatementRow:
    return StatementRow(case, sequence, "case_opened", PRAC, nonce, b"sealed")


def test_a_committed_statement_and_its_head_are_there_after_reopening(catalogue: Catalogue, path: Path) -> None:
    catalogue.append(row(1, "n1"), "hash1", None)
    catalogue.append(row(2, "n2"), "hash2", CaseHead(CASE, PRAC, 1, "hash1"))
    catalogue.close()
    again = Catalogue.open(path)
    assert again.statements(CASE) == (row(1, "n1"), row(2, "n2"))
    assert again.head(CASE) == CaseHead(CASE, PRAC, 2, "hash2")
    again.close()


def test_a_nonce_is_used_once_in_the_whole_box(catalogue: Catalogue) -> None:
    catalogue.append(row(1, "n1"), "hash1", None)
    with pytest.raises(CatalogueBroken):
        catalogue.append(row(1, "n1", CaseCode("VIG-BBBB")), "hash1", None)
    assert catalogue.head(CaseCode("VIG-BBBB")) is None


def test_a_statement_on_a_head_that_moved_meanwhile_is_refused(catalogue: Catalogue) -> None:
    catalogue.append(row(1, "n1"), "hash1", None)
    for stale in (None, CaseHead(CASE, PRAC, 1, "another")):
        with pytest.raises(CatalogueBroken):
            catalogue.append(row(2, "n2"), "hash2", stale)
    assert len(catalogue.statements(CASE)) == 1


def test_cases_are_listed_newest_first_in_pages(catalogue: Catalogue) -> None:
    codes = [CaseCode(f"VIG-AAA{letter}") for letter in "ABC"]
    for code in codes:
        catalogue.append(row(1, code, code), "hash", None)
    first = catalogue.heads(PRAC, "", 2)
    assert [head.case for head in first] == [codes[2], codes[1]]
    assert [head.case for head in catalogue.heads(PRAC, codes[1], 2)] == [codes[0]]
    assert catalogue.heads(PractitionerId("prac-others"), "", 2) == ()


def test_meta_is_kept_over_reopening(catalogue: Catalogue, path: Path) -> None:
    assert catalogue.meta("anchor") is None
    catalogue.set_meta("anchor", "1")
    catalogue.set_meta("anchor", "2")
    catalogue.close()
    again = Catalogue.open(path)
    assert again.meta("anchor") == "2"
    again.close()


def test_the_catalogue_writes_ahead_and_syncs_every_commit(catalogue: Catalogue) -> None:
    assert catalogue.row("PRAGMA journal_mode") == ("wal",)
    assert catalogue.row("PRAGMA synchronous") == (2,)  # FULL
    assert catalogue.row("PRAGMA temp_store") == (2,)  # MEMORY


def test_nobody_else_may_read_its_files(catalogue: Catalogue, path: Path) -> None:
    catalogue.set_meta("anchor", "1")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["catalogue.sqlite", "catalogue.sqlite-shm", "catalogue.sqlite-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    Catalogue.open(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(schema.STEPS) + 1}")
    newer.close()
    with pytest.raises(CatalogueBroken, match="newer"):
        Catalogue.open(path)
    after = sqlite3.connect(path)
    assert after.execute("PRAGMA user_version").fetchone() == (len(schema.STEPS) + 1,)
    after.close()


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"this is a film, not a catalogue" * 200)
    with pytest.raises(CatalogueBroken):
        Catalogue.open(path)


def test_a_damaged_database_is_refused(path: Path) -> None:
    catalogue = Catalogue.open(path)
    for number in range(200):
        catalogue.append(row(1, f"n{number}", CaseCode(f"VIG-{number:04}")), "hash", None)
    catalogue.close()
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(CatalogueBroken):
        Catalogue.open(path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueBroken):
        Catalogue.open(tmp_path / "nowhere" / "catalogue.sqlite")


def test_a_full_disk_is_told_apart_from_a_broken_catalogue(catalogue: Catalogue) -> None:
    (pages,) = catalogue.row("PRAGMA page_count") or (0,)
    catalogue.row(f"PRAGMA max_page_count = {pages}")  # SQLite's own full disk
    with pytest.raises(VaultFull):
        catalogue.set_meta("much", "x" * 100_000)
    with pytest.raises(VaultFull):
        catalogue.append(StatementRow(CASE, 1, "case_opened", PRAC, "n1", b"x" * 100_000), "hash", None)
    catalogue.set_meta("little", "x")  # and it goes on
    assert catalogue.head(CASE) is None


def test_an_older_schema_is_brought_up_to_date_with_its_rows(tmp_path: Path) -> None:
    steps = (("CREATE TABLE old (value TEXT)",), ("ALTER TABLE old ADD COLUMN more TEXT DEFAULT 'new'",))
    connection = sqlite3.connect(tmp_path / "x", isolation_level=None)
    schema.upgrade(connection, steps[:1])
    connection.execute("INSERT INTO old VALUES ('kept')")
    schema.upgrade(connection, steps)
    schema.upgrade(connection, steps)
    assert connection.execute("SELECT * FROM old").fetchall() == [("kept", "new")]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_an_upgrade_that_fails_halfway_changes_nothing(tmp_path: Path) -> None:
    first = ("CREATE TABLE old (value TEXT)",)
    connection = sqlite3.connect(tmp_path / "x", isolation_level=None)
    schema.upgrade(connection, (first,))
    with pytest.raises(sqlite3.Error):
        schema.upgrade(connection, (first, ("ALTER TABLE old ADD COLUMN more TEXT", "no such command")))
    assert connection.execute("SELECT name FROM pragma_table_info('old')").fetchall() == [("value",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_many_threads_lose_nothing(catalogue: Catalogue) -> None:
    def work(name: str) -> None:
        for number in range(20):
            code = CaseCode(f"VIG-{name}{number:03}")
            catalogue.append(row(1, code, code), "hash", None)
            assert len(catalogue.statements(code)) == 1

    threads = [threading.Thread(target=work, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(catalogue.heads(PRAC, "", 1_000)) == 80


def test_what_fails_inside_a_transaction_leaves_no_trace(catalogue: Catalogue) -> None:
    def half() -> None:
        with catalogue.transaction():
            catalogue.set_meta("half", "done")
            raise VaultFull

    with pytest.raises(VaultFull):
        half()
    assert catalogue.meta("half") is None
