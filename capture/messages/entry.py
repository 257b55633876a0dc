"""Messages at the door: the box at a glance, stopping, signing in and out, the clock, shutting down. Nothing of any case."""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.messages.bases import Answer, Code, Passphrase, Session, Verb, WallMs
from capture.model import Confidence, WallTime


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


class SignOut(Verb, frozen=True, kw_only=True):
    """Wipes the keyring; clears armed; stops filming. Answer: Done."""

    session: Session


class OfferClock(Verb, frozen=True, kw_only=True):
    """The browser's time, after sign-in. `is_confirmed` says that a person read and confirmed an unlikely one. Answer: Done."""

    session: Session
    wall_ms: WallMs
    is_confirmed: bool = False


class CancelAsk(Verb, frozen=True, kw_only=True):
    """Take back what waits for a press. Answer: Done."""

    session: Session
    ask_id: Code


class ShutDown(Verb, frozen=True, kw_only=True):
    """Seal what is filmed, then power off. Answer: Done."""

    session: Session


class KeepAlive(Verb, frozen=True, kw_only=True):
    """The practitioner did something on the page, or a transfer is running: the idle lock starts anew. Answer: Done."""

    session: Session


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


AnyEntryVerb = (
    GetStatus | Stop | SignInBegin | SignInPoll | SignInTakeBack | SignOut | OfferClock | CancelAsk | ShutDown | KeepAlive
)

AnyEntryAnswer = Status | SignInWaiting | SignedIn
