"""A case and its people: pseudonymous, frozen, each a struct. No rule and no storage here."""

from __future__ import annotations

from enum import Enum

from capture.ids import BoxId, CaseCode, ParticipantId, PractitionerId
from capture.model.facts import Fact, WallTime


class Role(Enum):
    PARENT = "parent"
    CARER = "carer"
    CHILD = "child"
    PROFESSIONAL = "professional"
    OTHER = "other"


class ParentalResponsibility(Enum):
    """Whether this adult holds parental responsibility for the case's children (a foster carer does not)."""

    HOLDS = "holds"
    SHARED = "shared"
    NONE = "none"
    LOCAL_AUTHORITY = "local_authority"
    UNKNOWN = "unknown"


class RetentionClass(Enum):
    THERAPEUTIC_TRANSIENT = "therapeutic_transient"
    CLINICAL_RECORD = "clinical_record"


class Case(Fact, frozen=True, kw_only=True):
    """One family's case as its statements add up. `notes` is an age file made in the web process (sealed to practitioner and
    recovery), or empty; `involvement_ended_ms` is None while the work goes on."""

    code: CaseCode
    opened: WallTime
    retention: RetentionClass = RetentionClass.THERAPEUTIC_TRANSIENT
    involvement_ended_ms: int | None = None
    notes: bytes = b""
    communication_needs: str = ""
    """Shown whenever the case is opened ("large print", "speaks Polish"); no names."""


class Participant(Fact, frozen=True, kw_only=True):
    """Somebody of the case, by label ("Adult A"), never by name."""

    participant_id: ParticipantId
    label: str
    role: Role
    is_child: bool
    responsibility: ParentalResponsibility = ParentalResponsibility.NONE
    assent_noted: bool = False
    basis: str = ""
    """On what parental responsibility rests ("birth certificate seen"), in the service's own terms; no names."""
    evidence_by: str = ""
    """Who saw the evidence, by role and never by name ("social worker")."""


class Signer(Fact, frozen=True, kw_only=True):
    """By which key a practitioner's statements are checked: Ed25519, the public half in hex. Also of one who has left."""

    box_id: BoxId
    practitioner: PractitionerId
    key: str
