"""The facts of the practice as the box holds them: pseudonymous, frozen, each a struct. No rule and no storage here.

Terms: `docs/glossary.md`. Times named `_ms` are UTC milliseconds since 1970, `_ns` are boot time.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from capture.ids import ArmingId, CaseCode, ConsentId, ParticipantId, PractitionerId, RecordingId, VisitId

_SECRETS = frozenset({"file_key", "identity", "passphrase", "session", "setup_code", "signing_key"})
"""Fields that no repr shows, whichever struct has one of that name."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all facts: immutable, parsed strictly, and silent about what is secret in them."""

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in _SECRETS]

    def __repr__(self) -> str:
        """Without any secret: a repr ends up in logs and in the words of exceptions."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


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


class RetentionClass(Enum):
    THERAPEUTIC_TRANSIENT = "therapeutic_transient"
    CLINICAL_RECORD = "clinical_record"


class Confidence(Enum):
    """How far the wall time can be trusted: a battery-backed clock, the practitioner's browser, or not at all."""

    RTC = "rtc"
    BROWSER = "browser"
    NONE = "none"


class WallTime(Fact, frozen=True, kw_only=True):
    """A claim of wall time with its confidence."""

    ms: int
    confidence: Confidence


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


class ArmMode(Enum):
    FILM = "film"
    FRAMING = "framing"


class Arming(Fact, frozen=True, kw_only=True):
    """Leave to film, for one visit, the people named as present and a lease. Lives in RAM; its record is in the catalogue."""

    arming_id: ArmingId
    visit_id: VisitId
    case: CaseCode
    present: tuple[ParticipantId, ...]
    consents: tuple[ConsentId, ...]
    practitioner: PractitionerId
    mode: ArmMode
    armed_boottime_ns: int
    lease_end_ns: int
    """Boot time at which the leave ends: three hours, or the first of the consents to expire."""


class StopReason(Enum):
    PRESS = "press"
    PAGE = "page"
    LEASE_ENDED = "lease_ended"
    LIMIT = "limit"
    WITHDRAWN = "withdrawn"
    CONSENT_ENDED = "consent_ended"
    """What the leave rested on is no longer so: by a corrected clock it had run out, or somebody is not of the case any more."""
    SIGNED_OUT = "signed_out"
    DISK_FLOOR = "disk_floor"
    DISK_ERROR = "disk_error"
    CAMERA_FAILED = "camera_failed"
    NO_FRAMES = "no_frames"
    LAMP_FAULT = "lamp_fault"
    BUTTON_STUCK = "button_stuck"
    SHUTDOWN = "shutdown"
    INTERRUPTED = "interrupted"
    """Power or process lost; found at the next start."""


class RecordingState(Enum):
    FILMING = "filming"
    SEALED = "sealed"
    INTERRUPTED = "interrupted"
    ERASED = "erased"


class Recording(Fact, frozen=True, kw_only=True):
    """What is known of one recording without opening it. In clear in the catalogue: ids, sizes, times, states, counts."""

    recording_id: RecordingId
    case: CaseCode
    visit_id: VisitId
    practitioner: PractitionerId
    state: RecordingState
    started: WallTime
    boot_id: str
    started_boottime_ns: int
    stop_reason: StopReason | None = None
    duration_ms: int = 0
    sealed_bytes: int = 0
    frames_generated: int = 0
    frames_kept: int = 0
    marks_ms: tuple[int, ...] = ()
    """Moments marked with the second button, media time in milliseconds."""
    longest_sync_ms: float = 0.0
    is_transferred: bool = False
    is_locked: bool = False
    """Somebody who is in it took back the yes to filming afterwards: it stays shut until it is erased."""


class Manifest(Fact, frozen=True, kw_only=True):
    """What the device signs about a sealed recording. `header_hash` and `sealed_hash` are SHA-256, hex."""

    box_id: str
    recording_id: RecordingId
    header_hash: str
    sealed_hash: str
    sealed_bytes: int
    duration_ms: int
    frames_generated: int
    frames_kept: int
    width: int
    height: int
    has_sound: bool
    stop_reason: StopReason
    longest_sync_ms: float
    recipients: tuple[str, ...]
    """Fingerprints of the age recipients it is sealed to: practitioner, then recovery."""
    audit_sequence: int
    audit_head: str
    """Sequence number and hash of the log's last line when this was signed."""

    @property
    def frames_dropped(self) -> int:
        """What was lost: counted, never silent (P11)."""
        return self.frames_generated - self.frames_kept


class Reminder(Enum):
    """How near the day is on which a case's films are due to be erased."""

    NONE = "none"
    DUE_IN_14 = "due_in_14"
    """Within 14 days; the next two likewise."""
    DUE_IN_7 = "due_in_7"
    DUE_IN_1 = "due_in_1"
    DUE = "due"
    """Today, or past."""
    DATE_UNKNOWN = "date_unknown"
    """The box does not know today's date, so nothing can be said to be due."""


class ErasureMethod(Enum):
    """What was done to a film's files."""

    HEADER_OVERWRITTEN = "header_overwritten"
    """The beginning of each sealed file was overwritten and synced, the file cut to nothing and synced, its name removed."""
    FOUND_GONE = "found_gone"
    """The erasure was cut short, and at the next start there was nothing left to overwrite."""


class ErasedRecording(Fact, frozen=True, kw_only=True):
    """One film that was erased: how it was, and when it went. `header_hash` is the SHA-256 of its age header, hex; empty where
    the header could not be read any more."""

    recording_id: RecordingId
    filmed: WallTime
    filmed_boot_id: str
    filmed_boottime_ns: int
    sealed_bytes: int
    header_hash: str
    was_transferred: bool
    method: ErasureMethod
    is_sync_reported: bool
    """Whether the disk said that the overwriting was durable. What a flash card keeps inside, no disk says."""
    erased: WallTime
    boot_id: str
    boottime_ms: int
    audit_sequence: int
    """Which line of the log says that it is gone."""


class ErasureReceipt(Fact, frozen=True, kw_only=True):
    """What the device signs about films of one case that one press erased: ids, sizes and times alone."""

    erasure_id: str
    ask_id: str
    """What was asked on the page and confirmed by the press; the log's lines carry it. Empty where the box does not know it."""
    box_id: str
    case: CaseCode
    practitioner: PractitionerId
    recordings: tuple[ErasedRecording, ...]
    audit_sequence: int
    audit_head: str
    """Sequence number and hash of the log's last line when this was signed."""
