"""The recorder's rules as one pure function: `step(state, event) -> (state, effects)`. Does nothing itself, and reads no clock.

One row of `TABLE` for each kind of event; each rule says what the event means in which phase, and a phase that it does not
name is left as it is. The drawing and the whole table: docs/recorder-states.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from capture.audit.log import AuditEvent
from capture.model import ArmMode, StopReason
from capture.recorder.asks import on_ask_taken_back, on_asked, refused_press, short_press
from capture.recorder.effects import (
    Abandon,
    DarkenTally,
    Effect,
    LightTally,
    Log,
    MarkMoment,
    OpenSensor,
    Play,
)
from capture.recorder.model import (
    ArmGranted,
    Asked,
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
from capture.recorder.moves import (
    acknowledge,
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
from capture.recorder.watch import on_tick
from device.ports import Tone

Outcome = tuple[State, tuple[Effect, ...]]

_SENSOR_MAY_BE_ON = (Phase.LIGHTING, Phase.OPENING, Phase.FRAMING, Phase.RECORDING)


def step(state: State, event: Event) -> Outcome:
    """What follows from `event` in `state`. Total: an event that means nothing in this phase changes nothing."""
    return TABLE[type(event)](state, event)


def _booted(state: State, event: Booted) -> Outcome:
    if state.phase is not Phase.BOOTING:
        return state, ()
    if state.fault:
        # Found at the start: nothing goes on before somebody has seen it, the enrolment window neither.
        return fault(state, state.fault)
    if event.is_button_down:
        # Held through power-on: the enrolment window opens once it was held for a second more.
        return replace(state, contact=Contact(event.at_ns)), ()
    return replace(state, phase=Phase.IDLE, contact=None), ()


def _button_down(state: State, event: ButtonDown) -> Outcome:
    spent = replace(state, contact=Contact(event.at_ns, is_spent=True))
    match state.phase:
        case Phase.LIGHTING | Phase.OPENING | Phase.FRAMING | Phase.RECORDING:
            after, effects = stop(spent, event.at_ns, StopReason.PRESS)
            return after, (*effects, Log(AuditEvent.PRESS))
        case Phase.PREPARING:
            after, effects = back_from_opening(spent, event.at_ns)
            return after, (*effects, Log(AuditEvent.PRESS))
        case Phase.SEALING:
            return spent, (Play(Tone.REFUSED), Log(AuditEvent.REFUSED_PRESS))
        case Phase.ARMED if event.at_ns < state.stopped_ns + state.limits.retake:
            return replace(state, contact=Contact(event.at_ns, may_open=False)), ()
        case _:
            return replace(state, contact=Contact(event.at_ns)), ()


def _button_up(state: State, event: ButtonUp) -> Outcome:
    contact, state = state.contact, replace(state, contact=None)
    if contact is None or contact.is_spent:
        return state, ()
    held = event.at_ns - contact.down_ns
    match state.phase:
        case Phase.BOOTING:
            # The events may have waited in the queue: it is the contact's own time that counts.
            return open_enrolment(state, event.at_ns) if held >= state.limits.hold else rest(state, event.at_ns)
        case Phase.ARMED if held >= state.limits.hold and contact.may_open:
            return prepare(state, event.at_ns)
        case Phase.IDLE if held >= state.limits.shutdown_hold:
            return end(state, EndKind.POWER_OFF)
        case Phase.IDLE | Phase.ARMED:
            return short_press(state, event.at_ns) if held < state.limits.hold else refused_press(state)
        case Phase.FAULTED:
            return acknowledge(state, event.at_ns)
        case _:
            return state, ()


def _mark_down(state: State, event: MarkDown) -> Outcome:
    if state.phase is not Phase.RECORDING:
        return state, ()
    return state, (Play(Tone.MARK), MarkMoment(event.at_ns), Log(AuditEvent.MARK))


def _arm_granted(state: State, event: ArmGranted) -> Outcome:
    if state.phase not in (Phase.IDLE, Phase.ARMED) or event.leave.lease_end_ns <= event.at_ns:
        return state, ()
    if state.contact is not None:
        # The hold must begin after arming; a button that is down now is stuck, or somebody leans on it.
        return fault(state, "button_stuck")
    return replace(state, phase=Phase.ARMED, leave=event.leave), ()


def _leave_ended(state: State, event: LeaveEnded) -> Outcome:
    bare = replace(state, leave=None)
    if state.phase in _SENSOR_MAY_BE_ON:
        return stop(bare, event.at_ns, event.reason)
    match state.phase:
        case Phase.ARMED:
            return rest(bare, event.at_ns)
        case Phase.PREPARING:
            return back_from_opening(bare, event.at_ns)
        case _:
            return bare, ()


def _stop_asked(state: State, event: StopAsked) -> Outcome:
    if state.phase in _SENSOR_MAY_BE_ON:
        return stop(state, event.at_ns, event.reason)
    if state.phase is Phase.PREPARING:
        return back_from_opening(state, event.at_ns)
    return state, ()


def _window_closed(state: State, _: WindowClosed) -> Outcome:
    return close_enrolment(state)


def _take_ready(state: State, event: TakeReady) -> Outcome:
    if state.phase is not Phase.PREPARING or event.take != state.take or state.leave is None:
        return state, (Abandon(event.take),)
    if state.leave.lease_end_ns <= event.at_ns:
        return back_from_opening(state, event.at_ns)
    return replace(state, phase=Phase.LIGHTING), (LightTally(tally_pattern(state.mode)),)


def _take_refused(state: State, event: TakeRefused) -> Outcome:
    if state.phase is not Phase.PREPARING or event.take != state.take:
        return state, ()
    if event.is_fault:
        return fault(state, event.code)
    after, effects = rest(replace(state, leave=None), event.at_ns)
    return after, (*effects, Play(Tone.REFUSED), Log(AuditEvent.ARM_REFUSED, event.code))


def _tally_lit(state: State, event: TallyLit) -> Outcome:
    if state.phase is not Phase.LIGHTING or state.leave is None:
        return state, ()
    if state.leave.lease_end_ns <= event.at_ns:
        return stop(replace(state, leave=None), event.at_ns, StopReason.LEASE_ENDED)
    return replace(state, phase=Phase.OPENING), (OpenSensor(state.mode),)


def _lamp_failed(state: State, event: LampFailed) -> Outcome:
    match state.phase:
        case Phase.LIGHTING:
            after, effects = fault(state, "lamp_fault")
            return after, (DarkenTally(), Abandon(state.take), *effects)
        case Phase.OPENING | Phase.FRAMING | Phase.RECORDING:
            return stop(replace(state, fault="lamp_fault"), event.at_ns, StopReason.LAMP_FAULT)
        case _:
            return state, ()


def _sensor_opened(state: State, event: SensorOpened) -> Outcome:
    if state.phase is not Phase.OPENING or state.leave is None:
        return state, ()
    opened = replace(state, opened_ns=event.at_ns, last_frame_ns=0, reminders=0, lamp_checks=0, is_cued=False)
    match state.mode:
        case ArmMode.FILM:
            return replace(opened, phase=Phase.RECORDING), (Play(Tone.START), Log(AuditEvent.RECORDING_STARTED))
        case ArmMode.FRAMING:
            return replace(opened, phase=Phase.FRAMING), (Play(Tone.FRAMING), Log(AuditEvent.FRAMING_STARTED))


def _camera_failed(state: State, event: CameraFailed) -> Outcome:
    if state.phase not in (Phase.OPENING, Phase.FRAMING, Phase.RECORDING):
        return state, ()
    return stop(replace(state, fault=event.code), event.at_ns, StopReason.CAMERA_FAILED)


def _take_failed(state: State, event: TakeFailed) -> Outcome:
    if state.phase not in (Phase.OPENING, Phase.RECORDING):
        return state, ()
    return stop(replace(state, fault=event.reason.value), event.at_ns, event.reason)


def _sealed(state: State, event: Sealed) -> Outcome:
    if state.phase is not Phase.SEALING:
        return state, ()
    if state.ending is not None:
        return end(state, state.ending)
    code = state.fault or event.error
    return fault(state, code) if code else rest(state, event.at_ns)


def _end_asked(state: State, event: EndAsked) -> Outcome:
    asked = replace(state, ending=event.kind)
    match state.phase:
        case Phase.LIGHTING | Phase.OPENING | Phase.FRAMING | Phase.RECORDING:
            after, effects = stop(asked, event.at_ns, StopReason.SHUTDOWN)
            if after.phase is Phase.SEALING:
                return after, effects
            last, more = end(after, event.kind)
            return last, (*effects, *more)
        case Phase.PREPARING:
            last, more = end(asked, event.kind)
            return last, (Abandon(state.take), *more)
        case Phase.SEALING:
            return asked, ()
        case Phase.ENDED:
            return state, ()
        case _:
            return end(asked, event.kind)


TABLE: dict[type[Event], Callable[[State, Any], Outcome]] = {
    Booted: _booted,
    ButtonDown: _button_down,
    ButtonUp: _button_up,
    MarkDown: _mark_down,
    Tick: on_tick,
    ArmGranted: _arm_granted,
    LeaveEnded: _leave_ended,
    StopAsked: _stop_asked,
    Asked: on_asked,
    AskTakenBack: on_ask_taken_back,
    WindowClosed: _window_closed,
    TakeReady: _take_ready,
    TakeRefused: _take_refused,
    TallyLit: _tally_lit,
    LampFailed: _lamp_failed,
    SensorOpened: _sensor_opened,
    CameraFailed: _camera_failed,
    TakeFailed: _take_failed,
    Sealed: _sealed,
    EndAsked: _end_asked,
}
