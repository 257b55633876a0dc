"""What a consent is for, and one consent event. Whether it counts, the gate says."""

from __future__ import annotations

from enum import Enum

from capture.ids import ConsentId, ParticipantId
from capture.model.facts import Fact, WallTime


class Scope(Enum):
    """What a consent is for. Each is asked for, given and withdrawn on its own."""

    FILM = "film"
    PRACTITIONER_REVIEW = "practitioner_review"
    SUPERVISION = "supervision"
    INTERVISION = "intervision"
    TRAINING_EVENT = "training_event"
    FAMILY_COPY = "family_copy"
    STILLS_FOR_FAMILY = "stills_for_family"


class Purpose(Enum):
    """What a recording is opened for. Each rests on one scope: without that consent, by everybody in the film, it stays shut."""

    REVIEW = "review"
    DOWNLOAD = "download"
    SEALED = "sealed"
    """The file as it lies, unopened: a copy like any other."""
    SUPERVISION = "supervision"
    INTERVISION = "intervision"
    TRAINING_EVENT = "training_event"
    FAMILY_COPY = "family_copy"
    STILLS_FOR_FAMILY = "stills_for_family"

    @property
    def scope(self) -> Scope:
        """What everybody in the film must have said yes to."""
        match self:
            case Purpose.REVIEW | Purpose.DOWNLOAD | Purpose.SEALED:
                return Scope.PRACTITIONER_REVIEW
            case _:
                return Scope(self.value)


class Decision(Enum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Indication(Enum):
    """How consent was shown."""

    SIGNED_PAPER = "signed_paper"
    ON_THE_BOX = "on_the_box"


class Consent(Fact, frozen=True, kw_only=True):
    """One consent event: append-only; a later one for the same participant and scope overrides an earlier one."""

    consent_id: ConsentId
    participant_id: ParticipantId
    scope: Scope
    decision: Decision
    given_by: ParticipantId
    """The participant, or for a child the holder of parental responsibility."""
    indication: Indication
    given: WallTime
    expires_ms: int
    notice_hash: str
    """SHA-256 of the exact notice text shown, 64 hex digits."""
    notice_version: str
    notice_language: str
    is_notice_verified: bool
    is_interpreter_used: bool
    witness: str = ""
    """Who else was there when it was said, by role or label, never by name; empty: nobody."""


class Doubt(Fact, frozen=True, kw_only=True):
    """Why some yeses that were said do not count now: one of the gate's reasons, by its code, and where they stand among the
    consents that are told with it, counted from 0. The longest case fits into one message so."""

    reason: str
    places: tuple[int, ...]
