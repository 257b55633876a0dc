"""What the recorder can order: lamp, sensor, writer, tones, log. Facts only; `control.py` carries them out, in order."""

from __future__ import annotations

from dataclasses import dataclass

from capture.audit.log import AuditEvent
from capture.model import ArmMode, StopReason
from capture.recorder.model import Ask, AskOutcome, EndKind
from device.ports import LampPattern, Tone


@dataclass(frozen=True, slots=True)
class Effect:
    pass


@dataclass(frozen=True, slots=True)
class Prepare(Effect):
    """In a worker: ask the gate again about this arming, and write the log line, for a film also the header. Answers TakeReady
    or TakeRefused."""

    take: int
    mode: ArmMode
    arming_id: str


@dataclass(frozen=True, slots=True)
class Abandon(Effect):
    """Throw away what was prepared for this opening; nothing was filmed."""

    take: int


@dataclass(frozen=True, slots=True)
class LightTally(Effect):
    """Drive the tally and read it back. Answers TallyLit or LampFailed."""

    pattern: LampPattern


@dataclass(frozen=True, slots=True)
class DarkenTally(Effect):
    pass


@dataclass(frozen=True, slots=True)
class OpenSensor(Effect):
    """Answers SensorOpened or CameraFailed."""

    mode: ArmMode


@dataclass(frozen=True, slots=True)
class CloseSensor(Effect):
    pass


@dataclass(frozen=True, slots=True)
class DropPicture(Effect):
    """Forget the still that checking the picture left in RAM."""


@dataclass(frozen=True, slots=True)
class SealTake(Effect):
    """In the writer: trailer, close, rename, manifest, log. Answers Sealed."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class MarkMoment(Effect):
    at_ns: int


@dataclass(frozen=True, slots=True)
class Play(Effect):
    tone: Tone


@dataclass(frozen=True, slots=True)
class ConfirmAsk(Effect):
    ask: Ask


@dataclass(frozen=True, slots=True)
class RefuseAsk(Effect):
    ask: Ask
    outcome: AskOutcome


@dataclass(frozen=True, slots=True)
class Log(Effect):
    """A line for the audit log, not waited for."""

    event: AuditEvent
    code: str = ""


@dataclass(frozen=True, slots=True)
class End(Effect):
    kind: EndKind
