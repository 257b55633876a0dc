"""Cases kept in RAM: believed only while nobody else touched the catalogue, gone with the keyring, no more than fit."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from record_box import ADULT, RecordBox, film
from written_case import Written

from capture.consent import histories, statements
from capture.consent.histories import Histories
from capture.consent.history import verify_again
from capture.errors import CatalogueBroken, NotFound, SignInNeeded
from capture.ids import CaseCode, new_case_code
from capture.model import Decision

pytestmark = pytest.mark.promise("P3")


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    box = RecordBox(tmp_path)
    yield Written(box)
    box.close()


@pytest.fixture
def kept(written: Written) -> Histories:
    return Histories(written.box.catalogue, written.box.box_id, written.box.signers)


def by_another(written: Written, command: str) -> None:
    """Somebody else's connection to the same file."""
    with contextlib.closing(sqlite3.connect(written.box.folder / "catalogue.sqlite", isolation_level=None)) as other:
        other.execute(command)


def withdraw(written: Written) -> None:
    person = written.parent.participant_id
    written.box.consent(written.unlocked, written.case, film(person, person, decision=Decision.WITHDRAWN))


def test_a_case_that_nobody_touched_is_read_once(written: Written, kept: Histories) -> None:
    assert kept.read(written.unlocked, written.case) is kept.read(written.unlocked, written.case)


def test_what_was_said_since_is_read_on_to_what_was_kept(written: Written, kept: Histories) -> None:
    before = kept.read(written.unlocked, written.case)
    withdraw(written)
    after = kept.read(written.unlocked, written.case)
    assert after.signed[:-1] == before.signed
    assert after.record.consents[-1].decision is Decision.WITHDRAWN
    anew = Histories(written.box.catalogue, written.box.box_id, written.box.signers)
    assert anew.read(written.unlocked, written.case) == after


@pytest.mark.parametrize(
    "command",
    [
        "DELETE FROM statement WHERE sequence = 2",
        "DELETE FROM statement WHERE sequence = (SELECT max(sequence) FROM statement)",
        "UPDATE statement SET sealed = x'00' WHERE sequence = 3",
        "UPDATE statement SET nonce = 'another' WHERE sequence = 1",
        "UPDATE case_head SET last_hash = '" + "0" * 64 + "'",
        "UPDATE case_head SET count = count - 1",
        "UPDATE case_head SET erase_due_ms = 1",
    ],
)
def test_what_another_connection_changed_is_noticed_at_the_next_look(written: Written, kept: Histories, command: str) -> None:
    kept.read(written.unlocked, written.case)
    by_another(written, command)
    for _ in range(2):  # and it is not forgotten that it was
        with pytest.raises(CatalogueBroken):
            kept.read(written.unlocked, written.case)


def test_a_withdrawal_that_another_connection_took_away_before_it_was_read_is_noticed(written: Written, kept: Histories) -> None:
    kept.read(written.unlocked, written.case)
    withdraw(written)
    by_another(written, "DELETE FROM statement WHERE sequence = (SELECT max(sequence) FROM statement)")
    with pytest.raises(CatalogueBroken):
        kept.read(written.unlocked, written.case)


def test_what_another_connection_put_back_is_read_whole_again(written: Written, kept: Histories) -> None:
    before = kept.read(written.unlocked, written.case)
    by_another(written, "UPDATE case_head SET count = count + 1")
    with pytest.raises(CatalogueBroken):
        kept.read(written.unlocked, written.case)
    by_another(written, "UPDATE case_head SET count = count - 1")
    assert kept.read(written.unlocked, written.case) == before


def test_a_case_put_into_another_practitioners_hands_is_not_read_from_what_was_kept(written: Written, kept: Histories) -> None:
    kept.read(written.unlocked, written.case)
    written.box.catalogue.change("UPDATE case_head SET practitioner = ?", written.box.sign_in().practitioner)
    with pytest.raises(NotFound):
        kept.read(written.unlocked, written.case)


@pytest.mark.promise("P7")
def test_once_the_keyring_is_wiped_nothing_kept_is_shown_and_nothing_stays(written: Written, kept: Histories) -> None:
    kept.read(written.unlocked, written.case)
    kept.opened(written.unlocked, written.case)
    written.unlocked.wipe()
    for look in (kept.read, kept.opened):
        with pytest.raises(SignInNeeded):
            look(written.unlocked, written.case)
    assert _is_empty(kept)


@pytest.mark.promise("P7")
def test_at_sign_out_nothing_stays(written: Written, kept: Histories) -> None:
    kept.read(written.unlocked, written.case)
    kept.opened(written.unlocked, written.case)
    kept.forget()
    assert _is_empty(kept)


@pytest.mark.promise("P7")
def test_one_practitioner_is_shown_nothing_that_was_kept_for_another(written: Written, kept: Histories) -> None:
    kept.read(written.unlocked, written.case)
    other = written.box.sign_in()
    with pytest.raises(NotFound):
        kept.read(other, written.case)
    assert _is_empty(kept)


def test_the_case_that_was_looked_at_longest_ago_makes_room(
    written: Written, kept: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "_STATEMENTS", 7)
    first = kept.read(written.unlocked, written.case)
    cases = [written.box.open_case(written.unlocked) for _ in range(2)]
    for code in (cases[0], written.case, cases[1]):
        kept.read(written.unlocked, code)
    assert kept.read(written.unlocked, written.case) is first
    written.box.add(written.unlocked, cases[1], ADULT)
    kept.read(written.unlocked, cases[1])
    assert kept.read(written.unlocked, written.case) is first
    written.box.add(written.unlocked, cases[1], ADULT)
    kept.read(written.unlocked, cases[1])
    assert kept.read(written.unlocked, written.case) is not first


def test_a_case_longer_than_there_is_room_for_is_kept_alone(
    written: Written, kept: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "_STATEMENTS", 1)
    assert kept.read(written.unlocked, written.case) is kept.read(written.unlocked, written.case)


def test_a_case_that_is_not_there_is_not_found_and_leaves_nothing_behind(written: Written, kept: Histories) -> None:
    with pytest.raises(NotFound):
        kept.read(written.unlocked, new_case_code())
    assert kept.opened(written.unlocked, CaseCode("VIG-ZZZZ")) is None
    assert _is_empty(kept)


def test_when_a_case_was_opened_is_read_anew_once_another_connection_changed_something(written: Written, kept: Histories) -> None:
    assert kept.opened(written.unlocked, written.case) == written.box.wall
    by_another(written, "UPDATE statement SET sealed = x'00' WHERE sequence = 1")
    with pytest.raises(CatalogueBroken):
        kept.opened(written.unlocked, written.case)


def test_when_a_case_was_opened_is_not_shown_to_another_practitioner(written: Written, kept: Histories) -> None:
    kept.opened(written.unlocked, written.case)
    with pytest.raises(CatalogueBroken):
        kept.opened(written.box.sign_in(), written.case)


def _is_empty(kept: Histories) -> bool:
    return not kept._kept and not kept._openings  # what must not stay can be seen nowhere else


def test_a_history_kept_in_ram_is_verified_anew_without_the_keyring(written: Written) -> None:
    history = written.read(written.rows)
    verify_hex = written.unlocked.public.verify_hex
    verify_again(history, verify_hex)
    for spoilt in (
        replace(history, signed=history.signed[:-1]),
        replace(history, signed=(*history.signed[:-2], *reversed(history.signed[-2:]))),
        replace(history, record=replace(history.record, placed=())),
        replace(history, record=replace(history.record, participants=history.record.participants[:1])),
    ):
        with pytest.raises(CatalogueBroken):
            verify_again(spoilt, verify_hex)
    with pytest.raises(CatalogueBroken):
        verify_again(history, "00" * 32)


def test_a_history_kept_in_ram_whose_last_statement_somebody_else_signed_is_noticed(written: Written) -> None:
    """Though all else of it is made to fit: head, record and chain."""
    history = written.read(written.rows)
    signed = statements.make(written.statement(-1), written.box.sign_in())
    placed = (*history.record.placed[:-1], replace(history.record.placed[-1], statement_hash=signed.hash))
    forged = replace(
        history,
        signed=(*history.signed[:-1], signed),
        head=replace(history.head, last_hash=signed.hash),
        record=replace(history.record, placed=placed),
    )
    with pytest.raises(CatalogueBroken, match="signature"):
        verify_again(forged, written.unlocked.public.verify_hex)


def test_a_kept_case_that_the_box_holds_back_is_verified_like_any_other(written: Written) -> None:
    history = written.read(written.rows)
    verify_again(replace(history, record=replace(history.record, is_held=True)), written.unlocked.public.verify_hex)
