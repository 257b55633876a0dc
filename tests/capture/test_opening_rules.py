"""When a recording may be opened: everybody in it is asked about, and whoever takes back the filming shuts it for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from paper_family import BABY, BABY_YES, BOTH, NOW, PARENT, PARENT_YES, VISITOR, consent, record

from capture.consent.case_record import ArmingPlace, CaseRecord, ConsentPlace
from capture.consent.opening_rules import check, is_locked, people_in, reasons_against
from capture.errors import ClockUntrusted, ConsentMissing
from capture.ids import ArmingId, CaseCode, ParticipantId, PractitionerId, RecordingId, VisitId
from capture.model import (
    Arming,
    ArmMode,
    Confidence,
    Consent,
    Decision,
    Participant,
    Purpose,
    Recording,
    RecordingState,
    Scope,
    WallTime,
)

pytestmark = pytest.mark.promise("P3")

MONDAY, TUESDAY = VisitId("vis-monday"), VisitId("vis-tuesday")
FILM = Recording(
    recording_id=RecordingId("rec-1"),
    case=CaseCode("VIG-AAAA"),
    visit_id=MONDAY,
    practitioner=PractitionerId("prac-1"),
    state=RecordingState.SEALED,
    started=NOW,
    boot_id="a" * 32,
    started_boottime_ns=1,
)
REVIEW = (consent(PARENT, scope=Scope.PRACTITIONER_REVIEW), consent(BABY, PARENT, scope=Scope.PRACTITIONER_REVIEW))
FILMED_AT = 10
"""Where in the case the arming stands; what is said from 11 on was said after they were filmed."""


def filmed(*present: ParticipantId, visit: VisitId = MONDAY, place: int = FILMED_AT) -> ArmingPlace:
    arming = Arming(
        arming_id=ArmingId(f"arm-{place}"),
        visit_id=visit,
        case=FILM.case,
        present=present,
        consents=(),
        practitioner=FILM.practitioner,
        mode=ArmMode.FILM,
        armed_boottime_ns=0,
        lease_end_ns=1,
    )
    return ArmingPlace(arming, "a" * 32, place)


def case(*later: Consent, armings: tuple[ArmingPlace, ...] = (filmed(*BOTH),), **changes: Any) -> CaseRecord:
    """A family that may be filmed and looked at, was filmed, and then said `later`."""
    said = [ConsentPlace(event, place) for place, event in enumerate((PARENT_YES, BABY_YES, *REVIEW), start=1)]
    said += [ConsentPlace(event, place) for place, event in enumerate(later, start=FILMED_AT + 1)]
    return replace(record(), placed=tuple(said), armings=armings, **changes)


def withdrawn(person: Participant, scope: Scope = Scope.FILM) -> Consent:
    return consent(person, PARENT, decision=Decision.WITHDRAWN, scope=scope)


def refusal(found: CaseRecord, purpose: Purpose = Purpose.REVIEW, recording: Recording = FILM) -> tuple[str, ...]:
    with pytest.raises(ConsentMissing) as refused:
        check(found, recording, purpose, NOW)
    return refused.value.reasons


@pytest.mark.parametrize("purpose", [Purpose.REVIEW, Purpose.DOWNLOAD, Purpose.SEALED])
def test_with_everybodys_yes_it_may_be_looked_at_and_taken_over(purpose: Purpose) -> None:
    check(case(), FILM, purpose, NOW)


@pytest.mark.parametrize(
    "purpose", [purpose for purpose in Purpose if purpose not in {Purpose.REVIEW, Purpose.DOWNLOAD, Purpose.SEALED}]
)
def test_a_yes_to_looking_at_it_is_no_yes_to_showing_it_to_others(purpose: Purpose) -> None:
    assert refusal(case(), purpose) == ("consent_missing",)
    wider = tuple(consent(person, PARENT, scope=Scope(purpose.value)) for person in (PARENT, BABY))
    check(case(*wider), FILM, purpose, NOW)


def test_one_person_in_it_who_said_no_is_enough() -> None:
    assert refusal(case(withdrawn(BABY, Scope.PRACTITIONER_REVIEW))) == ("consent_withdrawn",)


def test_somebody_who_is_not_in_it_has_no_say() -> None:
    check(case(withdrawn(VISITOR), withdrawn(VISITOR, Scope.PRACTITIONER_REVIEW)), FILM, Purpose.REVIEW, NOW)


def test_everybody_of_any_arming_of_the_visit_is_in_it_once() -> None:
    found = case(armings=(filmed(*BOTH), filmed(VISITOR.participant_id, PARENT.participant_id, place=12)))
    assert people_in(found, FILM) == (*BOTH, VISITOR.participant_id)
    assert refusal(found) == ("consent_missing",)


def test_who_was_filmed_on_another_visit_is_not_in_it() -> None:
    found = case(armings=(filmed(*BOTH), filmed(VISITOR.participant_id, visit=TUESDAY, place=12)))
    assert people_in(found, FILM) == BOTH
    check(found, FILM, Purpose.REVIEW, NOW)


def test_where_no_arming_tells_who_is_in_it_it_stays_shut() -> None:
    assert refusal(case(armings=(filmed(*BOTH, visit=TUESDAY),))) == ("people_unknown",)


@pytest.mark.parametrize("person", [PARENT, BABY])
def test_taking_back_the_filming_afterwards_shuts_it_for_every_purpose(person: Participant) -> None:
    for purpose in Purpose:
        assert refusal(case(withdrawn(person)), purpose)[0] == "recording_locked"


def test_saying_yes_to_filming_again_does_not_open_it_again() -> None:
    again = case(withdrawn(PARENT), PARENT_YES)
    assert is_locked(again, FILM)
    assert refusal(again) == ("recording_locked",)


def test_a_withdrawal_before_the_filming_shuts_nothing() -> None:
    early = (consent(PARENT, decision=Decision.WITHDRAWN), PARENT_YES, BABY_YES, *REVIEW)
    found = replace(record(*early), armings=(filmed(*BOTH),))
    assert not is_locked(found, FILM)
    check(found, FILM, Purpose.REVIEW, NOW)


def test_the_filming_of_somebody_who_never_withdrew_is_open_from_the_first_place_on() -> None:
    found = replace(case(), armings=(filmed(*BOTH, place=1),))
    assert not is_locked(found, FILM)


def test_taking_back_another_scope_locks_nothing() -> None:
    found = case(withdrawn(PARENT, Scope.SUPERVISION))
    assert not is_locked(found, FILM)
    check(found, FILM, Purpose.REVIEW, NOW)


def test_a_withdrawal_locks_only_the_films_that_were_made_before_it() -> None:
    later = filmed(*BOTH, visit=TUESDAY, place=20)
    found = case(withdrawn(PARENT), PARENT_YES, armings=(filmed(*BOTH), later))
    assert is_locked(found, FILM)
    assert not is_locked(found, msgspec.structs.replace(FILM, visit_id=TUESDAY))


def test_a_film_once_locked_stays_so_whatever_the_case_says() -> None:
    assert refusal(case(), recording=msgspec.structs.replace(FILM, is_locked=True)) == ("recording_locked",)


def test_who_was_removed_from_the_case_is_in_the_film_all_the_same_and_what_they_said_counts() -> None:
    without = {"participants": (PARENT, VISITOR), "removed": (BABY,)}
    check(case(**without), FILM, Purpose.REVIEW, NOW)
    assert refusal(case(withdrawn(BABY, Scope.PRACTITIONER_REVIEW), **without)) == ("consent_withdrawn",)


def test_who_was_ever_of_the_case_is_so_once() -> None:
    record = case(participants=(PARENT,), removed=(BABY,))
    everyone = record.with_removed()
    assert (everyone.participants, everyone.removed) == ((PARENT, BABY), ())
    assert everyone.with_removed() == everyone


def test_whoever_is_removed_and_added_anew_is_one_person_of_two_entries_and_so_nobody() -> None:
    twice = case(participants=(PARENT, BABY), removed=(BABY,))
    assert refusal(twice) == ("person_unknown",)


def test_without_a_trusted_clock_nothing_is_opened_and_every_reason_is_told() -> None:
    doubtful = WallTime(ms=NOW.ms, confidence=Confidence.NONE)
    with pytest.raises(ClockUntrusted) as refused:
        check(case(withdrawn(PARENT)), FILM, Purpose.REVIEW, doubtful)
    assert refused.value.reasons == ("recording_locked", "clock_untrusted")


def test_it_may_stay_open_until_the_first_consent_behind_it_runs_out() -> None:
    sooner = msgspec.structs.replace(REVIEW[1], expires_ms=NOW.ms + 1_500)
    assert check(case(), FILM, Purpose.REVIEW, NOW) == 5_000
    assert check(case(sooner), FILM, Purpose.REVIEW, NOW) == 1_500


def test_a_consent_that_ran_out_shuts_it_until_it_is_given_again() -> None:
    later = WallTime(ms=NOW.ms + 5_000, confidence=Confidence.BROWSER)
    assert reasons_against(case(), FILM, Scope.PRACTITIONER_REVIEW, later) == ("consent_expired",)
