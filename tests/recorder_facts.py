"""The recorder's states as a few facts that decide what can follow: a state for each combination, and back. Knows no rule.

A `State` holds times; what matters of them is only which side of a limit they are on. `facts_of` says that, `state_of` makes
a state of which it is true. What a phase cannot need of the time before is made as bad as can be, so that a rule that forgot
to set it anew is seen. Every state is looked at at one moment, NOW.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from capture.model import ArmMode
from capture.recorder.model import NS, Ask, AskKind, Contact, EndKind, Leave, Phase, State

NOW = 100_000 * NS

_HELD = {"up": 0.0, "down": 0.2, "1 s": 1.0, "5 s": 5.0, "10 s": 10.0}
_ON = {
    # how long the sensor is on, when its last picture came before now, tally looks, reminders
    "no frame yet": (1.0, None, 1, 0),
    "no frame for 3 s": (3.0, None, 3, 0),
    "runs": (9.0, 0.0, 9, 0),
    "no frame for 1 s": (9.0, 1.0, 9, 0),
    "tally look due": (9.0, 0.0, 8, 0),
    "2 minutes": (120.0, 0.0, 120, 0),
    "5 minutes": (300.0, 0.0, 300, 2),
    "limit": (0.0, 0.0, 9_999, 99),
}
_OLDER = {
    "contact": {"down": "1 s", "1 s": "5 s", "5 s": "10 s"},
    "leave": {"to film": "to film, over", "to look": "to look, over"},
    "ask": {"waits": "60 s old"},
    "window": {"open": "over"},
}
_LATER = ("no frame for 1 s", "tally look due", "2 minutes", "5 minutes", "limit")
_ON_PHASES = (Phase.FRAMING, Phase.RECORDING)
_MODE_PHASES = (Phase.PREPARING, Phase.LIGHTING, Phase.OPENING, *_ON_PHASES)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides. `contact` is how long the button has been down, `on` how the sensor does."""

    phase: Phase = Phase.BOOTING
    contact: str = "up"
    is_spent: bool = False
    may_open: bool = True
    leave: str = "none"
    mode: ArmMode = ArmMode.FILM
    on: str = "off"
    ask: str = "none"
    window: str = "closed"
    is_slow: bool = False
    """Whether preparing has taken 5 s."""
    is_quick: bool = False
    """Whether the last stop was less than 1 s ago."""
    fault: bool = False
    ending: EndKind | None = None


def facts_of(state: State) -> Facts:
    """What is true of a state now."""
    contact, leave = state.contact, state.leave
    held_s = 0.0 if contact is None else (NOW - contact.down_ns) / NS
    return Facts(
        phase=state.phase,
        contact="up"
        if contact is None
        else [name for name, least_s in _HELD.items() if name != "up" and held_s >= least_s - 0.2][-1],
        is_spent=contact is not None and contact.is_spent,
        may_open=contact is None or contact.may_open,
        leave="none" if leave is None else _leave_name(leave),
        mode=state.mode if state.phase in _MODE_PHASES else ArmMode.FILM,
        on=_how_on(state) if state.phase in _ON_PHASES else "off",
        ask="none" if not state.asks else "waits" if state.asks[0].expires_ns > NOW else "60 s old",
        window="closed" if not state.enrolment_end_ns else "open" if state.enrolment_end_ns > NOW else "over",
        is_slow=state.phase is Phase.PREPARING and NOW - state.prepared_ns >= state.limits.prepare,
        is_quick=NOW - state.stopped_ns < state.limits.retake,
        fault=bool(state.fault),
        ending=state.ending,
    )


def _leave_name(leave: Leave) -> str:
    name = "to film" if leave.mode is ArmMode.FILM else "to look"
    return name if leave.lease_end_ns > NOW else f"{name}, over"


def _how_on(state: State) -> str:
    limits, on_for = state.limits, NOW - state.opened_ns
    is_filming = state.phase is Phase.RECORDING
    if not state.last_frame_ns:
        return "no frame for 3 s" if on_for >= limits.first_frame else "no frame yet"
    if NOW - state.last_frame_ns >= limits.no_frames:
        return "no frame for 1 s"
    if on_for >= (limits.film if is_filming else limits.framing):
        return "limit"
    if is_filming and on_for >= limits.five_minutes and not state.is_cued:
        return "5 minutes"
    if is_filming and on_for // limits.reminder > state.reminders:
        return "2 minutes"
    return "tally look due" if on_for // NS > state.lamp_checks else "runs"


def state_of(facts: Facts) -> State:
    """A state of which these facts are true."""
    limits = State().limits
    on_s, ago_s, looks, reminders = _ON.get(facts.on, (9_999.0, 99.0, 0, 0))
    if facts.on == "limit":
        on_s = (limits.film if facts.phase is Phase.RECORDING else limits.framing) / NS
    return State(
        phase=facts.phase,
        contact=None
        if facts.contact == "up"
        else Contact(NOW - round(_HELD[facts.contact] * NS), facts.is_spent, facts.may_open),
        leave=_leave(facts.leave),
        asks=() if facts.ask == "none" else (Ask("ask-1", AskKind.SIGN_IN, NOW + (NS if facts.ask == "waits" else 0)),),
        take=1,
        prepared_ns=NOW - (0 if facts.phase is Phase.PREPARING and not facts.is_slow else limits.prepare),
        mode=facts.mode if facts.phase in _MODE_PHASES else ArmMode.FRAMING,
        opened_ns=NOW - round(on_s * NS),
        last_frame_ns=0 if ago_s is None else NOW - round(ago_s * NS),
        stopped_ns=NOW - (NS // 2 if facts.is_quick else 2 * NS),
        reminders=reminders,
        lamp_checks=looks,
        is_cued=facts.on == "limit",
        fault="a_fault" if facts.fault else "",
        ending=facts.ending,
        enrolment_end_ns={"closed": 0, "open": NOW + NS, "over": NOW}[facts.window],
    )


def _leave(name: str) -> Leave | None:
    if name == "none":
        return None
    mode = ArmMode.FILM if name.startswith("to film") else ArmMode.FRAMING
    return Leave("arm-1", mode, NOW if name.endswith("over") else NOW + 9_999 * NS)


def older(facts: Facts) -> Iterator[Facts]:
    """What time alone makes of them before anybody looks: one limit passed, each in turn."""
    for name, steps in _OLDER.items():
        if (after := steps.get(getattr(facts, name))) is not None:
            yield replace(facts, **{name: after})
    if facts.on == "no frame yet":
        yield replace(facts, on="no frame for 3 s")
    if facts.on == "runs":
        yield from (replace(facts, on=later) for later in _LATER if facts.phase is Phase.RECORDING or "minutes" not in later)
    if facts.phase is Phase.PREPARING and not facts.is_slow:
        yield replace(facts, is_slow=True)
    if facts.is_quick:
        yield replace(facts, is_quick=False)
