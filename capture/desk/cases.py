"""The desk of cases: what a practitioner reads and puts on record about a family. Every answer comes from signed statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from capture import ids
from capture.audit.log import AuditEvent, AuditLog
from capture.consent.case_record import CaseRecord
from capture.consent.records import Records
from capture.consent.retention import Kept
from capture.consent.standing import doubts, hindrances
from capture.desk.desk import Handlers
from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.keyring import Keyrings, Unlocked
from capture.messages import (
    CaseFound,
    CaseList,
    CaseSummary,
    Done,
    EndInvolvement,
    GetCase,
    GetNotes,
    KeepNotes,
    ListCases,
    ListRemoved,
    NotesFound,
    OpenCase,
    RemovedList,
    SetRetention,
    StateNeeds,
)
from capture.model import Confidence, Consent, Participant, Scope, WallTime
from capture.rate import Rate
from capture.recordings import Recordings
from capture.seal.envelope import open_header
from capture.server import Reply
from capture.session import Sessions

_PAGE = 50
_REMOVED = 10
"""People on a page: at their longest, with all that each said, they fit into one message."""
_UNKNOWN_TIME = WallTime(ms=0, confidence=Confidence.NONE)


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """Answers a signed-in practitioner about their own cases."""

    sessions: Sessions
    records: Records
    recordings: Recordings
    keyrings: Keyrings
    audit: AuditLog
    kept: Kept
    now: Callable[[], WallTime]
    note_rate: Rate

    def handlers(self) -> Handlers:
        return {
            OpenCase: self._open_case,
            ListCases: self._list,
            GetCase: self._get,
            ListRemoved: self._removed,
            SetRetention: self._set_retention,
            EndInvolvement: self._end_involvement,
            KeepNotes: self._keep_notes,
            GetNotes: self._get_notes,
            StateNeeds: self._state_needs,
        }

    def _open_case(self, verb: OpenCase) -> Reply:
        session = self.sessions.require(verb.session)
        recovery = self.keyrings.recovery()
        _check_notes(verb.notes, session.unlocked)
        case = self.records.open_case(session.unlocked, recovery, verb.retention, verb.notes, verb.communication_needs)
        return Reply(self._found(CaseRecord(case=case)))

    def _list(self, verb: ListCases) -> Reply:
        session = self.sessions.require(verb.session)
        cases, is_last = self.records.cases(session.unlocked, verb.after, _PAGE)
        counts = self.recordings.counts_for_cases(tuple(one.code for one in cases))
        summaries = (
            CaseSummary(
                code=one.code,
                opened=one.opened or _UNKNOWN_TIME,
                recordings=counts.get(one.code, 0),
                erase_due_ms=None if one.erase_due_ms is None else self.kept.day_of(one.erase_due_ms),
            )
            for one in cases
        )
        return Reply(CaseList(cases=tuple(summaries), is_last=is_last))

    def _get(self, verb: GetCase) -> Reply:
        session = self.sessions.require(verb.session)
        return Reply(self._found(self.records.case(session.unlocked, ids.case_code(verb.case))))

    def _removed(self, verb: ListRemoved) -> Reply:
        session = self.sessions.require(verb.session)
        record = self.records.case(session.unlocked, ids.case_code(verb.case))
        people = record.removed[verb.after : verb.after + _REMOVED]
        is_last = verb.after + _REMOVED >= len(record.removed)
        consents = _standing(record, people)
        return Reply(RemovedList(people=people, consents=consents, doubts=doubts(record, consents, self.now()), is_last=is_last))

    def _set_retention(self, verb: SetRetention) -> Reply:
        session = self.sessions.require(verb.session)
        self.records.set_retention(session.unlocked, self.keyrings.recovery(), ids.case_code(verb.case), verb.retention)
        return Reply(Done())

    def _end_involvement(self, verb: EndInvolvement) -> Reply:
        session = self.sessions.require(verb.session)
        self.records.end_involvement(session.unlocked, self.keyrings.recovery(), ids.case_code(verb.case), verb.ended_ms)
        return Reply(Done())

    def _keep_notes(self, verb: KeepNotes) -> Reply:
        session = self.sessions.require(verb.session)
        _check_notes(verb.notes, session.unlocked)
        self.records.keep_notes(session.unlocked, self.keyrings.recovery(), ids.case_code(verb.case), verb.notes)
        return Reply(Done())

    def _get_notes(self, verb: GetNotes) -> Reply:
        """The key of this one file goes to the page, which opens it in its own RAM; what it says never passes here."""
        session = self.sessions.require(verb.session)
        case = self.records.case(session.unlocked, ids.case_code(verb.case)).case
        if not case.notes:
            return Reply(NotesFound())
        self.note_rate.take()
        file_key, payload_offset = open_header(case.notes, session.unlocked.identity)
        self.audit.append(AuditEvent.NOTES_OPENED, case=case.code, practitioner=session.practitioner)
        return Reply(NotesFound(notes=case.notes, file_key=file_key, payload_offset=payload_offset))

    def _state_needs(self, verb: StateNeeds) -> Reply:
        session = self.sessions.require(verb.session)
        code = ids.case_code(verb.case)
        self.records.state_needs(session.unlocked, self.keyrings.recovery(), code, verb.communication_needs)
        return Reply(Done())

    def _found(self, record: CaseRecord) -> CaseFound:
        consents, at = _standing(record, record.participants), self.now()
        return CaseFound(
            case=msgspec.structs.replace(record.case, notes=b""),
            participants=record.participants,
            consents=consents,
            doubts=doubts(record, consents, at),
            hindrances=hindrances(record, at),
            locked_recordings=self.recordings.count_locked(record.case.code),
            has_notes=bool(record.case.notes),
            has_removed=bool(record.removed),
            erase_due_ms=self.kept.due_ms(record.case),
            kept_days=self.kept.days,
        )


def _check_notes(notes: bytes, unlocked: Unlocked) -> None:
    """Raises BadRequest for what their own practitioner could never open: in clear, cut, or sealed to somebody else."""
    if not notes:
        return
    try:
        open_header(notes, unlocked.identity)
    except (SealBroken, NotARecipient, Truncated):
        raise BadRequest("notes are not sealed to their practitioner") from None


def _standing(record: CaseRecord, people: Sequence[Participant]) -> tuple[Consent, ...]:
    """The event that counts for each person and scope: what the page shows, and what fits into one message."""
    found = (record.latest(person.participant_id, scope) for person in people for scope in Scope)
    return tuple(consent for consent in found if consent is not None)
