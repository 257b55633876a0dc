"""The consent gate against everything: random records, and the rules told a second time."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_family import placed

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, permits
from capture.consent.standing import doubts, hindrances
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

CASE = Case(code=CaseCode("VIG-AAAA"), opened=WallTime(ms=1_000_000, confidence=Confidence.BROWSER))
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
    return CaseRecord(case=CASE, participants=tuple(people), placed=placed(*own))


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
    assert (permits(Scope.FILM, present, found, at).reasons == ()) == _is_yes_by_the_rules(present, found, at)


@given(PRESENT, random_records(), WALLS, st.sampled_from(Scope))
def test_the_gate_answers_whatever_it_is_shown(
    present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime, scope: Scope
) -> None:
    permit = permits(scope, present, found, at)
    reasons = permit.reasons
    used, expiry = permit.consents, permit.expires_ms
    assert len(set(reasons)) == len(reasons)
    assert (reasons == ()) == (used != ()) == (expiry is not None)
    if expiry is not None:
        assert expiry > at.ms
        assert Reason.CONSENT_EXPIRED in permits(scope, present, found, WallTime(ms=expiry, confidence=Confidence.RTC)).reasons
        assert {event.participant_id for event in used} == set(present)


@given(PRESENT, random_records(), WALLS, st.data())
def test_a_withdrawal_for_anybody_present_always_makes_it_no(
    present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime, data: st.DataObject
) -> None:
    event = data.draw(CONSENTS)
    name = data.draw(st.sampled_from(PEOPLE))
    withdrawal = msgspec.structs.replace(event, participant_id=name, decision=Decision.WITHDRAWN, scope=Scope.FILM)
    after = replace(found, placed=placed(*found.consents, withdrawal))
    if name in present:
        assert permits(Scope.FILM, present, after, at).reasons
    else:
        assert permits(Scope.FILM, present, after, at).reasons == permits(Scope.FILM, present, found, at).reasons


@given(PRESENT, random_records(), WALLS)
def test_naming_more_people_never_turns_no_into_yes(present: tuple[ParticipantId, ...], found: CaseRecord, at: WallTime) -> None:
    for name in set(present):
        alone = set(permits(Scope.FILM, (name,), found, at).reasons)
        assert alone <= set(permits(Scope.FILM, present, found, at).reasons)


@given(st.permutations(PEOPLE), random_records(), WALLS)
def test_order_and_repetition_of_those_named_change_nothing(names: list[ParticipantId], found: CaseRecord, at: WallTime) -> None:
    once = permits(Scope.FILM, PEOPLE, found, at).reasons
    assert permits(Scope.FILM, (*names, *names), found, at).reasons == once


@given(random_records(), WALLS, st.booleans())
def test_a_yes_is_doubted_exactly_where_the_gate_refuses_that_person_that_use(
    found: CaseRecord, at: WallTime, is_held: bool
) -> None:
    found = replace(found, is_held=is_held)
    doubted = {place for doubt in doubts(found, found.consents, at) for place in doubt.places}
    for place, event in enumerate(found.consents):
        if event != found.latest(event.participant_id, event.scope) or event.decision is Decision.WITHDRAWN:
            continue
        judged = found if event.scope is Scope.FILM else found.with_removed()
        is_refused = bool(permits(event.scope, (event.participant_id,), judged, at).reasons)
        is_said = place in doubted or bool(hindrances(found, at))
        assert is_refused == is_said
