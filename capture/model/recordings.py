"""Leave to film, recordings, and what the box signs about them. Touches no film."""

from __future__ import annotations

from enum import Enum

from capture.ids import ArmingId, CaseCode, ConsentId, ParticipantId, PractitionerId, RecordingId, VisitId
from capture.model.facts import Fact, WallTime


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
