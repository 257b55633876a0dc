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

_HELD = {"down": 0.2, "1 s": 1.0, "5 s": 5.0, "10 s": 10.0}
_FRAMES = {
    # how long the sensor is on, when its last picture came before now
    "none yet": (1.0, None),
    "none for 3 s": (3.0, None),
    "come": (9.0, 0.0),
    "none for 1 s": (9.0, 1.0),
}
_CUES = {
    # how long the sensor is on at least, reminders
    "nothing": (0.0, 0),
    "2 minutes": (120.0, 0),
    "5 minutes": (300.0, 2),
    "limit": (0.0, 99),
}
_OLDER = {
    "contact": {"down": "1 s", "1 s": "5 s", "5 s": "10 s"},
    "leave": {"to film": "to film, over", "to look": "to look, over"},
    "frames": {"none yet": "none for 3 s", "come": "none for 1 s"},
    "ask": {"waits": "60 s old"},
    "window": {"open": "over"},
}
_ON_PHASES = (Phase.FRAMING, Phase.RECORDING)
_MODE_PHASES = (Phase.PREPARING, Phase.LIGHTING, Phase.OPENING, *_ON_PHASES)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides. `contact` is how long the button has been down, `frames` whether the sensor delivers, `cue` what is due by
    how long it has been on."""

    phase: Phase = Phase.BOOTING
    contact: str = "up"
    is_spent: bool = False
    may_open: bool = True
    leave: str = "none"
    mode: ArmMode = ArmMode.FILM
    frames: str = "off"
    cue: str = "nothing"
    is_look_due: bool = False
    """Whether the tally is to be driven and read back again."""
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
    return Facts(
        phase=state.phase,
        contact="up" if contact is None else _how_held(state, NOW - contact.down_ns),
        is_spent=contact is not None and contact.is_spent,
        may_open=contact is None or contact.may_open,
        leave="none" if leave is None else _leave_name(leave),
        mode=state.mode if state.phase in _MODE_PHASES else ArmMode.FILM,
        frames=_frames(state) if state.phase in _ON_PHASES else "off",
        cue=_cue(state) if state.phase in _ON_PHASES else "nothing",
        is_look_due=state.phase in _ON_PHASES and (NOW - state.opened_ns) // NS > state.lamp_checks,
        ask="none" if not state.asks else "waits" if state.asks[0].expires_ns > NOW else "60 s old",
        window="closed" if not state.enrolment_end_ns else "open" if state.enrolment_end_ns > NOW else "over",
        is_slow=state.phase is Phase.PREPARING and NOW - state.prepared_ns >= state.limits.prepare,
        is_quick=NOW - state.stopped_ns < state.limits.retake,
        fault=bool(state.fault),
        ending=state.ending,
    )


def _how_held(state: State, held_ns: int) -> str:
    limits = state.limits
    if held_ns >= limits.stuck:
        return "10 s"
    if held_ns >= limits.shutdown_hold:
        return "5 s"
    return "1 s" if held_ns >= limits.hold else "down"


def _leave_name(leave: Leave) -> str:
    name = "to film" if leave.mode is ArmMode.FILM else "to look"
    return name if leave.lease_end_ns > NOW else f"{name}, over"


def _frames(state: State) -> str:
    limits = state.limits
    if not state.last_frame_ns:
        return "none for 3 s" if NOW - state.opened_ns >= limits.first_frame else "none yet"
    return "none for 1 s" if NOW - state.last_frame_ns >= limits.no_frames else "come"


def _cue(state: State) -> str:
    limits, on_for = state.limits, NOW - state.opened_ns
    is_filming = state.phase is Phase.RECORDING
    if on_for >= (limits.film if is_filming else limits.framing):
        return "limit"
    if is_filming and on_for >= limits.five_minutes and not state.is_cued:
        return "5 minutes"
    return "2 minutes" if is_filming and on_for // limits.reminder > state.reminders else "nothing"


def state_of(facts: Facts) -> State:
    """A state of which these facts are true."""
    limits = State().limits
    is_on = facts.phase in _ON_PHASES
    on_s, ago_s = _FRAMES.get(facts.frames, (9_999.0, 99.0))
    least_s, reminders = _CUES[facts.cue]
    on_s = max(on_s, least_s)
    if facts.cue == "limit":
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
        lamp_checks=int(on_s) - facts.is_look_due if is_on else 0,
        is_cued=facts.cue == "limit",
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
    if facts.phase in _ON_PHASES and facts.frames != "none yet" and facts.cue != "limit":
        yield replace(facts, cue="limit")
        if facts.phase is Phase.RECORDING:
            yield from (replace(facts, cue=later) for later in ("2 minutes", "5 minutes"))
    if facts.phase in _ON_PHASES and not facts.is_look_due:
        yield replace(facts, is_look_due=True)
    if facts.phase is Phase.PREPARING and not facts.is_slow:
        yield replace(facts, is_slow=True)
    if facts.is_quick:
        yield replace(facts, is_quick=False)


def later(state: State, passed_ns: int) -> State:
    """The same state looked at so much later: every time that it holds lies further back."""
    contact, leave = state.contact, state.leave
    return replace(
        state,
        contact=None if contact is None else replace(contact, down_ns=contact.down_ns - passed_ns),
        leave=None if leave is None else replace(leave, lease_end_ns=leave.lease_end_ns - passed_ns),
        asks=tuple(replace(ask, expires_ns=ask.expires_ns - passed_ns) for ask in state.asks),
        looked_ns=state.looked_ns - passed_ns,
        prepared_ns=state.prepared_ns - passed_ns,
        opened_ns=state.opened_ns - passed_ns,
        last_frame_ns=state.last_frame_ns and state.last_frame_ns - passed_ns,
        stopped_ns=state.stopped_ns - passed_ns,
        enrolment_end_ns=state.enrolment_end_ns and state.enrolment_end_ns - passed_ns,
    )
