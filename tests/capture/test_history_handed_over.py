"""A case that was handed over is read as one: every statement by whose case it was then, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from factory import UnsyncedDisk
from handed_case import HandedCase
from record_box import RecordBox

from capture.consent import statements
from capture.consent.history import verify_again
from capture.consent.statements import CaseHandedOver, NotesKept
from capture.device_key import DeviceKey
from capture.errors import CatalogueBroken
from capture.keyring import Unlocked
from capture.seal.rewrap import rewrap_header
from capture.seal.small import seal_bytes

pytestmark = pytest.mark.promise("P3")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordBox]:
    box = RecordBox(tmp_path_factory.mktemp("box"), disk=UnsyncedDisk())
    yield box
    box.close()


@pytest.fixture(scope="module")
def taker(box: RecordBox) -> Unlocked:
    return box.sign_in()


@pytest.fixture(scope="module")
def third(box: RecordBox) -> Unlocked:
    return box.sign_in()


@pytest.fixture
def begun(box: RecordBox, taker: Unlocked) -> tuple[HandedCase, Unlocked]:
    return HandedCase.begin(box, taker)


def test_taker_reads_all_that_the_giver_wrote_and_goes_on(begun: tuple[HandedCase, Unlocked], taker: Unlocked) -> None:
    case, giver = begun
    case.hand_over(giver, taker)
    case.need(taker)
    history = case.read()
    assert len(history.record.consents) == 2
    assert history.record.case.communication_needs == "large print"
    verify_again(history, taker.public.verify_hex)


def test_case_is_handed_over_again_and_again(begun: tuple[HandedCase, Unlocked], taker: Unlocked, third: Unlocked) -> None:
    case, giver = begun
    case.hand_over(giver, third)
    case.need(third)
    case.hand_over(third, taker)
    assert case.read().record.case.communication_needs == "large print"


def test_taker_finds_the_case_in_the_catalogue_and_when_its_giver_opened_it(
    begun: tuple[HandedCase, Unlocked], taker: Unlocked, box: RecordBox
) -> None:
    case, giver = begun
    case.hand_over(giver, taker)
    case.put_into_catalogue()
    records, code = box.records_of(box.catalogue), case.rows[0].case
    assert records.history(taker, code) == case.read()
    assert {one.code: one.opened for one in records.cases(taker)[0]} == {code: box.wall}


def test_nobody_takes_a_case_without_the_boxs_word(begun: tuple[HandedCase, Unlocked], taker: Unlocked) -> None:
    case, _ = begun
    with pytest.raises(CatalogueBroken):
        case.read()
    case.need(taker)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_hand_over_that_another_key_signed_is_none(begun: tuple[HandedCase, Unlocked], taker: Unlocked, tmp_path: Path) -> None:
    case, giver = begun
    case.hand_over(giver, taker, key=DeviceKey.create(tmp_path / "other.key", UnsyncedDisk()))
    with pytest.raises(CatalogueBroken):
        case.read()


@pytest.mark.parametrize("signer", ["giver", "taker"])
def test_hand_over_that_a_practitioner_signed_is_none(begun: tuple[HandedCase, Unlocked], taker: Unlocked, signer: str) -> None:
    case, giver = begun
    by = {"giver": giver, "taker": taker}[signer]
    case.say(CaseHandedOver(giver=giver.practitioner, taker=taker.practitioner), by, named=taker.practitioner)
    with pytest.raises(CatalogueBroken):
        case.read()
    case.rows[-1] = replace(case.rows[-1], type="needs_stated")
    with pytest.raises(CatalogueBroken):
        case.read()


def test_hand_over_by_somebody_whose_case_it_was_not_is_none(
    begun: tuple[HandedCase, Unlocked], taker: Unlocked, third: Unlocked
) -> None:
    case, _ = begun
    case.hand_over(third, taker)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_hand_over_names_its_taker_as_the_one_who_goes_on(begun: tuple[HandedCase, Unlocked], taker: Unlocked) -> None:
    case, giver = begun
    case.hand_over(giver, taker, by=giver)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_giver_writes_nothing_after_the_hand_over(begun: tuple[HandedCase, Unlocked], taker: Unlocked) -> None:
    case, giver = begun
    case.hand_over(giver, taker)
    case.need(giver)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_case_handed_to_somebody_else_is_not_the_readers(
    begun: tuple[HandedCase, Unlocked], taker: Unlocked, third: Unlocked
) -> None:
    case, giver = begun
    case.hand_over(giver, taker)
    case.hand_over(taker, third)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_case_begins_with_no_hand_over(begun: tuple[HandedCase, Unlocked], taker: Unlocked, box: RecordBox) -> None:
    case, giver = begun
    assert case.head is not None
    del case.rows[:]
    case.head = replace(case.head, count=0, last_hash=statements.NO_HASH)
    case.hand_over(giver, taker)
    with pytest.raises(CatalogueBroken):
        case.read()


def test_signer_that_the_box_does_not_know_is_none(begun: tuple[HandedCase, Unlocked], taker: Unlocked, box: RecordBox) -> None:
    case, giver = begun
    case.hand_over(giver, taker)
    path = box.folder / "recipients" / f"{giver.practitioner}.json"
    kept = path.read_bytes()
    path.unlink()
    try:
        with pytest.raises(CatalogueBroken):
            case.read()
    finally:
        path.write_bytes(kept)


def test_notes_keep_every_byte_behind_their_header(begun: tuple[HandedCase, Unlocked], taker: Unlocked, box: RecordBox) -> None:
    case, giver = begun
    notes = seal_bytes(b"the helping question", [giver.public.recipient, box.recovery])
    case.say(NotesKept(notes=notes), giver)
    header = rewrap_header(notes, [giver.identity], [taker.public.recipient, box.recovery])
    good, rows = header + notes[len(header) :], list(case.rows)
    head = case.head
    case.hand_over(giver, taker, notes=good)
    assert case.read().record.case.notes == good
    for spoilt in (b"", good[:-1], good + b"\0", good[:-20] + bytes(20), b"no age file", header):
        case.rows, case.head = list(rows), head
        case.hand_over(giver, taker, notes=spoilt)
        with pytest.raises(CatalogueBroken):
            case.read()


def test_hand_over_brings_no_notes_where_there_were_none(begun: tuple[HandedCase, Unlocked], taker: Unlocked) -> None:
    case, giver = begun
    case.hand_over(giver, taker, notes=seal_bytes(b"slipped in", [taker.public.recipient]))
    with pytest.raises(CatalogueBroken):
        case.read()
