"""When an end of the work with a family is believed: not in the future, not before it began, not by a doubtful clock."""

from __future__ import annotations

import msgspec
import pytest
from paper_family import CASE, NOW

from capture.consent.case_rules import after, check_end
from capture.consent.statements import InvolvementEnded, RetentionSet
from capture.errors import BadRequest, ClockUntrusted
from capture.model import Case, Confidence, RetentionClass, WallTime

LATER = WallTime(ms=NOW.ms + 1_000, confidence=Confidence.BROWSER)
DOUBTFUL = WallTime(ms=LATER.ms, confidence=Confidence.NONE)


@pytest.mark.parametrize("ended_ms", [CASE.opened.ms, LATER.ms])
def test_the_work_may_have_ended_as_it_began_and_may_end_now(ended_ms: int) -> None:
    check_end(CASE, ended_ms, LATER)


@pytest.mark.parametrize(("ended_ms", "reason"), [(CASE.opened.ms - 1, "ended_before_opened"), (LATER.ms + 1, "ended_in_future")])
def test_an_end_before_the_beginning_or_still_to_come_is_refused_with_its_reason(ended_ms: int, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_end(CASE, ended_ms, LATER)
    assert refused.value.reasons == (reason,)


def test_where_nobody_knows_when_the_case_was_opened_any_past_end_is_believed() -> None:
    check_end(msgspec.structs.replace(CASE, opened=DOUBTFUL), 0, LATER)


def test_an_end_by_a_doubtful_clock_is_refused_and_taking_one_back_is_not() -> None:
    with pytest.raises(ClockUntrusted):
        check_end(CASE, LATER.ms, DOUBTFUL)
    check_end(CASE, None, DOUBTFUL)


def test_what_is_stated_of_the_case_changes_that_and_nothing_else() -> None:
    def told(found: Case) -> dict[str, object]:
        was = msgspec.structs.asdict(CASE)
        return {name: value for name, value in msgspec.structs.asdict(found).items() if value != was[name]}

    assert told(after(CASE, InvolvementEnded(ended_ms=5))) == {"involvement_ended_ms": 5}
    record = RetentionClass.CLINICAL_RECORD
    assert told(after(CASE, RetentionSet(retention=record))) == {"retention": record}
