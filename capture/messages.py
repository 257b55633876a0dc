"""The socket's language: one struct for each verb and each answer, bounded and strict. Says nothing of who may use a verb.

One message is one SOCK_SEQPACKET datagram: MessagePack of a tagged struct, 64 KiB at most. `session` is what the daemon gave
at sign-in. A file descriptor travels beside an `Opened` or `Picture` answer.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.model import (
    ArmMode,
    Case,
    Confidence,
    Consent,
    Decision,
    Fact,
    Indication,
    ParentalResponsibility,
    Participant,
    Recording,
    RetentionClass,
    Role,
    Scope,
    WallTime,
)

MAX_MESSAGE_BYTES = 65_536

Code = Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
Session = Annotated[str, msgspec.Meta(min_length=20, max_length=60)]
Passphrase = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
ShortText = Annotated[str, msgspec.Meta(max_length=200)]
SealedNote = Annotated[bytes, msgspec.Meta(max_length=16_384)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
WallMs = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]


class Verb(Fact, frozen=True, kw_only=True, tag_field="verb", tag=str):
    """Base of all requests."""


class Answer(Fact, frozen=True, kw_only=True, tag_field="answer", tag=str):
    """Base of all answers."""


# --- anybody on the local network, signed in or not -------------------------------------------------------------------


class GetStatus(Verb, frozen=True, kw_only=True):
    """What the lamps say, and what the box needs: for the live page and for `vigcam status`. Answer: Status."""


class Stop(Verb, frozen=True, kw_only=True):
    """Stop the sensor now. Never refused, needs no sign-in. Answer: Done."""


class SignInBegin(Verb, frozen=True, kw_only=True):
    """Passphrase first; then somebody presses the button within 60 s. Answer: SignInWaiting."""

    username: Annotated[str, msgspec.Meta(max_length=100)]
    passphrase: Passphrase


class SignInPoll(Verb, frozen=True, kw_only=True):
    """Answer: SignInWaiting until pressed and checked, then SignedIn once; raises what refused it."""

    ask_id: Code


class Enrol(Verb, frozen=True, kw_only=True):
    """In the enrolment window, with the set-up code: make a practitioner. Answer: Enrolled."""

    setup_code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


# --- needs a session ----------------------------------------------------------------------------------------------------


class SignOut(Verb, frozen=True, kw_only=True):
    """Wipes the keyring; clears armed; stops filming. Answer: Done."""

    session: Session


class OfferClock(Verb, frozen=True, kw_only=True):
    """The browser's time, after sign-in. `is_confirmed` says that a person read and confirmed an unlikely one. Answer: Done."""

    session: Session
    wall_ms: WallMs
    is_confirmed: bool = False


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


class ListRecordings(Verb, frozen=True, kw_only=True):
    """Answer: RecordingList, newest first, one page of at most 50."""

    session: Session
    case: Annotated[str, msgspec.Meta(max_length=40)] = ""
    before: Annotated[str, msgspec.Meta(max_length=40)] = ""


class GetRecording(Verb, frozen=True, kw_only=True):
    """Answer: RecordingFound."""

    session: Session
    recording_id: Code


class OpenRecording(Verb, frozen=True, kw_only=True):
    """Unlock one recording for reading: logged, then Opened with a read-only descriptor of the sealed file."""

    session: Session
    recording_id: Code
    purpose: Annotated[str, msgspec.Meta(pattern="^(review|download|sealed)$")]


class ConfirmTransfer(Verb, frozen=True, kw_only=True):
    """The receiver states what it holds: the sealed file's SHA-256 (checked against the manifest), or that the MP4's hash,
    computed at both ends by the page, agreed. Answer: Done; raises TransferMismatch."""

    session: Session
    recording_id: Code
    received_bytes: Annotated[int, msgspec.Meta(ge=0)]
    sealed_hash: Hash | None = None
    mp4_hash: Hash | None = None


class EraseBegin(Verb, frozen=True, kw_only=True):
    """Ask to erase; then somebody presses. `words` must be the recording's id where it was never verifiably taken over.
    Answer: EraseWaiting."""

    session: Session
    recording_ids: Annotated[tuple[Code, ...], msgspec.Meta(min_length=1, max_length=50)]
    words: ShortText = ""


class ErasePoll(Verb, frozen=True, kw_only=True):
    """Answer: EraseWaiting until pressed, then Erased once; raises what refused it."""

    session: Session
    ask_id: Code


class CancelAsk(Verb, frozen=True, kw_only=True):
    """Take back what waits for a press. Answer: Done."""

    session: Session
    ask_id: Code


class GetPicture(Verb, frozen=True, kw_only=True):
    """The newest framing picture, while Framing. Answer: Picture with a descriptor of sealed RAM (memfd)."""

    session: Session


class ShutDown(Verb, frozen=True, kw_only=True):
    """Seal what is filmed, then power off. Answer: Done."""

    session: Session


class KeepAlive(Verb, frozen=True, kw_only=True):
    """The practitioner did something on the page, or a transfer is running: the idle lock starts anew. Answer: Done."""

    session: Session


AnyVerb = (
    GetStatus
    | Stop
    | SignInBegin
    | SignInPoll
    | Enrol
    | SignOut
    | OfferClock
    | OpenCase
    | ListCases
    | GetCase
    | AddParticipant
    | RecordConsent
    | Arm
    | Disarm
    | ListRecordings
    | GetRecording
    | OpenRecording
    | ConfirmTransfer
    | EraseBegin
    | ErasePoll
    | CancelAsk
    | GetPicture
    | ShutDown
    | KeepAlive
)


# --- answers ------------------------------------------------------------------------------------------------------------


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


def encode(message: Verb | Answer) -> bytes:
    """One datagram. An answer past the limit is a defect of ours: raises ValueError."""
    data = msgspec.msgpack.encode(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"message of {len(data)} bytes")
    return data
