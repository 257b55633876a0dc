"""The recorder's whole table, taken from `step` itself; run as a program it prints what docs/recorder-states.md shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from capture.model import ArmMode, StopReason  # noqa: E402
from capture.recorder.effects import Effect, LightTally, Log, Play, SealTake  # noqa: E402
from capture.recorder.model import (  # noqa: E402
    NS,
    ArmGranted,
    Ask,
    Asked,
    AskKind,
    AskTakenBack,
    Booted,
    ButtonDown,
    ButtonUp,
    CameraFailed,
    Contact,
    EndAsked,
    EndKind,
    Event,
    LampFailed,
    Leave,
    LeaveEnded,
    MarkDown,
    Phase,
    Sealed,
    SensorOpened,
    State,
    StopAsked,
    TakeFailed,
    TakeReady,
    TakeRefused,
    TallyLit,
    Tick,
    WindowClosed,
)
from capture.recorder.step import step  # noqa: E402

NOW = 1000 * NS
_LEAVE = Leave("arm-1", ArmMode.FILM, NOW + 3600 * NS)
_ASK = Ask("ask-1", AskKind.SIGN_IN, NOW + 60 * NS)
_HELD = Contact(NOW - round(1.5 * NS))
_SHORT = Contact(NOW - NS // 5)
_FRESH = {"looked_ns": NOW, "last_frame_ns": NOW}


def states() -> dict[str, State]:
    """One state for each phase, as a visit would reach it; Opening and before it once for each mode."""
    armed = State(phase=Phase.ARMED, leave=_LEAVE, take=1, prepared_ns=NOW, opened_ns=NOW - 9 * NS, **_FRESH)
    framing = replace(armed, leave=replace(_LEAVE, mode=ArmMode.FRAMING), mode=ArmMode.FRAMING)
    return {
        "Booting": State(phase=Phase.BOOTING),
        "Idle": State(phase=Phase.IDLE),
        "Armed": armed,
        "Preparing": replace(armed, phase=Phase.PREPARING),
        "Lighting": replace(armed, phase=Phase.LIGHTING),
        "Opening": replace(armed, phase=Phase.OPENING),
        "Framing": replace(framing, phase=Phase.FRAMING, lamp_checks=9),
        "Recording": replace(armed, phase=Phase.RECORDING, lamp_checks=9),
        "Sealing": replace(armed, phase=Phase.SEALING),
        "Faulted": State(phase=Phase.FAULTED, fault="lamp_fault"),
        "Ended": State(phase=Phase.ENDED),
    }


def happenings() -> dict[str, tuple[Event, dict[str, object]]]:
    """Each kind of event, and what must be true of the state beside its phase for the event to mean that."""
    return {
        "start-up done": (Booted(NOW, is_button_down=False), {}),
        "start-up done, button held": (Booted(NOW, is_button_down=True), {}),
        "start-up done, the log was cut": (Booted(NOW, is_button_down=False), {"fault": "log_cut"}),
        "button down": (ButtonDown(NOW), {}),
        "button down within 1 s of a stop": (ButtonDown(NOW), {"stopped_ns": NOW - NS // 2}),
        "short press ends, nothing waits": (ButtonUp(NOW), {"contact": _SHORT}),
        "short press ends, one ask waits": (ButtonUp(NOW), {"contact": _SHORT, "asks": (_ASK,)}),
        "held for 1 s": (Tick(NOW, NOW), {"contact": _HELD}),
        "held for 5 s": (Tick(NOW, NOW), {"contact": Contact(NOW - 5 * NS)}),
        "held for 10 s": (Tick(NOW, NOW), {"contact": Contact(NOW - 10 * NS, is_spent=True)}),
        "mark button": (MarkDown(NOW), {}),
        "armed by the gate": (ArmGranted(NOW, _LEAVE), {}),
        "armed while the button is down": (ArmGranted(NOW, _LEAVE), {"contact": _SHORT}),
        "leave taken back": (LeaveEnded(NOW, StopReason.WITHDRAWN), {}),
        "lease over": (Tick(NOW, NOW), {"leave": replace(_LEAVE, lease_end_ns=NOW)}),
        "stop asked by the page": (StopAsked(NOW, StopReason.PAGE), {}),
        "an ask comes": (Asked(NOW, _ASK), {}),
        "a second ask comes": (Asked(NOW, Ask("ask-2", AskKind.ERASE, NOW + 60 * NS)), {"asks": (_ASK,)}),
        "an ask is taken back": (AskTakenBack(NOW, "ask-1"), {"asks": (_ASK,)}),
        "an ask is 60 s old": (Tick(NOW, NOW), {"asks": (replace(_ASK, expires_ns=NOW),)}),
        "enrolment window is over": (Tick(NOW, NOW), {"enrolment_end_ns": NOW}),
        "enrolment window is closed": (WindowClosed(NOW), {"enrolment_end_ns": NOW + 60 * NS}),
        "gate said yes, header and log durable": (TakeReady(NOW, 1), {}),
        "gate or room said no": (TakeRefused(NOW, 1, "consent_missing", is_fault=False), {}),
        "disk failed the opening": (TakeRefused(NOW, 1, "disk_error", is_fault=True), {}),
        "opening took 5 s": (Tick(NOW, NOW), {"prepared_ns": NOW - 5 * NS}),
        "tally lit and read back": (TallyLit(NOW), {}),
        "tally does not follow": (LampFailed(NOW), {}),
        "sensor open": (SensorOpened(NOW), {}),
        "camera failed": (CameraFailed(NOW, "camera_unavailable"), {}),
        "no frame for 1 s": (Tick(NOW, 0), {"last_frame_ns": NOW - NS}),
        "film limit": (Tick(NOW, NOW), {"opened_ns": NOW - 1800 * NS}),
        "framing limit": (Tick(NOW, NOW), {"opened_ns": NOW - 60 * NS}),
        "disk nearly full": (TakeFailed(NOW, StopReason.DISK_FLOOR), {}),
        "take closed": (Sealed(NOW), {}),
        "take closed, end asked before": (Sealed(NOW), {"ending": EndKind.PROCESS}),
        "take could not be closed": (Sealed(NOW, "disk_error"), {}),
        "end asked": (EndAsked(NOW, EndKind.PROCESS), {}),
        "end asked in the enrolment window": (EndAsked(NOW, EndKind.PROCESS), {"enrolment_end_ns": NOW + 60 * NS}),
    }


def rows() -> Iterator[tuple[str, str, str, str]]:
    """What happens, in which phase, to which phase, with which orders; where nothing follows there is no row."""
    for what, (event, detail) in happenings().items():
        for name, state in states().items():
            before = replace(state, **detail)  # type: ignore[arg-type]
            after, effects = step(before, event)
            shown = ", ".join(_name(effect) for effect in effects)
            if after.phase is not before.phase or effects:
                yield what, name, after.phase.value.capitalize(), shown or "–"


def _name(effect: Effect) -> str:
    match effect:
        case LightTally(pattern):
            return f"tally {pattern.value}"
        case Play(tone):
            return f"tone {tone.value}"
        case Log(event):
            return f"log {event.value}"
        case SealTake(reason):
            return f"seal ({reason.value})"
        case _:
            words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(effect).__name__)
            return words.strip()


def table() -> str:
    lines = ["| when | in | then | orders, in this order |", "|---|---|---|---|"]
    last = ""
    for what, phase, after, effects in rows():
        lines.append(f"| {'' if what == last else what} | {phase} | {after} | {effects} |")
        last = what
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
