"""What the daemon answers: one struct for each kind of answer. A file descriptor travels beside `Opened` and `Picture`."""

from __future__ import annotations

from capture.model import (
    Case,
    Confidence,
    Consent,
    Fact,
    Participant,
    Recording,
    WallTime,
)


class Answer(Fact, frozen=True, kw_only=True, tag_field="answer", tag=str):
    """Base of all answers."""


class Done(Answer, frozen=True, kw_only=True):
    """It happened; where it matters it is on disk and in the log."""


class Refused(Answer, frozen=True, kw_only=True):
    """An error of `capture.errors`, by code."""

    code: str
    detail: str = ""
    reasons: tuple[str, ...] = ()
    retry_after_s: float | None = None


class Status(Answer, frozen=True, kw_only=True):
    """The box as anybody may see it. `state` is one of booting, idle, armed, opening, framing, recording, sealing, faulted."""

    box_id: str
    version: str
    state: str
    fault: str
    tally: str
    ready: str
    tone: str
    """The last tone begun, and how many there were: so that a panel drawn elsewhere can show it."""
    tone_count: int
    is_sensor_open: bool
    armed_case: str
    armed_mode: str
    lease_left_s: int
    filmed_s: float
    recording_id: str
    """The one being filmed, else empty."""
    last_recording_id: str
    waiting_for_press: str
    """"sign_in", "erase" or empty."""
    is_signed_in: bool
    is_enrolment_open: bool
    enrolment_left_s: int
    clock: WallTime
    power: str
    free_bytes: int
    free_minutes: int
    recovery_fingerprint: str
    longest_sync_ms: float


class SignInWaiting(Answer, frozen=True, kw_only=True):
    """`stage` is "press" (waiting for the button) or "checking" (scrypt at work)."""

    ask_id: str
    stage: str
    left_s: int


class SignedIn(Answer, frozen=True, kw_only=True):
    """`recipients` are what the web process seals personal notes to."""

    session: str
    practitioner: str
    recipients: tuple[str, ...]
    clock_confidence: Confidence


class Enrolled(Answer, frozen=True, kw_only=True):
    """Shown once, to be written down: nobody can show it again."""

    username: str
    passphrase: str
    recipient: str


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


class RecordingFound(Answer, frozen=True, kw_only=True):
    recording: Recording
    sealed_hash: str = ""
    """From the signed manifest; empty while filming and when interrupted."""


class RecordingList(Answer, frozen=True, kw_only=True):
    recordings: tuple[Recording, ...]
    is_last: bool


class Opened(Answer, frozen=True, kw_only=True):
    """The descriptor travels beside it. `file_key` is the age file key of this one file; `payload_offset` is where the
    STREAM begins (the age header's length); `is_sealed` is false for an interrupted file."""

    recording: Recording
    file_key: bytes
    payload_offset: int
    is_sealed: bool
    sealed_hash: str = ""


class EraseWaiting(Answer, frozen=True, kw_only=True):
    ask_id: str
    left_s: int


class Erased(Answer, frozen=True, kw_only=True):
    recording_ids: tuple[str, ...]


class Picture(Answer, frozen=True, kw_only=True):
    """The descriptor travels beside it."""

    size: int


AnyAnswer = (
    Done
    | Refused
    | Status
    | SignInWaiting
    | SignedIn
    | Enrolled
    | CaseFound
    | CaseList
    | ParticipantAdded
    | Armed
    | RecordingFound
    | RecordingList
    | Opened
    | EraseWaiting
    | Erased
    | Picture
)
