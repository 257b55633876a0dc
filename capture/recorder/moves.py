"""The recorder's moves, shared by its rules: opening, stopping, resting, failing, ending. Pure like the rules that use them."""

from __future__ import annotations

from dataclasses import replace

from capture.audit.log import AuditEvent
from capture.model import ArmMode, StopReason
from capture.recorder.effects import (
    Abandon,
    CloseSensor,
    DarkenTally,
    DropPicture,
    Effect,
    End,
    Log,
    Play,
    Prepare,
    RefuseAsk,
    SealTake,
)
from capture.recorder.model import Ask, AskOutcome, EndKind, Phase, State
from device.ports import LampPattern, Tone

Outcome = tuple[State, tuple[Effect, ...]]


def ready_pattern(state: State) -> LampPattern:
    """What the ready lamp shows: follows from the state alone."""
    match state.phase:
        case Phase.BOOTING:
            return LampPattern.FAST_DOUBLE_BLINK
        case Phase.IDLE:
            return LampPattern.BREATHING if state.asks else LampPattern.OFF
        case Phase.ARMED | Phase.PREPARING | Phase.LIGHTING | Phase.OPENING:
            return LampPattern.SLOW_PULSE
        case Phase.FRAMING:
            return LampPattern.PULSE
        case Phase.SEALING:
            return LampPattern.QUICK_BLINK
        case Phase.FAULTED:
            return LampPattern.SOS
        case Phase.RECORDING | Phase.ENDED:
            return LampPattern.OFF


def tally_pattern(mode: ArmMode) -> LampPattern:
    """What the tally shows while the sensor is on."""
    return LampPattern.STEADY if mode is ArmMode.FILM else LampPattern.LONG_SHORT


def prepare(state: State, at_ns: int) -> Outcome:
    """The hold is complete: ask the gate again and get header and log line onto the disk, before lamp and sensor."""
    assert state.leave is not None, "armed without a leave"
    after, effects = refuse_asks(state, AskOutcome.NOT_NOW)
    contact = None if state.contact is None else replace(state.contact, is_spent=True)
    after = replace(after, phase=Phase.PREPARING, take=state.take + 1, prepared_ns=at_ns, contact=contact, reason=None, fault="")
    after = replace(after, mode=state.leave.mode)
    return after, (*effects, Log(AuditEvent.PRESS), Prepare(after.take, state.leave.mode, state.leave.arming_id))


def back_from_opening(state: State, at_ns: int) -> Outcome:
    """Nothing was opened yet: throw away what was prepared."""
    after, effects = rest(replace(state, stopped_ns=at_ns), at_ns)
    return after, (Abandon(state.take), *effects, Play(Tone.STOP))


def stop(state: State, at_ns: int, reason: StopReason) -> Outcome:
    """Sensor off, then the lamp, before anything waits for a disk. Then seal what was filmed."""
    off: tuple[Effect, ...] = (CloseSensor(), DarkenTally(), Play(Tone.ERROR if state.fault else Tone.STOP))
    stopped = replace(state, stopped_ns=at_ns, reason=reason)
    if state.mode is ArmMode.FRAMING:
        log: tuple[Effect, ...] = (DropPicture(), Log(AuditEvent.FRAMING_STOPPED, reason.value))
        if stopped.fault:
            after, effects = fault(stopped, stopped.fault)
            return after, (*off, *log, *effects)
        after, effects = rest(_filming_next(stopped), at_ns)
        return after, (*off, *log, *effects)
    return replace(stopped, phase=Phase.SEALING), (*off, SealTake(reason))


def _filming_next(state: State) -> State:
    """After the picture was checked, the next hold films."""
    return state if state.leave is None else replace(state, leave=replace(state.leave, mode=ArmMode.FILM))


def rest(state: State, at_ns: int) -> Outcome:
    """Back to Armed where the leave still holds, else to Idle."""
    if state.leave is not None and state.leave.lease_end_ns > at_ns:
        return replace(state, phase=Phase.ARMED), ()
    lapsed: tuple[Effect, ...] = () if state.leave is None else (Log(AuditEvent.DISARMED, StopReason.LEASE_ENDED.value),)
    return replace(state, phase=Phase.IDLE, leave=None), lapsed


def fault(state: State, code: str) -> Outcome:
    """Something needs a person at the box. The leave is gone: filming never goes on by itself."""
    after, effects = refuse_asks(state, AskOutcome.NOT_NOW)
    contact = None if state.contact is None else replace(state.contact, is_spent=True)
    after = replace(after, phase=Phase.FAULTED, fault=code, leave=None, contact=contact)
    return after, (*effects, Play(Tone.ERROR), Log(AuditEvent.FAULT, code))


def acknowledge(state: State, at_ns: int) -> Outcome:
    after, effects = rest(replace(state, fault="", leave=None), at_ns)
    return after, (*effects, Log(AuditEvent.FAULT_ACKNOWLEDGED, state.fault))


def open_enrolment(state: State, at_ns: int) -> Outcome:
    """The button was held through power-on: for a while, and with the set-up code, trust may change."""
    contact = None if state.contact is None else replace(state.contact, is_spent=True)
    after = replace(state, phase=Phase.IDLE, contact=contact, enrolment_end_ns=at_ns + state.limits.enrolment)
    return after, (Log(AuditEvent.ENROLMENT_OPENED),)


def close_enrolment(state: State) -> Outcome:
    """Trust may change no more. The log has an end for each window that it has a beginning of."""
    if not state.enrolment_end_ns:
        return state, ()
    return replace(state, enrolment_end_ns=0), (Log(AuditEvent.ENROLMENT_CLOSED),)


def end(state: State, kind: EndKind) -> Outcome:
    after, effects = refuse_asks(state, AskOutcome.NOT_NOW)
    after, closed = close_enrolment(after)
    last = (Log(AuditEvent.SHUTDOWN, kind.value), End(kind))
    return replace(after, phase=Phase.ENDED, leave=None), (*effects, *closed, *last)


def refuse_asks(state: State, outcome: AskOutcome) -> Outcome:
    asks: tuple[Ask, ...] = state.asks
    return replace(state, asks=()), tuple(RefuseAsk(ask, outcome) for ask in asks)
