"""What may be put down about a case itself. Pure; knows no person of it."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

import msgspec

from capture.consent.statements import InvolvementEnded, RetentionSet
from capture.errors import BadRequest, ClockUntrusted
from capture.model import Case, Confidence, WallTime


class EndReason(Enum):
    """Why an end of the work is refused; stable codes."""

    ENDED_BEFORE_OPENED = "ended_before_opened"
    ENDED_IN_FUTURE = "ended_in_future"


def check_end(case: Case, ended_ms: int | None, at: WallTime) -> None:
    """Raises ClockUntrusted: an end by a clock that nobody trusts would set a date nobody can trust; BadRequest where it lies
    before the case was opened or has not come yet. Taking an end back is always possible."""
    if ended_ms is None:
        return
    if at.confidence is Confidence.NONE:
        raise ClockUntrusted
    if ended_ms > at.ms:
        raise BadRequest(reasons=(EndReason.ENDED_IN_FUTURE.value,))
    if case.opened.confidence is not Confidence.NONE and ended_ms < case.opened.ms:
        raise BadRequest(reasons=(EndReason.ENDED_BEFORE_OPENED.value,))


def after(case: Case, content: RetentionSet | InvolvementEnded) -> Case:
    """The case as it is once this was stated."""
    match content:
        case RetentionSet(retention=retention):
            return msgspec.structs.replace(case, retention=retention)
        case InvolvementEnded(ended_ms=ended_ms):
            return msgspec.structs.replace(case, involvement_ended_ms=ended_ms)
        case _:
            assert_never(content)
