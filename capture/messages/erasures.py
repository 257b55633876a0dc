"""Messages about erasing: what is due, and asking for it. No verb erases: a press does."""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Session, ShortText, Verb
from capture.model import Fact, Reminder

BATCH_LIMIT = 50
"""So many films may be erased by one press."""


class EraseBegin(Verb, frozen=True, kw_only=True):
    """Ask to erase; then somebody presses, once for all of them. Where any was never verifiably taken over, `words` must be the
    recording's id for a single film, the case's code for several of one case. Answer: EraseWaiting; raises NotErasable."""

    session: Session
    recording_ids: Annotated[tuple[Code, ...], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]
    words: ShortText = ""


class ErasePoll(Verb, frozen=True, kw_only=True):
    """Answer: EraseWaiting until it is over, then Erased once; raises, once too, NotNow with `ask_…` where no press counted, or
    what kept it from being finished."""

    session: Session
    ask_id: Code


class ListDue(Verb, frozen=True, kw_only=True):
    """The practitioner's cases with films on the box whose day is near or over. Answer: DueList."""

    session: Session


class EraseWaiting(Answer, frozen=True, kw_only=True):
    """A press counts for another `left_s`; once one came, `is_pressed`, and the films are going."""

    ask_id: str
    left_s: int
    is_pressed: bool = False


class Erased(Answer, frozen=True, kw_only=True):
    """`erasure_ids` name the receipts, one for each case (`ListReceipts`)."""

    recording_ids: tuple[str, ...]
    erasure_ids: tuple[str, ...] = ()


class DueCase(Fact, frozen=True, kw_only=True):
    """`due_ms` is the day, `days_left` until then by UTC (negative once it is past, None where the box does not know today's),
    `films` how many are on the box, `not_taken_over` how many of them are the only copy."""

    case: str
    due_ms: int
    days_left: int | None
    reminder: Reminder
    films: int
    not_taken_over: int


class DueList(Answer, frozen=True, kw_only=True):
    """The most overdue first, 50 at most."""

    cases: tuple[DueCase, ...]
    is_all: bool


AnyErasureVerb = EraseBegin | ErasePoll | ListDue

AnyErasureAnswer = EraseWaiting | Erased | DueList
