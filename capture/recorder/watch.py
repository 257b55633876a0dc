"""What time alone brings about: holds, leases, limits, cues, watchdogs; and when to look again. Pure; orders nothing itself."""

from __future__ import annotations

from dataclasses import replace

from capture.model import StopReason
from capture.recorder.effects import Abandon, Effect, LightTally, Play, RefuseAsk
from capture.recorder.model import NS, AskOutcome, EndKind, Phase, State, Tick
from capture.recorder.moves import (
    Outcome,
    back_from_opening,
    close_enrolment,
    end,
    fault,
    open_enrolment,
    prepare,
    rest,
    stop,
    tally_pattern,
)
from device.ports import Tone


def on_tick(state: State, event: Tick) -> Outcome:
    """One look at the time: what is due now, at most one change of phase."""
    now = event.at_ns
    state = replace(state, looked_ns=now, last_frame_ns=max(state.last_frame_ns, event.last_frame_ns))
    state, effects = _lapse(state, now)
    if state.contact is not None and now - state.contact.down_ns >= state.limits.stuck:
        after, more = _stuck(state, now)
    elif state.phase in (Phase.FRAMING, Phase.RECORDING):
        after, more = _sensor_is_on(state, now)
    else:
        after, more = _sensor_is_off(state, now)
    return after, (*effects, *more)


def _lapse(state: State, now: int) -> Outcome:
    """Asks and the enrolment window end by themselves."""
    effects: list[Effect] = [RefuseAsk(ask, AskOutcome.EXPIRED) for ask in state.asks if ask.expires_ns <= now]
    state = replace(state, asks=tuple(ask for ask in state.asks if ask.expires_ns > now))
    if state.enrolment_end_ns <= now:
        state, closed = close_enrolment(state)
        effects += closed
    return state, tuple(effects)


def _stuck(state: State, now: int) -> Outcome:
    match state.phase:
        case Phase.FAULTED | Phase.ENDED:
            return state, ()
        case Phase.SEALING:
            return replace(state, fault=state.fault or "button_stuck"), ()
        case Phase.LIGHTING | Phase.OPENING | Phase.FRAMING | Phase.RECORDING:
            return stop(replace(state, fault="button_stuck"), now, StopReason.BUTTON_STUCK)
        case Phase.PREPARING:
            after, effects = fault(state, "button_stuck")
            return after, (Abandon(state.take), *effects)
        case _:
            return fault(state, "button_stuck")


def _sensor_is_off(state: State, now: int) -> Outcome:
    contact, limits = state.contact, state.limits
    held = 0 if contact is None or contact.is_spent else now - contact.down_ns
    match state.phase:
        case Phase.BOOTING if held >= limits.hold:
            return open_enrolment(state, now)
        case Phase.IDLE if held >= limits.shutdown_hold:
            return end(state, EndKind.POWER_OFF)
        case Phase.ARMED if state.leave is not None and state.leave.lease_end_ns <= now:
            return rest(state, now)
        case Phase.ARMED if contact is not None and contact.may_open and held >= limits.hold:
            return prepare(state, now)
        case Phase.PREPARING if now - state.prepared_ns >= limits.prepare:
            # A disk that stalls for long must not open the camera when nobody expects it any more.
            after, effects = back_from_opening(state, now)
            return after, (*effects, Play(Tone.REFUSED))
        case _:
            return state, ()


def _sensor_is_on(state: State, now: int) -> Outcome:
    limits, on_for = state.limits, now - state.opened_ns
    seen = state.last_frame_ns > 0
    silent = now - state.last_frame_ns >= limits.no_frames if seen else on_for >= limits.first_frame
    if silent:
        return stop(replace(state, fault="no_frames"), now, StopReason.NO_FRAMES)
    if state.leave is not None and state.leave.lease_end_ns <= now:
        return stop(replace(state, leave=None), now, StopReason.LEASE_ENDED)
    if on_for >= (limits.film if state.phase is Phase.RECORDING else limits.framing):
        return stop(state, now, StopReason.LIMIT)
    state, effects = _look_at_the_tally(state, on_for)
    if state.phase is Phase.FRAMING:
        return state, effects
    after, cues = _cues(state, on_for)
    return after, (*effects, *cues)


def _look_at_the_tally(state: State, on_for: int) -> Outcome:
    """Once a second the tally is driven and read back again."""
    seconds = on_for // NS
    if seconds <= state.lamp_checks:
        return state, ()
    return replace(state, lamp_checks=seconds), (LightTally(tally_pattern(state.mode)),)


def _cues(state: State, on_for: int) -> Outcome:
    """While filming: a soft reminder every two minutes, a double one at five."""
    effects: list[Effect] = []
    reminders = on_for // state.limits.reminder
    if on_for >= state.limits.five_minutes and not state.is_cued:
        effects.append(Play(Tone.FIVE_MINUTES))
        state = replace(state, is_cued=True)
    elif reminders > state.reminders:
        effects.append(Play(Tone.REMINDER))
    return replace(state, reminders=reminders), tuple(effects)


def deadline_ns(state: State) -> int:
    """The boot time at which a Tick may next change something: the control thread sleeps until then at the longest."""
    limits = state.limits
    due = [ask.expires_ns for ask in state.asks]
    if state.enrolment_end_ns:
        due.append(state.enrolment_end_ns)
    if state.contact is not None and state.phase is not Phase.FAULTED:
        waits = (limits.stuck,) if state.contact.is_spent else (limits.hold, limits.shutdown_hold, limits.stuck)
        due += [state.contact.down_ns + wait for wait in waits]
    if state.leave is not None:
        due.append(state.leave.lease_end_ns)
    if state.phase is Phase.PREPARING:
        due.append(state.prepared_ns + limits.prepare)
    if state.phase in (Phase.FRAMING, Phase.RECORDING):
        # The watchdog and the lamp are looked at four times a second.
        due.append(state.looked_ns + NS // 4)
    return min((at for at in due if at > state.looked_ns), default=state.looked_ns + NS)
