"""The desk of statements: what was signed in a case, word for word, page by page. Signs nothing in anybody's name.

Only for whoever has begun an export of their own case, which is in the log then. What is sealed within a statement stays so: of
the notes the page gets the key of each wording by itself, once the log says that it was opened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from capture import ids
from capture.audit.log import AuditEvent, AuditLog
from capture.consent import statements
from capture.consent.case_record import NotesPlace
from capture.consent.history import History, Signers
from capture.consent.records import Records
from capture.consent.statements import CaseHandedOver, CaseOpened, NotesKept
from capture.desk.begun_exports import BegunExports
from capture.desk.desk import Handlers
from capture.device_key import DeviceKey
from capture.errors import NotARecipient, SealBroken, Truncated
from capture.ids import BoxId
from capture.messages.statements import (
    ListNotes,
    ListSigners,
    ListStatements,
    NotesPage,
    PlacedNotes,
    SignerPage,
    StatementPage,
)
from capture.model import Signer
from capture.seal.envelope import open_header
from capture.seal.keys import AnyIdentity
from capture.server import Reply
from capture.session import Session, Sessions
from capture.signers import sign_signer

_STATEMENTS = 200
_SIGNERS = 40
_WORDINGS = 60
"""Items on a page, however short."""
_PAGE_BYTES = 40_000
"""Of statements or sealed notes on a page, so that they fit into one message. A single one is never longer: the door bounds what
goes into it, and notes of 16 KiB are the most of it, which a statement spells in base64."""


@dataclass(frozen=True, slots=True)
class StatementDesk:
    """Answers a signed-in practitioner about their own cases."""

    box_id: BoxId
    sessions: Sessions
    records: Records
    device_key: DeviceKey
    signers: Signers
    audit: AuditLog
    begun: BegunExports

    def handlers(self) -> Handlers:
        return {ListStatements: self._statements, ListSigners: self._signers, ListNotes: self._notes}

    def _statements(self, verb: ListStatements) -> Reply:
        _, history = self._begun(verb.session, verb.case)
        lines = tuple(_fitting(one.line for one in history.signed[verb.after : verb.after + _STATEMENTS]))
        return Reply(StatementPage(lines=lines, is_last=verb.after + len(lines) >= len(history.signed)))

    def _signers(self, verb: ListSigners) -> Reply:
        """Raises BoxUnusable where somebody's public key does not lie here any more as the box signed it."""
        _, history = self._begun(verb.session, verb.case)
        signers = history.record.signers
        lines = (
            sign_signer(Signer(box_id=self.box_id, practitioner=one, key=self.signers.of(one)), self.device_key)
            for one in signers[verb.after : verb.after + _SIGNERS]
        )
        return Reply(SignerPage(lines=tuple(lines), is_last=verb.after + _SIGNERS >= len(signers)))

    def _notes(self, verb: ListNotes) -> Reply:
        """What they say never passes here: the page opens each in its own RAM."""
        session, history = self._begun(verb.session, verb.case)
        noted = history.record.noted
        start = bisect_right(noted, verb.after, key=lambda place: place.sequence)
        wordings = tuple(_wordings(history, noted[start : start + _WORDINGS], session.unlocked.identity))
        if opened := [one.sequence for one in wordings if one.file_key]:
            self.audit.append(
                AuditEvent.NOTES_OPENED,
                case=history.head.case,
                practitioner=session.practitioner,
                wordings=len(opened),
                first=opened[0],
                last=opened[-1],
            )
        return Reply(NotesPage(notes=wordings, is_last=start + len(wordings) >= len(noted)))

    def _begun(self, token: str, text: str) -> tuple[Session, History]:
        """Raises SignInNeeded, BadRequest, NotFound: nobody else's case is there; NotNow where no export of it was begun."""
        session = self.sessions.require(token)
        history = self.records.history(session.unlocked, ids.case_code(text))
        self.begun.check(session, history.head.case)
        return session, history


def _fitting(lines: Iterable[bytes]) -> Iterator[bytes]:
    """So many as fit on a page, one at the least."""
    total = 0
    for line in lines:
        if total and total + len(line) > _PAGE_BYTES:
            return
        total += len(line)
        yield line


def _wordings(history: History, places: Iterable[NotesPlace], identity: AnyIdentity) -> Iterator[PlacedNotes]:
    """As above."""
    total = 0
    for place in places:
        sealed = _sealed(history, place)
        if total and total + len(sealed) > _PAGE_BYTES:
            return
        total += len(sealed)
        file_key, offset = _key_of(sealed, identity)
        yield PlacedNotes(
            sequence=place.sequence,
            stated=place.stated,
            practitioner=place.practitioner,
            notes=sealed,
            file_key=file_key,
            payload_offset=offset,
        )


def _sealed(history: History, place: NotesPlace) -> bytes:
    match statements.parse(history.signed[place.held_in - 1]).content:
        case NotesKept(notes=notes) | CaseHandedOver(notes=notes):
            return notes
        case CaseOpened(case=case):
            return case.notes
        case other:
            raise AssertionError(f"{other.__class__.__name__} holds no notes")


def _key_of(sealed: bytes, identity: AnyIdentity) -> tuple[bytes, int]:
    """No key for an earlier practitioner's wording, and for one that is damaged: that keeps nobody from the others."""
    if not sealed:
        return b"", 0
    try:
        return open_header(sealed, identity)
    except (NotARecipient, SealBroken, Truncated):
        return b"", 0
