"""Which yes a case's page doubts: what the gate would refuse of that person and that use; what speaks against all, once."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from paper_family import BABY, BABY_YES, NOW, PARENT, PARENT_YES, consent, record

from capture.consent.case_record import CaseRecord
from capture.consent.standing import doubts, hindrances
from capture.model import Confidence, Decision, ParentalResponsibility, Scope, WallTime

pytestmark = pytest.mark.promise("P3")

LOST = msgspec.structs.replace(PARENT, responsibility=ParentalResponsibility.NONE)
UNTRUSTED = WallTime(ms=0, confidence=Confidence.NONE)


def reasons(found: CaseRecord, at: WallTime = NOW) -> dict[tuple[str, Scope], tuple[str, ...]]:
    """By person and scope."""
    doubted: dict[tuple[str, Scope], tuple[str, ...]] = {}
    for doubt in doubts(found, found.consents, at):
        for said in (found.consents[place] for place in doubt.places):
            about = said.participant_id, said.scope
            doubted[about] = (*doubted.get(about, ()), doubt.reason)
    return doubted


def test_a_yes_that_counts_is_not_doubted() -> None:
    assert reasons(record(PARENT_YES, BABY_YES)) == {}


def test_a_yes_that_ran_out_is() -> None:
    late = WallTime(ms=PARENT_YES.expires_ms, confidence=Confidence.RTC)
    assert reasons(record(PARENT_YES), late) == {("parent", Scope.FILM): ("consent_expired",)}


def test_what_was_said_for_a_child_by_somebody_who_lost_responsibility_does_not_count() -> None:
    found = record(PARENT_YES, BABY_YES, people=(LOST, BABY))
    assert reasons(found) == {("baby", Scope.FILM): ("giver_not_responsible",)}


def test_who_was_removed_gave_nothing_for_filming_a_child_and_gave_it_for_the_films_there_are() -> None:
    review = consent(BABY, PARENT, scope=Scope.PRACTITIONER_REVIEW)
    found = replace(record(BABY_YES, review, people=(BABY,)), removed=(PARENT,))
    assert reasons(found) == {("baby", Scope.FILM): ("giver_unknown",)}


def test_what_was_taken_back_and_what_was_said_before_are_not_called_doubted() -> None:
    earlier = consent(PARENT, expires_ms=1, consent_id="con-earlier")
    no = consent(PARENT, decision=Decision.WITHDRAWN)
    assert reasons(record(earlier, no)) == {}


def test_by_a_clock_that_nobody_trusts_nothing_has_run_out_and_everything_waits_for_the_clock() -> None:
    found = record(PARENT_YES, BABY_YES)
    assert reasons(found, UNTRUSTED) == {}
    assert hindrances(found, UNTRUSTED) == ("clock_untrusted",)


def test_a_case_that_lost_a_statement_says_so_once_and_not_of_every_yes() -> None:
    found = replace(record(PARENT_YES, BABY_YES), is_held=True)
    assert (reasons(found), hindrances(found, NOW)) == ({}, ("statement_lost",))


def test_nothing_hinders_a_case_without_people() -> None:
    assert hindrances(record(people=()), NOW) == ()
