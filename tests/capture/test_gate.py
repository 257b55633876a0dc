"""The consent gate: every rule once, and that nothing random gets past it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, consents_used, earliest_expiry_ms, reasons_against
from capture.ids import CaseCode, ConsentId, ParticipantId
from capture.model import (
    Case,
    Confidence,
    Consent,
    Decision,
    Indication,
    ParentalResponsibility,
    Participant,
    Role,
    Scope,
    WallTime,
)

pytestmark = pytest.mark.promise("P3")

NOW = WallTime(ms=1_000_000, confidence=Confidence.BROWSER)
CASE = Case(code=CaseCode("VIG-AAAA"), opened=NOW)
PARENT = Participant(
    participant_id=ParticipantId("parent"),
    label="Adult A",
    role=Role.PARENT,
    is_child=False,
    responsibility=ParentalResponsibility.HOLDS,
)
BABY = Participant(participant_id=ParticipantId("baby"), label="Child B", role=Role.CHILD, is_child=True)
VISITOR = Participant(participant_id=ParticipantId("visitor"), label="Adult C", role=Role.OTHER, is_child=False)


def consent(person: Participant, giver: Participant | None = None, **changes: Any) -> Consent:
    yes = Consent(
        consent_id=ConsentId(f"con-{person.participant_id}"),
        participant_id=person.participant_id,
        scope=Scope.FILM,
        decision=Decision.GIVEN,
        given_by=(giver or person).participant_id,
        indication=Indication.SIGNED_PAPER,
        given=WallTime(ms=NOW.ms - 1_000, confidence=Confidence.BROWSER),
        expires_ms=NOW.ms + 5_000,
        notice_hash="0" * 64,
        notice_version="1",
        notice_language="en",
        is_notice_verified=True,
        is_interpreter_used=False,
    )
    return msgspec.structs.replace(yes, **changes)


def record(*consents: Consent, people: tuple[Participant, ...] = (PARENT, BABY, VISITOR)) -> CaseRecord:
    return CaseRecord(case=CASE, participants=people, consents=consents)


PARENT_YES = consent(PARENT)
BABY_YES = consent(BABY, PARENT)
BOTH = (PARENT.participant_id, BABY.participant_id)


def ask(found: CaseRecord, present: tuple[ParticipantId, ...] = BOTH, at: WallTime = NOW) -> tuple[Reason, ...]:
    return reasons_against(Scope.FILM, present, found, at)


def test_everybody_present_with_film_consent_may_be_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES)) == ()


def test_nobody_present_is_not_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES), ()) == (Reason.NOBODY_PRESENT,)


def test_one_person_without_consent_among_those_present_is_enough_for_no() -> None:
    assert ask(record(PARENT_YES, BABY_YES), (*BOTH, VISITOR.participant_id)) == (Reason.CONSENT_MISSING,)


def test_somebody_who_is_not_of_the_case_is_not_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES), (*BOTH, ParticipantId("stranger"))) == (Reason.PERSON_UNKNOWN,)


def test_two_people_of_one_id_are_nobody() -> None:
    twice = (PARENT, msgspec.structs.replace(PARENT, is_child=True))
    assert ask(record(PARENT_YES, people=twice), (PARENT.participant_id,)) == (Reason.PERSON_UNKNOWN,)


def test_untrusted_clock_means_no() -> None:
    at = WallTime(ms=NOW.ms, confidence=Confidence.NONE)
    assert ask(record(PARENT_YES, BABY_YES), at=at) == (Reason.CLOCK_UNTRUSTED,)


def test_consent_holds_until_the_last_millisecond_before_it_expires() -> None:
    assert ask(record(PARENT_YES, BABY_YES), at=WallTime(ms=NOW.ms + 4_999, confidence=Confidence.RTC)) == ()


def test_consent_that_expires_this_very_millisecond_is_expired() -> None:
    at = WallTime(ms=NOW.ms + 5_000, confidence=Confidence.RTC)
    assert ask(record(PARENT_YES, BABY_YES), at=at) == (Reason.CONSENT_EXPIRED,)


def test_consent_given_in_the_future_of_the_clock_does_not_count() -> None:
    later = consent(PARENT, given=WallTime(ms=NOW.ms + 1, confidence=Confidence.BROWSER))
    assert ask(record(later, BABY_YES)) == (Reason.CONSENT_IN_FUTURE,)


def test_consent_given_by_an_untrusted_clock_does_not_count() -> None:
    doubtful = consent(PARENT, given=WallTime(ms=NOW.ms, confidence=Confidence.NONE))
    assert ask(record(doubtful, BABY_YES)) == (Reason.CONSENT_TIME_UNTRUSTED,)


def test_consent_for_another_scope_is_no_consent_to_film() -> None:
    assert ask(record(consent(PARENT, scope=Scope.SUPERVISION), BABY_YES)) == (Reason.CONSENT_MISSING,)


def test_later_withdrawal_wins() -> None:
    assert ask(record(PARENT_YES, BABY_YES, consent(PARENT, decision=Decision.WITHDRAWN))) == (Reason.CONSENT_WITHDRAWN,)


def test_later_withdrawal_wins_whatever_its_wall_time_says() -> None:
    early = WallTime(ms=0, confidence=Confidence.NONE)
    withdrawn = consent(PARENT, decision=Decision.WITHDRAWN, given=early)
    assert ask(record(PARENT_YES, BABY_YES, withdrawn)) == (Reason.CONSENT_WITHDRAWN,)


def test_withdrawal_of_another_scope_leaves_film_alone() -> None:
    other = consent(PARENT, decision=Decision.WITHDRAWN, scope=Scope.TRAINING_EVENT)
    assert ask(record(PARENT_YES, BABY_YES, other)) == ()


def test_consent_given_anew_after_a_withdrawal_counts() -> None:
    withdrawn = consent(PARENT, decision=Decision.WITHDRAWN)
    assert ask(record(PARENT_YES, BABY_YES, withdrawn, PARENT_YES)) == ()


def test_a_doubtful_later_consent_does_not_fall_back_to_an_older_one() -> None:
    later = consent(PARENT, given=WallTime(ms=NOW.ms + 1, confidence=Confidence.BROWSER))
    assert ask(record(PARENT_YES, BABY_YES, later)) == (Reason.CONSENT_IN_FUTURE,)


def test_child_cannot_consent_for_itself() -> None:
    assert ask(record(PARENT_YES, consent(BABY))) == (Reason.GIVER_NOT_RESPONSIBLE,)


def test_a_child_who_holds_responsibility_cannot_consent_for_a_child() -> None:
    teenager = msgspec.structs.replace(PARENT, is_child=True)
    assert Reason.GIVER_NOT_RESPONSIBLE in ask(record(PARENT_YES, BABY_YES, people=(teenager, BABY)))


@pytest.mark.parametrize("responsibility", [item for item in ParentalResponsibility if item.value not in {"holds", "shared"}])
def test_adult_without_parental_responsibility_cannot_consent_for_a_child(responsibility: ParentalResponsibility) -> None:
    carer = msgspec.structs.replace(PARENT, responsibility=responsibility)
    assert ask(record(PARENT_YES, BABY_YES, people=(carer, BABY))) == (Reason.GIVER_NOT_RESPONSIBLE,)


def test_shared_parental_responsibility_is_enough() -> None:
    sharing = msgspec.structs.replace(PARENT, responsibility=ParentalResponsibility.SHARED)
    assert ask(record(PARENT_YES, BABY_YES, people=(sharing, BABY))) == ()


def test_the_giver_for_a_child_need_not_be_present() -> None:
    assert ask(record(BABY_YES), (BABY.participant_id,)) == ()


def test_giver_who_is_not_of_the_case_gives_nothing() -> None:
    assert ask(record(BABY_YES, people=(BABY,)), (BABY.participant_id,)) == (Reason.GIVER_UNKNOWN,)


def test_nobody_consents_for_another_adult() -> None:
    assert ask(record(PARENT_YES, consent(VISITOR, PARENT)), (VISITOR.participant_id,)) == (Reason.GIVER_NOT_SELF,)


def test_unverified_notice_without_an_interpreter_is_no_consent() -> None:
    assert ask(record(consent(PARENT, is_notice_verified=False), BABY_YES)) == (Reason.INTERPRETER_NEEDED,)


def test_unverified_notice_with_an_interpreter_is_consent() -> None:
    assert ask(record(consent(PARENT, is_notice_verified=False, is_interpreter_used=True), BABY_YES)) == ()


def test_every_reason_that_applies_is_named_once() -> None:
    found = record(consent(PARENT, expires_ms=NOW.ms), consent(BABY, expires_ms=NOW.ms))
    assert ask(found) == (Reason.CONSENT_EXPIRED, Reason.GIVER_NOT_RESPONSIBLE)


def test_codes_of_reasons_are_stable() -> None:
    assert {reason.value for reason in Reason} == {
        "clock_untrusted",
        "nobody_present",
        "person_unknown",
        "consent_missing",
        "consent_withdrawn",
        "consent_expired",
        "consent_in_future",
        "consent_time_untrusted",
        "giver_unknown",
        "giver_not_self",
        "giver_not_responsible",
        "interpreter_needed",
    }


def test_the_first_consent_to_expire_ends_the_yes() -> None:
    found = record(PARENT_YES, consent(BABY, PARENT, expires_ms=NOW.ms + 7))
    assert earliest_expiry_ms(Scope.FILM, BOTH, found, NOW) == NOW.ms + 7


PEOPLE = tuple(ParticipantId(name) for name in "abc")
TIMES = st.integers(0, 12)
WALLS = st.builds(WallTime, ms=TIMES, confidence=st.sampled_from(Confidence))
# weighted towards yes: else nearly every random record is refused and the properties of a yes are never tried
USUALLY = {True: st.sampled_from([True, True, True, False]), False: st.sampled_from([False, False, False, True])}
PERSONS = st.builds(
    Participant,
    participant_id=st.sampled_from(PEOPLE),
    label=st.just("x"),
    role=st.sampled_from(Role),
    is_child=USUALLY[False],
    responsibility=st.sampled_from(ParentalResponsibility),
)
CONSENTS = st.builds(
    Consent,
    consent_id=st.integers(0, 999).map(lambda number: ConsentId(f"con-{number}")),
    participant_id=st.sampled_from(PEOPLE),
    scope=st.sampled_from([Scope.FILM, Scope.FILM, Scope.FILM, Scope.SUPERVISION]),
    decision=st.sampled_from([Decision.GIVEN, Decision.GIVEN, Decision.GIVEN, Decision.WITHDRAWN]),
    given_by=st.sampled_from(PEOPLE),
    indication=st.just(Indication.ON_THE_BOX),
    given=st.builds(WallTime, ms=st.integers(0, 6), confidence=st.sampled_from(Confidence)),
    expires_ms=st.integers(4, 14),
    notice_hash=st.just("0" * 64),
    notice_version=st.just("1"),
    notice_language=st.just("en"),
    is_notice_verified=USUALLY[True],
    is_interpreter_used=USUALLY[False],
)


@st.composite
def random_records(draw: st.DrawFn) -> CaseRecord:
    people = draw(st.lists(PERSONS, max_size=4))
    own = [
        msgspec.structs.replace(event, given_by=event.participant_id) if draw(st.booleans()) else event
        for event in draw(st.lists(CONSENTS, max_size=8))
    ]
    return CaseRecord(case=CASE, participants=tuple(people), consents=tuple(own))


PRESENT = st.lists(st.sampled_from(PEOPLE), max_size=4).map(tuple)


def _is_good(event: Consent, person: Participant, giver: Participant, at: WallTime) -> bool:
    may_give = (
        not giver.is_child and giver.responsibility in {ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED}
        if person.is_child
        else giver is person
    )
    return (
        may_give
        and event.decision is Decision.GIVEN
        and event.given.confidence is not Confidence.NONE
        and event.given.ms <= at.ms < event.expires_ms
        and (event.is_notice_verified or event.is_interpreter_used)
    )


def _is_yes_by_the_rules(present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime) -> bool:
    """The rules told a second time, as plainly as they go: what the gate is held against."""
    by_id = {person.participant_id: person for person in found.participants}
    if not present or at.confidence is Confidence.NONE:
        return False
    for name in present:
        events = [event for event in found.consents if (event.participant_id, event.scope) == (name, Scope.FILM)]
        if not events or name not in by_id or events[-1].given_by not in by_id:
            return False
        named = [person.participant_id for person in found.participants]
        if named.count(name) > 1 or named.count(events[-1].given_by) > 1:
            return False
        if not _is_good(events[-1], by_id[name], by_id[events[-1].given_by], at):
            return False
    return True


@given(PRESENT, random_records(), WALLS)
def test_the_gate_agrees_with_the_rules_told_a_second_time(
    present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime
) -> None:
    assert (reasons_against(Scope.FILM, present, found, at) == ()) == _is_yes_by_the_rules(present, found, at)


@given(PRESENT, random_records(), WALLS, st.sampled_from(Scope))
def test_the_gate_answers_whatever_it_is_shown(
    present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime, scope: Scope
) -> None:
    reasons = reasons_against(scope, present, found, at)
    used = consents_used(scope, present, found, at)
    expiry = earliest_expiry_ms(scope, present, found, at)
    assert len(set(reasons)) == len(reasons)
    assert (reasons == ()) == (used != ()) == (expiry is not None)
    if expiry is not None:
        assert expiry > at.ms
        assert Reason.CONSENT_EXPIRED in reasons_against(scope, present, found, WallTime(ms=expiry, confidence=Confidence.RTC))
        assert {event.participant_id for event in used} == set(present)


@given(PRESENT, random_records(), WALLS, st.data())
def test_a_withdrawal_for_anybody_present_always_makes_it_no(
    present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime, data: st.DataObject
) -> None:
    event = data.draw(CONSENTS)
    name = data.draw(st.sampled_from(PEOPLE))
    withdrawal = msgspec.structs.replace(event, participant_id=name, decision=Decision.WITHDRAWN, scope=Scope.FILM)
    after = msgspec.structs.replace(found, consents=(*found.consents, withdrawal))
    if name in present:
        assert reasons_against(Scope.FILM, present, after, at)
    else:
        assert reasons_against(Scope.FILM, present, after, at) == reasons_against(Scope.FILM, present, found, at)


@given(PRESENT, random_records(), WALLS)
def test_naming_more_people_never_turns_no_into_yes(present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime) -> None:
    for name in set(present):
        alone = set(reasons_against(Scope.FILM, (name,), found, at))
        assert alone <= set(reasons_against(Scope.FILM, present, found, at))


@given(st.permutations(PEOPLE), random_records(), WALLS)
def test_order_and_repetition_of_those_named_change_nothing(names: list[ParticipantId], found: CaseRecord, at: WallTime) -> None:
    once = reasons_against(Scope.FILM, PEOPLE, found, at)
    assert reasons_against(Scope.FILM, (*names, *names), found, at) == once
