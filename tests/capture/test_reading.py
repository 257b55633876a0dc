"""What a case's statements add up to: each kind says its own thing, and one that contradicts those before spoils the case."""

from __future__ import annotations

import pytest
from paper_family import BABY, BABY_YES, BOTH, CASE, NOW, PARENT, PARENT_YES, VISITOR

from capture.consent.case_record import ArmingPlace, CaseRecord, ConsentPlace, Transfer
from capture.consent.reading import Reading
from capture.consent.statements import (
    AnyContent,
    ArmingStated,
    CaseOpened,
    ConsentStated,
    InvolvementEnded,
    NeedsStated,
    NotesKept,
    PersonAdded,
    PersonAmended,
    PersonRemoved,
    RetentionSet,
    Statement,
    TransferStated,
)
from capture.errors import CatalogueBroken
from capture.ids import ArmingId, BoxId, CaseCode, PractitionerId, RecordingId, VisitId
from capture.model import Arming, ArmMode, Case, Participant, Purpose, RetentionClass

pytestmark = pytest.mark.promise("P3")

BOOT = "a" * 32
OPENING = CaseOpened(case=CASE)
ARMING = Arming(
    arming_id=ArmingId("arm-1"),
    visit_id=VisitId("vis-1"),
    case=CASE.code,
    present=BOTH,
    consents=(),
    practitioner=PractitionerId("prac-1"),
    mode=ArmMode.FILM,
    armed_boottime_ns=0,
    lease_end_ns=1,
)
TRANSFER = TransferStated(
    recording_id=RecordingId("rec-1"), purpose=Purpose.FAMILY_COPY, recipient="family", sealed_hash="5" * 64
)
OLDER_BABY = Participant(participant_id=BABY.participant_id, label="Child B, five", role=BABY.role, is_child=True)


def read(*contents: AnyContent) -> CaseRecord:
    """What the case says after these, each logged by the hash that its place names."""
    reading = Reading()
    for place, content in enumerate(contents, start=1):
        statement = Statement(
            box_id=BoxId("box-1"),
            boot_id=BOOT,
            nonce=f"{place:032x}",
            case=CASE.code,
            sequence=place,
            previous="0" * 64,
            boottime_ns=place,
            wall=NOW,
            practitioner=PractitionerId("prac-1"),
            content=content,
        )
        reading.take(statement, f"{place:064x}")
    return reading.record(CASE.code)


def added(*people: Participant) -> tuple[AnyContent, ...]:
    return (OPENING, *(PersonAdded(participant=person) for person in people))


def test_a_case_that_was_opened_has_nobody_in_it_and_nothing_said() -> None:
    assert read(OPENING) == CaseRecord(case=CASE, signers=(PractitionerId("prac-1"),))


def test_nothing_said_is_no_case() -> None:
    with pytest.raises(CatalogueBroken, match=CASE.code):
        read()


def test_the_last_word_on_the_case_itself_counts() -> None:
    found = read(
        OPENING,
        RetentionSet(retention=RetentionClass.CLINICAL_RECORD),
        InvolvementEnded(ended_ms=5),
        NotesKept(notes=b"first"),
        NotesKept(notes=b"sealed"),
        NeedsStated(needs="large print"),
    ).case
    assert (found.code, found.opened) == (CASE.code, CASE.opened)
    assert found.retention is RetentionClass.CLINICAL_RECORD
    assert (found.involvement_ended_ms, found.notes, found.communication_needs) == (5, b"sealed", "large print")


def test_an_end_can_be_taken_back() -> None:
    assert read(OPENING, InvolvementEnded(ended_ms=5), InvolvementEnded(ended_ms=None)).case.involvement_ended_ms is None


def test_people_stand_in_the_order_in_which_they_were_added() -> None:
    assert read(*added(PARENT, BABY)).participants == (PARENT, BABY)


def test_an_amended_person_stands_where_they_stood_and_is_as_they_are_now() -> None:
    assert read(*added(PARENT, BABY, VISITOR), PersonAmended(participant=OLDER_BABY)).participants == (
        PARENT,
        OLDER_BABY,
        VISITOR,
    )


def test_a_removed_person_is_of_the_case_no_more_and_not_forgotten() -> None:
    found = read(*added(PARENT, BABY, VISITOR), PersonRemoved(participant_id=BABY.participant_id))
    assert (found.participants, found.removed) == ((PARENT, VISITOR), (BABY,))


@pytest.mark.parametrize("meddling", [PersonAmended(participant=BABY), PersonRemoved(participant_id=BABY.participant_id)])
@pytest.mark.parametrize("people", [(PARENT,), (PARENT, BABY, BABY)], ids=["nobody", "two"])
def test_nobody_and_two_of_one_id_can_be_neither_amended_nor_removed(
    people: tuple[Participant, ...], meddling: PersonAmended | PersonRemoved
) -> None:
    with pytest.raises(CatalogueBroken, match="contradicts"):
        read(*added(*people), meddling)


def test_a_consent_is_known_by_its_place_and_by_the_hash_that_the_log_names() -> None:
    found = read(*added(PARENT, BABY), ConsentStated(consent=PARENT_YES), ConsentStated(consent=BABY_YES))
    assert found.placed == (ConsentPlace(PARENT_YES, 4, f"{4:064x}"), ConsentPlace(BABY_YES, 5, f"{5:064x}"))


def test_an_arming_is_known_by_its_boot_and_its_place() -> None:
    assert read(OPENING, ArmingStated(arming=ARMING)).armings == (ArmingPlace(ARMING, BOOT, 2),)


def test_a_transfer_says_what_went_to_whom_for_what() -> None:
    told = Transfer(TRANSFER.recording_id, TRANSFER.purpose, TRANSFER.recipient, TRANSFER.sealed_hash, 2)
    assert read(OPENING, TRANSFER).transfers == (told,)


@pytest.mark.parametrize("first", [PersonAdded(participant=PARENT), NotesKept(notes=b"sealed"), TRANSFER])
def test_what_does_not_open_the_case_cannot_be_its_first_word(first: AnyContent) -> None:
    with pytest.raises(CatalogueBroken, match="statement 1 contradicts"):
        read(first)


def test_a_case_is_opened_once_and_by_its_own_code() -> None:
    with pytest.raises(CatalogueBroken, match="statement 2 contradicts"):
        read(OPENING, OPENING)
    with pytest.raises(CatalogueBroken, match="statement 1 contradicts"):
        read(CaseOpened(case=Case(code=CaseCode("VIG-ZZZZ"), opened=NOW)))
