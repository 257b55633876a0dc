"""Messages about cases: people, consents, and leave to film. Says nothing of who may ask them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Hash, Label, SealedNote, Session, ShortText, Verb
from capture.model import (
    ArmMode,
    Case,
    Consent,
    Decision,
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
    notice_version: Annotated[str, msgspec.Meta(max_length=40)]
    notice_language: Annotated[str, msgspec.Meta(max_length=20)]
    is_notice_verified: bool
    is_interpreter_used: bool = False


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
    """A case with its people and every consent event, oldest first. `film_reasons` is empty where all may be filmed."""

    case: Case
    participants: tuple[Participant, ...] = ()
    consents: tuple[Consent, ...] = ()


class CaseSummary(Fact, frozen=True, kw_only=True):
    code: str
    opened: WallTime
    recordings: int


class CaseList(Answer, frozen=True, kw_only=True):
    cases: tuple[CaseSummary, ...]
    is_last: bool


class ParticipantAdded(Answer, frozen=True, kw_only=True):
    participant_id: str


class Armed(Answer, frozen=True, kw_only=True):
    arming_id: str
    lease_s: int
