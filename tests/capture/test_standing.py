"""How a yes stands in a document: never as one where the gate, asked as the act asks it, would say no."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from paper_family import BABY, BABY_YES, BOTH, NOW, PARENT, PARENT_YES, VISITOR, consent, record

from capture.consent.gate import Reason, permits
from capture.consent.standing import reasons_against
from capture.model import Confidence, Decision, ParentalResponsibility, Scope, WallTime

FOSTER = msgspec.structs.replace(PARENT, responsibility=ParentalResponsibility.NONE)


def test_a_yes_that_the_gate_counts_has_nothing_against_it() -> None:
    case = record(PARENT_YES, BABY_YES)
    assert permits(Scope.FILM, BOTH, case, NOW).is_given
    assert [reasons_against(one, case, NOW) for one in case.consents] == [(), ()]


@pytest.mark.promise("P3")
def test_whoever_is_known_since_to_hold_no_parental_responsibility_has_said_no_yes() -> None:
    case = record(PARENT_YES, BABY_YES, people=(FOSTER, BABY))
    assert reasons_against(BABY_YES, case, NOW) == ("giver_not_responsible",)
    assert reasons_against(PARENT_YES, case, NOW) == ()


@pytest.mark.promise("P3")
def test_in_a_case_that_lost_a_statement_no_yes_counts() -> None:
    case = replace(record(PARENT_YES), is_held=True)
    assert reasons_against(PARENT_YES, case, NOW) == ("statement_lost",)


def test_whoever_was_removed_is_filmed_no_more_but_what_they_are_in_may_still_be_looked_at() -> None:
    looked = consent(VISITOR, consent_id="con-looked", scope=Scope.PRACTITIONER_REVIEW)
    filmed = consent(VISITOR)
    case = replace(record(filmed, looked, people=(PARENT,)), removed=(VISITOR,))
    assert reasons_against(filmed, case, NOW) == ("person_unknown",)
    assert reasons_against(looked, case, NOW) == ()


def test_what_its_times_tell_is_not_said_twice() -> None:
    gone = consent(PARENT, expires_ms=NOW.ms - 1)
    assert reasons_against(gone, record(gone), NOW) == ()
    doubtful = WallTime(ms=NOW.ms, confidence=Confidence.NONE)
    assert permits(Scope.FILM, (PARENT.participant_id,), record(PARENT_YES), doubtful).reasons == (Reason.CLOCK_UNTRUSTED,)
    assert reasons_against(PARENT_YES, record(PARENT_YES), doubtful) == ()


def test_a_withdrawal_and_a_word_that_another_replaced_are_judged_by_nothing() -> None:
    taken_back = consent(BABY, PARENT, consent_id="con-back", decision=Decision.WITHDRAWN)
    case = record(BABY_YES, taken_back, people=(FOSTER, BABY))
    assert [reasons_against(one, case, NOW) for one in case.consents] == [(), ()]
