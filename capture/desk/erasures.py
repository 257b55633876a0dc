"""The desk of erasing: what is due, asking for it, how far it is. Erases nothing: that takes a press.

A practitioner sees their own cases. What is due in a case whose practitioner left, nobody would see: whoever looks after the box
sees all of them in the enrolment window.
"""

from __future__ import annotations

from dataclasses import dataclass

from capture import ids
from capture.anchor import TimeAnchor
from capture.audit.log import AuditEvent, AuditLog
from capture.consent.retention import Kept, days_left, reminder
from capture.desk.desk import Handlers
from capture.erasing.asking import Erasures, ErasureWaiting
from capture.erasing.book import CaseRow, DueRow, ErasureBook
from capture.errors import SignInNeeded
from capture.messages import (
    CaseOnBox,
    DueCase,
    DueList,
    EraseBegin,
    Erased,
    ErasePoll,
    EraseWaiting,
    EveryCase,
    ListDue,
    ListEveryCase,
)
from capture.model import Confidence, WallTime
from capture.server import Reply
from capture.session import Sessions
from capture.window import EnrolmentWindow

_PAGE = 50


@dataclass(frozen=True, slots=True)
class ErasureDesk:
    """Answers a signed-in practitioner about their own recordings, and in the window of whose and how due all are. `kept` is the
    service's rule."""

    sessions: Sessions
    erasures: Erasures
    book: ErasureBook
    kept: Kept
    anchor: TimeAnchor
    window: EnrolmentWindow
    audit: AuditLog

    def handlers(self) -> Handlers:
        return {EraseBegin: self._begin, ErasePoll: self._poll, ListDue: self._due, ListEveryCase: self._every_case}

    def _begin(self, verb: EraseBegin) -> Reply:
        session = self.sessions.require(verb.session)
        recording_ids = tuple(ids.recording_id(text) for text in verb.recording_ids)
        waiting = self.erasures.begin(session.practitioner, recording_ids, verb.words)
        try:
            # Anew, now that the log was waited for: a sign-out in between found no question to take back.
            self.sessions.require(verb.session)
        except SignInNeeded:
            self.erasures.take_back(waiting.ask_id)
            raise
        return Reply(_waiting(waiting))

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

    def _every_case(self, verb: ListEveryCase) -> Reply:
        self.window.open_by(verb.setup_code)
        at = self.anchor.now()
        rows = self.book.every_case(verb.after, _PAGE + 1)
        cases = tuple(self._case_on_box(row, at) for row in rows[:_PAGE])
        self.audit.append(AuditEvent.CASES_LISTED, cases=len(cases))
        return Reply(EveryCase(cases=cases, is_last=len(rows) <= _PAGE))

    def _case_on_box(self, row: CaseRow, at: WallTime) -> CaseOnBox:
        due_ms = None if row.latest_ms is None else self.kept.day_of(row.latest_ms)
        return CaseOnBox(
            case=row.case,
            practitioner=row.practitioner,
            due_ms=due_ms,
            days_left=None if due_ms is None else _days_left(due_ms, at),
            films=row.films,
            not_taken_over=row.not_taken_over,
        )

    def _case(self, row: DueRow, at: WallTime) -> DueCase:
        due_ms = self.kept.day_of(row.latest_ms)
        return DueCase(
            case=row.case,
            due_ms=due_ms,
            days_left=_days_left(due_ms, at),
            reminder=reminder(due_ms, at),
            films=row.films,
            not_taken_over=row.not_taken_over,
        )


def _days_left(due_ms: int, at: WallTime) -> int | None:
    """None where the box does not know today's date."""
    return None if at.confidence is Confidence.NONE else days_left(due_ms, at.ms)


def _waiting(waiting: ErasureWaiting) -> EraseWaiting:
    return EraseWaiting(ask_id=waiting.ask_id, left_s=waiting.left_s, is_pressed=waiting.is_pressed)
