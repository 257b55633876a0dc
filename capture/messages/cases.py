"""Messages about cases: people, consents, and leave to film. Says nothing of who may ask them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Hash, Label, SealedNote, Session, ShortLabel, ShortText, Verb, WallMs
from capture.model import (
    ArmMode,
    Case,
    Consent,
    Decision,
    Doubt,
    Fact,
    Indication,
    ParentalResponsibility,
    Participant,
    RetentionClass,
    Role,
    Scope,
    WallTime,
)


class OpenCase(Verb, frozen=True, kw_only=True):
    """Answer: CaseFound."""

    session: Session
    retention: RetentionClass = RetentionClass.THERAPEUTIC_TRANSIENT
    notes: SealedNote = b""
    communication_needs: ShortText = ""


class ListCases(Verb, frozen=True, kw_only=True):
    """Answer: CaseList, one page of at most 50."""

    session: Session
    after: Annotated[str, msgspec.Meta(max_length=40)] = ""


class GetCase(Verb, frozen=True, kw_only=True):
    """Answer: CaseFound."""

    session: Session
    case: Code


class AddParticipant(Verb, frozen=True, kw_only=True):
    """Answer: ParticipantAdded."""

    session: Session
    case: Code
    label: Label
    role: Role
    is_child: bool
    responsibility: ParentalResponsibility = ParentalResponsibility.NONE
    is_assent_noted: bool = False
    basis: ShortText = ""
    evidence_by: ShortLabel = ""


class AmendParticipant(Verb, frozen=True, kw_only=True):
    """Somebody's facts as they are from here on, all of them. What they may no longer give stops counting. Answer: Done."""

    session: Session
    case: Code
    participant_id: Code
    label: Label
    role: Role
    is_child: bool
    responsibility: ParentalResponsibility = ParentalResponsibility.NONE
    is_assent_noted: bool = False
    basis: ShortText = ""
    evidence_by: ShortLabel = ""


class RemoveParticipant(Verb, frozen=True, kw_only=True):
    """Somebody is not of the case any more; ends a leave to film that names them or rests on them. Answer: Done."""

    session: Session
    case: Code
    participant_id: Code


class ListRemoved(Verb, frozen=True, kw_only=True):
    """Who is not of the case any more, and what they said: it still counts for the films that they are in, and can be taken back.
    Answer: RemovedList, one page of at most 10 from the one numbered `after` on."""

    session: Session
    case: Code
    after: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class SetRetention(Verb, frozen=True, kw_only=True):
    """By which class the erase date is reckoned. Answer: Done."""

    session: Session
    case: Code
    retention: RetentionClass


class EndInvolvement(Verb, frozen=True, kw_only=True):
    """When the work with the family ended, UTC; None: it goes on after all. Answer: Done."""

    session: Session
    case: Code
    ended_ms: WallMs | None


class KeepNotes(Verb, frozen=True, kw_only=True):
    """The practitioner's notes as they are from here on, sealed by the web process; empty: none. Answer: Done."""

    session: Session
    case: Code
    notes: SealedNote


class GetNotes(Verb, frozen=True, kw_only=True):
    """Answer: NotesFound; logged, and limited as the opening of films is: raises TooManyAttempts."""

    session: Session
    case: Code


class StateNeeds(Verb, frozen=True, kw_only=True):
    """What the family needs to be told and shown things well. Answer: Done."""

    session: Session
    case: Code
    communication_needs: ShortText


class RecordConsent(Verb, frozen=True, kw_only=True):
    """Give or withdraw one scope for one participant. Withdrawing `film` of somebody present stops filming. Answer: Done."""

    session: Session
    case: Code
    participant_id: Code
    scope: Scope
    decision: Decision
    given_by: Code
    indication: Indication
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=730)]
    notice_hash: Hash
    notice_version: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,20}\Z")]
    notice_language: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,12}\Z")]
    is_interpreter_used: bool = False
    witness: ShortLabel = ""


class Arm(Verb, frozen=True, kw_only=True):
    """Ask the gate for leave to film those present. Answer: Armed; raises ConsentMissing, ClockUntrusted, VaultFull, NotNow."""

    session: Session
    case: Code
    present: Annotated[tuple[Code, ...], msgspec.Meta(min_length=1, max_length=20)]
    mode: ArmMode = ArmMode.FILM


class Disarm(Verb, frozen=True, kw_only=True):
    """Take the leave back; stops the sensor if it is on. Answer: Done."""

    session: Session


class CaseFound(Answer, frozen=True, kw_only=True):
    """A case with its people and, for each person and scope, the consent event that counts. The notes are not in it, only whether
    there are any; nor is who was removed. `doubts` are the yeses among those events that do not count now, `hindrances` the codes
    of what speaks against everything in the case, `locked_recordings` how many are only to be erased. Films are due to be erased
    `kept_days` after the end of the work; `erase_due_ms` is None while it goes on."""

    case: Case
    participants: tuple[Participant, ...] = ()
    consents: tuple[Consent, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    hindrances: tuple[str, ...] = ()
    locked_recordings: int = 0
    has_notes: bool = False
    has_removed: bool = False
    erase_due_ms: int | None = None
    kept_days: int = 60


class RemovedList(Answer, frozen=True, kw_only=True):
    """In the order of removal; `consents` and `doubts` as in CaseFound."""

    people: tuple[Participant, ...]
    consents: tuple[Consent, ...]
    doubts: tuple[Doubt, ...] = ()
    is_last: bool


class NotesFound(Answer, frozen=True, kw_only=True):
    """The age file, the key of this one file, and its header's length; empty where there are no notes."""

    notes: bytes = b""
    file_key: bytes = b""
    payload_offset: int = 0


class CaseSummary(Fact, frozen=True, kw_only=True):
    code: str
    opened: WallTime
    recordings: int
    erase_due_ms: int | None = None


class CaseList(Answer, frozen=True, kw_only=True):
    cases: tuple[CaseSummary, ...]
    is_last: bool


class ParticipantAdded(Answer, frozen=True, kw_only=True):
    participant_id: str


class Armed(Answer, frozen=True, kw_only=True):
    arming_id: str
    lease_s: int


AnyCaseVerb = (
    OpenCase
    | ListCases
    | ListRemoved
    | GetCase
    | AddParticipant
    | RecordConsent
    | AmendParticipant
    | RemoveParticipant
    | SetRetention
    | EndInvolvement
    | KeepNotes
    | GetNotes
    | StateNeeds
    | Arm
    | Disarm
)

AnyCaseAnswer = CaseFound | NotesFound | CaseList | RemovedList | ParticipantAdded | Armed
