"""Every state that the recorder can come into, and what each event does there: walked from the first one on, event by event.

Nothing is said beforehand of what can follow on what: any event may come in any state, and any limit of time may pass first. So
more is walked than can happen, and what holds in all of it holds of the recorder. The walk knows no rule and reads no table.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache

from recorder_facts import NOW, Facts, facts_of, older, state_of

from capture.model import ArmMode, StopReason
from capture.recorder.effects import CloseSensor, DarkenTally, Effect, LightTally, OpenSensor
from capture.recorder.model import (
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
    EndAsked,
    EndKind,
    Event,
    LampFailed,
    Leave,
    LeaveEnded,
    MarkDown,
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
from capture.recorder.step import step

_ASK = Ask("ask-2", AskKind.ERASE, NOW + 60 * NS)
_LONG = NOW + 3_600 * NS

EVENTS: dict[str, Event] = {
    "start-up done": Booted(NOW, is_button_down=False),
    "start-up done, button held": Booted(NOW, is_button_down=True),
    "button down": ButtonDown(NOW),
    "button up": ButtonUp(NOW),
    "mark button": MarkDown(NOW),
    "time is looked at": Tick(NOW, 0),
    "time is looked at, a frame came": Tick(NOW, NOW),
    "armed to film": ArmGranted(NOW, Leave("arm-1", ArmMode.FILM, _LONG)),
    "armed to look": ArmGranted(NOW, Leave("arm-1", ArmMode.FRAMING, _LONG)),
    "armed, lease over": ArmGranted(NOW, Leave("arm-1", ArmMode.FILM, NOW)),
    "leave taken back": LeaveEnded(NOW, StopReason.WITHDRAWN),
    "stop asked by the page": StopAsked(NOW, StopReason.PAGE),
    "an ask comes": Asked(NOW, _ASK),
    "the ask is taken back": AskTakenBack(NOW, "ask-1"),
    "another ask is taken back": AskTakenBack(NOW, "ask-2"),
    "gate said yes, header and log durable": TakeReady(NOW, 1),
    "the same for an earlier opening": TakeReady(NOW, 0),
    "gate or room said no": TakeRefused(NOW, 1, "consent_missing", is_fault=False),
    "disk failed the opening": TakeRefused(NOW, 1, "disk_error", is_fault=True),
    "an earlier opening was refused": TakeRefused(NOW, 0, "disk_error", is_fault=True),
    "tally lit and read back": TallyLit(NOW),
    "tally does not follow": LampFailed(NOW),
    "sensor open": SensorOpened(NOW),
    "camera failed": CameraFailed(NOW, "camera_unavailable"),
    "writer failed": TakeFailed(NOW, StopReason.DISK_FLOOR),
    "take closed": Sealed(NOW),
    "take could not be closed": Sealed(NOW, "disk_error"),
    "end asked": EndAsked(NOW, EndKind.PROCESS),
    "power-off asked": EndAsked(NOW, EndKind.POWER_OFF),
    "window closed": WindowClosed(NOW),
}
"""Each kind of event, with each difference in it that can matter."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the orders so far have made of lamp and sensor, nobody's word taken for it."""

    is_lit: bool = False
    may_be_on: bool = False

    def after(self, effects: tuple[Effect, ...]) -> Outside:
        lit, on = self.is_lit, self.may_be_on
        for effect in effects:
            match effect:
                case LightTally():
                    lit = True
                case DarkenTally():
                    lit = False
                case OpenSensor():
                    on = True
                case CloseSensor():
                    on = False
                case _:
                    pass
        return Outside(lit, on)


@dataclass(frozen=True, slots=True)
class Turn:
    """One event in one state: what the recorder became, and what it ordered, in this order."""

    facts: Facts
    outside: Outside
    what: str
    event: Event
    before: State
    after: State
    effects: tuple[Effect, ...]

    @property
    def does_nothing(self) -> bool:
        return not self.effects and facts_of(self.after).phase is self.facts.phase


@cache
def walk() -> tuple[Turn, ...]:
    """Every event in every state that can be reached, breadth first."""
    first = [(facts_of(State()), Outside()), (facts_of(State(fault="log_cut")), Outside())]
    seen, waiting, turns = set(first), deque(first), []
    while waiting:
        facts, outside = waiting.popleft()
        before = state_of(facts)
        found = [(aged, outside) for aged in older(facts)]
        for what, event in EVENTS.items():
            after, effects = step(before, event)
            turns.append(Turn(facts, outside, what, event, before, after, effects))
            if after is not before or effects:
                found.append((facts_of(after), outside.after(effects)))
        for one in found:
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return tuple(turns)
