"""Messages about what was signed in a case: its statements, by whose keys they are checked, its notes as they were. Says nothing
of who may ask them.

As in `capture/messages/exports.py`, `after` is the number of the last item that the asker has.
"""

from __future__ import annotations

from capture.messages.bases import Answer, Code, Session, Verb
from capture.messages.exports import Place
from capture.model import Fact, WallTime


class ListStatements(Verb, frozen=True, kw_only=True):
    """Every signed statement of the case behind the one numbered `after`, in order. Answer: StatementPage."""

    session: Session
    case: Code
    after: Place = 0


class StatementPage(Answer, frozen=True, kw_only=True):
    """A line each: the exact text that was signed, and its signature. They are numbered from 1 without a gap."""

    lines: tuple[bytes, ...]
    is_last: bool


class ListSigners(Verb, frozen=True, kw_only=True):
    """Whoever signed statements of the case, in the order of their first, behind so many. Answer: SignerPage."""

    session: Session
    case: Code
    after: Place = 0


class SignerPage(Answer, frozen=True, kw_only=True):
    """What the box signs about each one's public key, a line each."""

    lines: tuple[bytes, ...]
    is_last: bool


class ListNotes(Verb, frozen=True, kw_only=True):
    """Every wording of the notes behind the statement numbered `after`, oldest first; what a page opens is logged before it is
    answered. Answer: NotesPage."""

    session: Session
    case: Code
    after: Place = 0


class PlacedNotes(Fact, frozen=True, kw_only=True):
    """One wording: the number of the statement that it was signed in, when, by whom. The age file, the key of this one file and
    its header's length; an empty file where the notes were taken out, no key where whoever asks cannot open it."""

    sequence: int
    stated: WallTime
    practitioner: str
    notes: bytes = b""
    file_key: bytes = b""
    payload_offset: int = 0


class NotesPage(Answer, frozen=True, kw_only=True):
    notes: tuple[PlacedNotes, ...]
    is_last: bool


AnyStatementVerb = ListStatements | ListSigners | ListNotes

AnyStatementAnswer = StatementPage | SignerPage | NotesPage
