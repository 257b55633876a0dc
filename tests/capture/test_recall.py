"""Verifying a box against what its catalogue remembers: heads, receipts, cases; the box may run, and nothing is changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from audit_box import AuditBox
from recalled_box import RecalledBox, run
from record_box import ADULT

from capture import schema
from capture.audit.log import AuditEvent, AuditLog
from capture.audit.memories import Memories, Witness
from capture.catalogue import Catalogue, StatementRow
from capture.errors import CatalogueBroken
from capture.ids import new_erasure_id, new_recording_id
from capture.log_memory import LogMemory
from capture.model import ErasureReceipt
from capture.recall import recall
from capture.receipts import sign_receipt

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecalledBox]:
    made = RecalledBox(tmp_path)
    yield made
    made.box.close()


def test_running_and_stopped_box_are_good_and_nothing_is_changed(box: RecalledBox) -> None:
    assert box.found() == []
    assert box.verify().memories == 1
    box.stop()
    before = {path.name: path.read_bytes() for path in box.folder.iterdir() if path.is_file()}
    assert box.found() == []
    assert {path.name: path.read_bytes() for path in box.folder.iterdir() if path.is_file()} == before


def test_log_cut_below_what_the_catalogue_remembers_is_found(box: RecalledBox) -> None:
    box.stop()
    box.cut(1)
    [(where, what)] = box.found()
    assert (where, what.split(":")[0]) == ("audit.log", "line 8 is not the one that the catalogue remembers")


def test_statement_that_the_log_does_not_know_is_found(box: RecalledBox) -> None:
    box.stop()
    box.cut(2)
    assert (box.case, "statement 5 of the catalogue is not in the log") in box.found()


def test_statement_whose_line_names_a_recording_too_is_known_by_it(box: RecalledBox) -> None:
    head = box.box.catalogue.head(box.case)
    assert head is not None
    row = StatementRow(box.case, head.count + 1, "transfer_stated", box.unlocked.practitioner, "nonce", b"sealed")
    memory = LogMemory(box.box.catalogue, box.box.audit, box.box.clock)
    event, ids = AuditEvent.TRANSFER_STATED, {"recording": new_recording_id()}
    memory.enter(row, "ab" * 32, head, event=event, ids=ids, also=lambda: None)
    assert box.found() == []


def test_statement_that_the_catalogue_lacks_is_a_note_until_the_next_start_and_told_from_then_on(box: RecalledBox) -> None:
    box.box.catalogue.close()
    before = box.catalogue.read_bytes()
    box.box.open_catalogue()
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.catalogue.close()
    box.catalogue.write_bytes(before)
    assert box.found() == []
    assert [(one.where, one.what) for one in box.verify().notes] == [(box.case, "statement 6 (line 8) is not in the catalogue")]
    box.box.open_catalogue()
    LogMemory(box.box.catalogue, box.box.audit, box.box.clock).settle(box.log)
    box.box.audit.append(AuditEvent.STARTED)
    assert box.found() == []
    [note] = box.verify().notes
    assert note.what == "statement 6 was lost, and the box said so at its next start"


@pytest.mark.parametrize("event", [AuditEvent.STARTED, AuditEvent.STOPPED])
def test_catalogue_put_back_over_a_start_or_an_end_is_found(box: RecalledBox, event: AuditEvent) -> None:
    box.box.catalogue.close()
    before = box.catalogue.read_bytes()
    box.box.open_catalogue()
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.audit.append(event)
    box.box.catalogue.close()
    box.catalogue.write_bytes(before)
    assert box.found() == [(box.case, "statement 6 (line 8) is not in the catalogue")]


def test_statement_whose_number_another_one_took_is_found(box: RecalledBox) -> None:
    box.box.audit.append(AuditEvent.CONSENT_WITHDRAWN, case=box.case, statement=6, statement_hash="cd" * 32)
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.audit.append(AuditEvent.STOPPED)
    assert box.found() == [(box.case, "statement 6 (line 8) is not in the catalogue")]


def test_two_statements_that_the_catalogue_lacks_are_no_power_cut(box: RecalledBox) -> None:
    box.box.catalogue.close()
    before = box.catalogue.read_bytes()
    box.box.open_catalogue()
    for _ in range(2):
        box.box.add(box.unlocked, box.case, ADULT)
    box.box.catalogue.close()
    box.catalogue.write_bytes(before)
    assert len(box.found()) == 2


def test_receipt_remembers_the_log_and_must_be_signed_by_the_box(box: RecalledBox) -> None:
    erasure_id = new_erasure_id()
    head = box.box.audit.head
    receipt = ErasureReceipt(
        erasure_id=erasure_id,
        ask_id="",
        box_id=box.box.box_id,
        case=box.case,
        practitioner=box.unlocked.practitioner,
        recordings=(),
        audit_sequence=head.sequence,
        audit_head=head.hash,
    )
    data = sign_receipt(receipt, box.box.device_key)
    add = "INSERT INTO erasure (erasure_id, case_code, practitioner, receipt) VALUES (?, ?, ?, ?)"
    box.box.catalogue.change(add, erasure_id, box.case, box.unlocked.practitioner, data)
    assert Witness(f"the receipt {erasure_id}", head) in recall(box.folder, box.box.device_key.public_hex).heads
    assert box.found() == []
    box.box.catalogue.change("UPDATE erasure SET receipt = ?", data.replace(b'"ask_id":""', b'"ask_id":"x"'))
    assert box.found() == [(erasure_id, "signature does not hold")]


def test_catalogue_of_an_older_version_is_read_as_it_is(box: RecalledBox, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    connection = sqlite3.connect(old / "catalogue.sqlite", isolation_level=None)
    schema.upgrade(connection, schema.STEPS[:1])
    connection.close()
    before = (old / "catalogue.sqlite").read_bytes()
    memories = recall(old, box.box.device_key.public_hex)
    assert (memories.heads, memories.cases, memories.findings) == ((), {}, ())
    assert (old / "catalogue.sqlite").read_bytes() == before


def test_copied_log_is_compared_with_nothing(box: RecalledBox, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "audit.log").write_bytes(box.log.read_bytes())
    assert recall(alone, "") == Memories()
    code, words = run("verify", "--dir", alone)
    assert (code, "Here is a log alone" in words) == (0, True)


def test_box_without_its_catalogue_is_damaged_once_a_daemon_has_served(box: RecalledBox) -> None:
    box.stop()
    box.cut(1)  # what only the catalogue remembers
    box.catalogue.unlink()
    assert box.found() == [("catalogue.sqlite", "is missing: the box would remember its log there")]


def test_box_that_never_served_needs_no_catalogue(tmp_path: Path) -> None:
    made = AuditBox(tmp_path / "new")
    made.log.close()
    assert recall(made.folder, made.key.public_hex).silent is not None
    assert run("verify", "--dir", made.folder)[0] == 0


def test_catalogue_that_was_emptied_is_found(box: RecalledBox) -> None:
    box.stop()
    with closing(sqlite3.connect(box.catalogue)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'audit_head'")
    assert box.found() == [("catalogue.sqlite", "remembers no line of the log: it was emptied, or another one put there")]


def test_film_that_the_catalogue_has_no_row_of_is_found(box: RecalledBox) -> None:
    """Its catalogue was put back: nobody could see the film on the page, or erase it."""
    recording = new_recording_id()
    box.box.audit.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording)
    (box.folder / "vault" / f"{recording}.mp4.age").write_bytes(b"")
    box.stop()
    what = "the catalogue does not know it: nobody can see it or erase it. The catalogue was put back"
    assert box.found() == [(recording, what)]


def test_catalogue_that_is_older_than_an_end_in_order_is_told(box: RecalledBox) -> None:
    box.stop()
    before = box.catalogue.read_bytes()
    assert box.verify().notes == ()
    made = box.box
    made.audit = AuditLog.open(box.log, made.device_key, made.clock, made.disk, lambda: made.wall)
    made.open_catalogue()
    made.audit.append(AuditEvent.STARTED)
    box.stop()
    assert box.verify().notes == ()
    box.catalogue.write_bytes(before)
    [note] = box.verify().notes
    assert note.what.startswith("remembers no more than line 8. The box had ended in order since: ")


def test_catalogue_that_cannot_be_read_is_found(box: RecalledBox) -> None:
    box.stop()
    box.catalogue.write_bytes(b"no database" * 100)
    assert box.found() == [("catalogue.sqlite", "cannot be read: SQLITE_NOTADB")]


def test_catalogue_opened_to_be_read_cannot_be_written(box: RecalledBox) -> None:
    box.stop()
    catalogue = Catalogue.read(box.catalogue)
    with pytest.raises(CatalogueBroken):
        catalogue.set_meta("audit_head", "other")
    catalogue.close()
