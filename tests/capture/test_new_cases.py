"""A case as it begins: what is said at its opening is kept, under a code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from record_box import RecordBox

from capture.consent import ledger
from capture.ids import CaseCode
from capture.keyring import Unlocked
from capture.model import RetentionClass
from capture.seal.small import seal_bytes


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecordBox]:
    made = RecordBox(tmp_path)
    yield made
    made.close()


@pytest.fixture
def unlocked(box: RecordBox) -> Unlocked:
    return box.sign_in()


def test_notes_needs_and_retention_are_kept_with_the_case(box: RecordBox, unlocked: Unlocked) -> None:
    notes = seal_bytes(b"likes the garden", [unlocked.public.recipient])
    opened = box.records.open_case(unlocked, box.recovery, RetentionClass.CLINICAL_RECORD, notes, "large print")
    assert box.records.case(unlocked, opened.code).case == opened
    assert (opened.notes, opened.communication_needs) == (notes, "large print")
    assert opened.retention is RetentionClass.CLINICAL_RECORD


def test_a_case_of_which_nothing_was_said_has_neither_notes_nor_needs(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.records.case(unlocked, box.open_case(unlocked)).case
    assert (case.notes, case.communication_needs) == (b"", "")


def test_a_code_that_a_case_has_is_given_to_no_other(box: RecordBox, unlocked: Unlocked, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = box.open_case(unlocked)
    drawn = iter([taken, taken, CaseCode("VIG-FREE")])
    monkeypatch.setattr(ledger, "new_case_code", lambda: next(drawn))
    assert box.open_case(unlocked) == "VIG-FREE"
    assert box.records.case(unlocked, taken).case.code == taken
