"""What may be asked over the socket: one struct for each verb, bounded and strict. Says nothing of who may ask it.

`session` is what the daemon gave at sign-in; only the verbs that have one need somebody signed in.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.model import (
    ArmMode,
    Decision,
    Fact,
    Indication,
    ParentalResponsibility,
    RetentionClass,
    Role,
    Scope,
)

Code = Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
Session = Annotated[str, msgspec.Meta(min_length=20, max_length=60)]
Passphrase = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
ShortText = Annotated[str, msgspec.Meta(max_length=200)]
SealedNote = Annotated[bytes, msgspec.Meta(max_length=16_384)]
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
WallMs = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]


class Verb(Fact, frozen=True, kw_only=True, tag_field="verb", tag=str):
    """Base of all requests."""


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


class SignInTakeBack(Verb, frozen=True, kw_only=True):
    """Whoever asked gives up waiting for the press, or asks anew: one's own first try must not clash with the second. Needs no
    session, only the ask's own id. Answer: Done."""

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
    purpose: Annotated[str, msgspec.Meta(pattern=r"^(review|download|sealed)\Z")]


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
    | SignInTakeBack
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
