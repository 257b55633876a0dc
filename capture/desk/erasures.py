"""The desk of erasing: what is due, asking for it, how far it is. Erases nothing: that takes a press."""

from __future__ import annotations

from dataclasses import dataclass

from capture import ids
from capture.anchor import TimeAnchor
from capture.consent.retention import Kept, days_left, reminder
from capture.desk.desk import Handlers
from capture.erasing.asking import Erasures, ErasureWaiting
from capture.erasing.book import DueRow, ErasureBook
from capture.messages import DueCase, DueList, EraseBegin, Erased, ErasePoll, EraseWaiting, ListDue
from capture.model import Confidence, WallTime
from capture.server import Reply
from capture.session import Sessions

_PAGE = 50


@dataclass(frozen=True, slots=True)
class ErasureDesk:
    """Answers a signed-in practitioner about their own recordings. `kept` is the service's rule."""

    sessions: Sessions
    erasures: Erasures
    book: ErasureBook
    kept: Kept
    anchor: TimeAnchor

    def handlers(self) -> Handlers:
        return {EraseBegin: self._begin, ErasePoll: self._poll, ListDue: self._due}

    def _begin(self, verb: EraseBegin) -> Reply:
        session = self.sessions.require(verb.session)
        recording_ids = tuple(ids.recording_id(text) for text in verb.recording_ids)
        return Reply(_waiting(self.erasures.begin(session.practitioner, recording_ids, verb.words)))

    def _poll(self, verb: ErasePoll) -> Reply:
        found = self.erasures.poll(self.sessions.require(verb.session).practitioner, verb.ask_id)
        if isinstance(found, ErasureWaiting):
            return Reply(_waiting(found))
        return Reply(Erased(recording_ids=found.recording_ids, erasure_ids=found.erasure_ids))

    def _due(self, verb: ListDue) -> Reply:
        session = self.sessions.require(verb.session)
        at = self.anchor.now()
        rows = self.book.due(session.practitioner, self.kept.latest_to_remind_of(at), _PAGE + 1)
        cases = tuple(self._case(row, at) for row in rows[:_PAGE])
        return Reply(DueList(cases=cases, is_all=len(rows) <= _PAGE))

    def _case(self, row: DueRow, at: WallTime) -> DueCase:
        due_ms = self.kept.day_of(row.latest_ms)
        return DueCase(
            case=row.case,
            due_ms=due_ms,
            days_left=None if at.confidence is Confidence.NONE else days_left(due_ms, at.ms),
            reminder=reminder(due_ms, at),
            films=row.films,
            not_taken_over=row.not_taken_over,
        )


def _waiting(waiting: ErasureWaiting) -> EraseWaiting:
    return EraseWaiting(ask_id=waiting.ask_id, left_s=waiting.left_s, is_pressed=waiting.is_pressed)
