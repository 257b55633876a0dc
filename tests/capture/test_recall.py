"""Verifying a box against what its catalogue remembers: heads, receipts, cases; the box may run, and nothing is changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from record_box import ADULT, RecordBox
from verify_script import run_script

from capture import schema
from capture.audit.log import AuditEvent
from capture.audit.memories import Witness
from capture.audit.verify import AuditReport, Verdict, verify_log
from capture.catalogue import Catalogue, StatementRow
from capture.cli.audit import audit
from capture.errors import CatalogueBroken
from capture.ids import new_erasure_id, new_recording_id
from capture.keyring import Unlocked
from capture.log_memory import LogMemory
from capture.model import ErasureReceipt
from capture.recall import recall
from capture.receipts import sign_receipt

pytestmark = pytest.mark.promise("P10")


class Box:
    """A box with a family, its log and its catalogue."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.catalogue = folder, folder / "audit.log", folder / "catalogue.sqlite"
        (folder / "vault").mkdir()
        self.box = RecordBox(folder)
        self.box.audit.append(AuditEvent.BOX_PROVISIONED, box=self.box.box_id)
        self.box.audit.append(AuditEvent.STARTED)
        self.unlocked: Unlocked = self.box.sign_in()
        self.case, *_ = self.box.family(self.unlocked)

    def stop(self) -> None:
        self.box.audit.append(AuditEvent.STOPPED)
        self.box.audit.close()
        LogMemory(self.box.catalogue, self.box.audit, self.box.clock).close()
        self.box.catalogue.close()

    def verify(self) -> AuditReport:
        key = self.box.device_key.public_hex
        return verify_log(self.log, self.folder / "vault", known_key=key, recall=lambda: recall(self.folder, key))

    def found(self) -> list[tuple[str, str]]:
        report = self.verify()
        assert report.verdict is (Verdict.DAMAGED if report.findings else Verdict.GOOD)
        return [(one.where, one.what) for one in report.findings]

    def cut(self, lines: int) -> None:
        self.log.write_bytes(b"".join(self.log.read_bytes().splitlines(keepends=True)[:-lines]))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.box.close()


def test_running_and_stopped_box_are_good_and_nothing_is_changed(box: Box) -> None:
    assert box.found() == []
    assert box.verify().memories == 1
    box.stop()
    before = {path.name: path.read_bytes() for path in box.folder.iterdir() if path.is_file()}
    assert box.found() == []
    assert {path.name: path.read_bytes() for path in box.folder.iterdir() if path.is_file()} == before


def test_log_cut_below_what_the_catalogue_remembers_is_found(box: Box) -> None:
    box.stop()
    box.cut(1)
    [(where, what)] = box.found()
    assert (where, what.split(":")[0]) == ("audit.log", "line 8 is not the one that the catalogue remembers")


def test_statement_that_the_log_does_not_know_is_found(box: Box) -> None:
    box.stop()
    box.cut(2)
    assert (box.case, "statement 5 of the catalogue is not in the log") in box.found()


def test_statement_whose_line_names_a_recording_too_is_known_by_it(box: Box) -> None:
    head = box.box.catalogue.head(box.case)
    assert head is not None
    row = StatementRow(box.case, head.count + 1, "transfer_stated", box.unlocked.practitioner, "nonce", b"sealed")
    memory = LogMemory(box.box.catalogue, box.box.audit, box.box.clock)
    event, ids = AuditEvent.TRANSFER_STATED, {"recording": new_recording_id()}
    memory.enter(row, "ab" * 32, head, event=event, ids=ids, also=lambda: None)
    assert box.found() == []


def test_statement_that_the_catalogue_lacks_is_a_note_until_the_next_start_and_told_from_then_on(box: Box) -> None:
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
def test_catalogue_put_back_over_a_start_or_an_end_is_found(box: Box, event: AuditEvent) -> None:
    box.box.catalogue.close()
    before = box.catalogue.read_bytes()
    box.box.open_catalogue()
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.audit.append(event)
    box.box.catalogue.close()
    box.catalogue.write_bytes(before)
    assert box.found() == [(box.case, "statement 6 (line 8) is not in the catalogue")]


def test_statement_whose_number_another_one_took_is_found(box: Box) -> None:
    box.box.audit.append(AuditEvent.CONSENT_WITHDRAWN, case=box.case, statement=6, statement_hash="cd" * 32)
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.add(box.unlocked, box.case, ADULT)
    box.box.audit.append(AuditEvent.STOPPED)
    assert box.found() == [(box.case, "statement 6 (line 8) is not in the catalogue")]


def test_two_statements_that_the_catalogue_lacks_are_no_power_cut(box: Box) -> None:
    box.box.catalogue.close()
    before = box.catalogue.read_bytes()
    box.box.open_catalogue()
    for _ in range(2):
        box.box.add(box.unlocked, box.case, ADULT)
    box.box.catalogue.close()
    box.catalogue.write_bytes(before)
    assert len(box.found()) == 2


def test_receipt_remembers_the_log_and_must_be_signed_by_the_box(box: Box) -> None:
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


def test_catalogue_of_an_older_version_is_read_as_it_is(box: Box, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    connection = sqlite3.connect(old / "catalogue.sqlite", isolation_level=None)
    schema.upgrade(connection, schema.STEPS[:1])
    connection.close()
    before = (old / "catalogue.sqlite").read_bytes()
    memories = recall(old, box.box.device_key.public_hex)
    assert (memories.heads, memories.cases, memories.findings) == ((), {}, ())
    assert (old / "catalogue.sqlite").read_bytes() == before


def test_box_without_a_catalogue_is_compared_with_nothing(box: Box) -> None:
    assert recall(box.folder / "vault", "").cases is None


def test_catalogue_that_cannot_be_read_is_found(box: Box) -> None:
    box.stop()
    box.catalogue.write_bytes(b"no database" * 100)
    assert box.found() == [("catalogue.sqlite", "cannot be read: SQLITE_NOTADB")]


def test_catalogue_opened_to_be_read_cannot_be_written(box: Box) -> None:
    box.stop()
    catalogue = Catalogue.read(box.catalogue)
    with pytest.raises(CatalogueBroken):
        catalogue.set_meta("audit_head", "other")
    catalogue.close()


# --- by the command line --------------------------------------------------------------------------------------------------


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(audit, [str(word) for word in words])
    return done.exit_code, done.output


@pytest.mark.parametrize("more", [(), ("--every-signature",)])
def test_verify_tells_with_how_many_heads_it_compared(box: Box, more: tuple[str, ...]) -> None:
    box.stop()
    code, words = run("verify", "--dir", box.folder, *more)
    assert code == 0
    assert "compared with 1 lines that are remembered" in words
    head = words.split("head: ")[1].split("\n")[0]
    assert "compared with 2 lines" in run("verify", "--dir", box.folder, "--remembered", head)[1]
    box.cut(1)
    code, words = run("verify", "--dir", box.folder, *more)
    assert code == 3
    assert "damaged: audit.log: line 8 is not the one that the catalogue remembers" in words


def test_exported_bundle_is_good_by_the_script(box: Box, tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"
    assert run("export", "--dir", box.folder, "-o", target)[0] == 0
    assert run_script(target, box.box.device_key.public_hex).code == 0
    assert run("export", "--dir", box.folder, "-o", target)[0] == 1
    assert run("export", "--dir", box.folder, "-o", tmp_path / "case.zip", "--case", box.case)[0] == 0
    assert run_script(tmp_path / "case.zip", box.box.device_key.public_hex).code == 0
    assert run("export", "--dir", box.folder, "-o", tmp_path / "none.zip", "--case", "nobody")[0] == 2


def test_exported_bundle_of_a_log_that_was_cut_says_so_to_the_script(box: Box, tmp_path: Path) -> None:
    box.stop()
    box.cut(1)
    run("export", "--dir", box.folder, "-o", tmp_path / "bundle.zip")
    ending = run_script(tmp_path / "bundle.zip", box.box.device_key.public_hex)
    assert (ending.code, ending.words.split(":")[0]) == (3, "line 8 is not the one that the catalogue remembers")
