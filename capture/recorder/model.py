"""The recorder's words: its state, and what can happen to it. Facts only; the rules are in `recorder.py`.

All times are boot time in nanoseconds. Every event carries the time at which it happened, so that `step` needs no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from capture.model import ArmMode, StopReason

NS = 1_000_000_000


class Phase(Enum):
    """Where the recorder stands. The sensor may be on only in OPENING, FRAMING and RECORDING."""

    BOOTING = "booting"
    IDLE = "idle"
    ARMED = "armed"
    PREPARING = "preparing"
    LIGHTING = "lighting"
    OPENING = "opening"
    FRAMING = "framing"
    RECORDING = "recording"
    SEALING = "sealing"
    FAULTED = "faulted"
    ENDED = "ended"


class AskKind(Enum):
    """What may wait for a press of the button."""

    SIGN_IN = "sign_in"
    ERASE = "erase"


class AskOutcome(Enum):
    """Why something that waited for a press was refused."""

    CLASH = "clash"
    EXPIRED = "expired"
    NOT_NOW = "not_now"
    WITHDRAWN = "withdrawn"


class EndKind(Enum):
    """How the daemon ends once all is sealed."""

    POWER_OFF = "power_off"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Limits:
    """The recorder's figures, in nanoseconds. Source: docs/recorder-states.md, its figures."""

    hold: int = 1 * NS
    shutdown_hold: int = 5 * NS
    stuck: int = 10 * NS
    retake: int = 1 * NS
    ask: int = 60 * NS
    framing: int = 60 * NS
    film: int = 1800 * NS
    enrolment: int = 900 * NS
    no_frames: int = 1 * NS
    first_frame: int = 3 * NS
    prepare: int = 5 * NS
    reminder: int = 120 * NS
    five_minutes: int = 300 * NS


@dataclass(frozen=True, slots=True)
class Leave:
    """What the recorder needs to know of an arming: which one, what a hold opens, and when it ends."""

    arming_id: str
    mode: ArmMode
    lease_end_ns: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that waits for one press."""

    ask_id: str
    kind: AskKind
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A button that is down. `is_spent` once this press has had its effect: nothing further follows from holding on.
    `may_open` is false for one that went down too soon after a stop: however long it is held, it opens nothing."""

    down_ns: int
    is_spent: bool = False
    may_open: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Everything the recorder remembers. `reason` says why it stopped, `fault` why it is Faulted."""

    limits: Limits = field(default_factory=Limits)
    phase: Phase = Phase.BOOTING
    leave: Leave | None = None
    contact: Contact | None = None
    asks: tuple[Ask, ...] = ()
    take: int = 0
    """Counts the openings: what a worker prepared for an earlier one is thrown away."""
    looked_ns: int = 0
    prepared_ns: int = 0
    mode: ArmMode = ArmMode.FILM
    """What this opening opens: the leave may be gone before it is over."""
    opened_ns: int = 0
    last_frame_ns: int = 0
    stopped_ns: int = -(10**18)
    reminders: int = 0
    lamp_checks: int = 0
    is_cued: bool = False
    reason: StopReason | None = None
    fault: str = ""
    ending: EndKind | None = None
    enrolment_end_ns: int = 0


# --- what can happen ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    at_ns: int


@dataclass(frozen=True, slots=True)
class Booted(Event):
    """Start-up is done and the outputs are known to be off."""

    is_button_down: bool


@dataclass(frozen=True, slots=True)
class ButtonDown(Event):
    pass


@dataclass(frozen=True, slots=True)
class ButtonUp(Event):
    pass


@dataclass(frozen=True, slots=True)
class MarkDown(Event):
    pass


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """Time has passed. `last_frame_ns` is when the sensor last delivered a picture, 0 if never."""

    last_frame_ns: int = 0


@dataclass(frozen=True, slots=True)
class ArmGranted(Event):
    """The gate said yes, the arming is signed, on disk and in the log."""

    leave: Leave


@dataclass(frozen=True, slots=True)
class LeaveEnded(Event):
    """The leave is taken back: disarmed, consent withdrawn, signed out."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class StopAsked(Event):
    """Stop by something else than the button; never refused."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class Asked(Event):
    ask: Ask


@dataclass(frozen=True, slots=True)
class AskTakenBack(Event):
    ask_id: str


@dataclass(frozen=True, slots=True)
class WindowClosed(Event):
    """Whoever changed trust is done: the enrolment window ends before its time."""


@dataclass(frozen=True, slots=True)
class TakeReady(Event):
    """For this opening the gate said yes again, and header and log line are on disk."""

    take: int


@dataclass(frozen=True, slots=True)
class TakeRefused(Event):
    """The gate or the disk said no. `is_fault` where a person must look at the box, not at a consent."""

    take: int
    code: str
    is_fault: bool


@dataclass(frozen=True, slots=True)
class TallyLit(Event):
    pass


@dataclass(frozen=True, slots=True)
class LampFailed(Event):
    pass


@dataclass(frozen=True, slots=True)
class SensorOpened(Event):
    pass


@dataclass(frozen=True, slots=True)
class CameraFailed(Event):
    code: str


@dataclass(frozen=True, slots=True)
class TakeFailed(Event):
    """The writer cannot go on."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class Sealed(Event):
    """The take is closed: sealed, or left interrupted where `error` says why."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class EndAsked(Event):
    kind: EndKind
