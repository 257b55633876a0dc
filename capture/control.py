"""The control thread: asks `step` what follows from each event and carries the orders out. Never waits for a disk or a socket.

Presses have a lane of their own and go before everything else; then come the answers of lamp and sensor to the last orders,
then all other events in their order. Only this thread drives the tally and opens or closes the sensor.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from typing import Protocol, assert_never

from capture.audit.log import AuditEvent
from capture.model import ArmMode, StopReason
from capture.recorder.effects import (
    Abandon,
    CloseSensor,
    ConfirmAsk,
    DarkenTally,
    DropPicture,
    Effect,
    End,
    LightTally,
    Log,
    MarkMoment,
    OpenSensor,
    Play,
    Prepare,
    RefuseAsk,
    SealTake,
)
from capture.recorder.model import (
    Ask,
    AskOutcome,
    Booted,
    ButtonDown,
    ButtonUp,
    CameraFailed,
    EndKind,
    Event,
    LampFailed,
    MarkDown,
    Phase,
    SensorOpened,
    State,
    TallyLit,
    Tick,
)
from capture.recorder.moves import ready_pattern
from capture.recorder.step import step
from capture.recorder.watch import deadline_ns
from device.errors import CameraUnavailable, LampFault
from device.ports import Camera, Clock, LampPattern, PacketSink, Panel, PictureSink, Tone

_log = logging.getLogger(__name__)


class Orders(Protocol):
    """What the control thread hands to other threads. Every one returns at once."""

    def prepare(self, take: int, mode: ArmMode, arming_id: str) -> None: ...

    def abandon(self, take: int) -> None: ...

    def packet_sink(self) -> PacketSink: ...

    def picture_sink(self) -> PictureSink: ...

    def seal(self, reason: StopReason) -> None: ...

    def drop_picture(self) -> None: ...

    def mark(self, at_ns: int) -> None: ...

    def confirm(self, ask: Ask) -> None: ...

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None: ...

    def log(self, event: AuditEvent, code: str) -> None: ...

    def end(self, kind: EndKind) -> None: ...

    def die(self) -> None:
        """End the process at once, nothing sealed or flushed."""


class Control:
    """Owns the recorder's state. `state` may be read from any thread: it is replaced whole, never changed."""

    def __init__(self, panel: Panel, camera: Camera, clock: Clock, state: State, orders: Orders) -> None:
        self._panel, self._camera, self._clock, self._orders = panel, camera, clock, orders
        self.state = state
        self.tone = ""
        self.tone_count = 0
        self.tally = LampPattern.OFF
        self.turned_ns = clock.boottime_ns()
        """When the loop last came round: the watchdog looks at it."""
        self._last_frame_ns = 0
        self._is_over = False
        self._wake = threading.Condition()
        self._presses: deque[Event] = deque()
        self._answers: deque[Event] = deque()
        self._events: deque[tuple[Event, Future[State] | None]] = deque()

    # --- called from any thread -----------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Hand an event over; returns at once."""
        with self._wake:
            self._events.append((event, None))
            self._wake.notify()

    def post_and_wait(self, event: Event, timeout_s: float = 5.0) -> State:
        """Hand an event over and wait for the state that it led to. Not to be called from the control thread."""
        after: Future[State] = Future()
        with self._wake:
            if self._is_over:
                return self.state
            self._events.append((event, after))
            self._wake.notify()
        return after.result(timeout_s)

    def frame_seen(self, boottime_ns: int) -> None:
        """The sensor delivered a picture: called for each one, so no more than a store."""
        self._last_frame_ns = boottime_ns

    def button_down(self, at_ns: int) -> None:
        self._press(ButtonDown(at_ns))

    def button_up(self, at_ns: int) -> None:
        self._press(ButtonUp(at_ns))

    def mark_down(self, at_ns: int) -> None:
        self._press(MarkDown(at_ns))

    def _press(self, event: Event) -> None:
        with self._wake:
            self._presses.append(event)
            self._wake.notify()

    # --- the control thread ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until the recorder has ended. Whatever happens, sensor and tally are off when this returns or raises."""
        try:
            self._all_off()
            self._panel.listen(self)
            self._handle(Booted(self._clock.boottime_ns(), self._panel.is_button_down()))
            while self.state.phase is not Phase.ENDED:
                event, after = self._next()
                self._handle(event)
                if after is not None:
                    after.set_result(self.state)
        finally:
            self._close_down()
            self._release_waiters()

    def _close_down(self) -> None:
        try:
            self._camera.stop()
        except Exception:
            # The lamp stays lit. Only the end of the process closes the sensor for certain: the kernel does it.
            _log.critical("the camera does not close", exc_info=True)
            self._orders.die()
            raise
        self._all_off()

    def _all_off(self) -> None:
        try:
            self._panel.show_tally(LampPattern.OFF)
        except LampFault:
            _log.exception("the tally does not go dark")
        self.tally = LampPattern.OFF
        self._panel.show_ready(ready_pattern(self.state))

    def _release_waiters(self) -> None:
        with self._wake:
            self._is_over = True
            for _, after in self._events:
                if after is not None:
                    after.set_result(self.state)
            self._events.clear()

    def _next(self) -> tuple[Event, Future[State] | None]:
        with self._wake:
            while True:
                self.turned_ns = now = self._clock.boottime_ns()
                if self._presses:
                    return self._presses.popleft(), None
                if self._answers:
                    return self._answers.popleft(), None
                wait_ns = deadline_ns(self.state) - now
                if wait_ns <= 0:
                    # Before the queue: a flood of events must not keep the watchdogs and the lease from their turn.
                    return Tick(now, self._last_frame_ns), None
                if self._events:
                    return self._events.popleft()
                self._wake.wait(min(wait_ns / 1e9, 1.0))

    def _handle(self, event: Event) -> None:
        before = ready_pattern(self.state)
        self.state, effects = step(self.state, event)
        for effect in effects:
            self._carry_out(effect)
        after = ready_pattern(self.state)
        if after is not before:
            self._panel.show_ready(after)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case CloseSensor():
                self._camera.stop()
            case DarkenTally():
                self._drive_tally(LampPattern.OFF)
            case LightTally(pattern):
                self._light(pattern)
            case OpenSensor(mode):
                self._open_sensor(mode)
            case Play(tone):
                self._play(tone)
            case _:
                self._hand_on(effect)

    def _hand_on(self, effect: Effect) -> None:
        match effect:
            case Prepare(take, mode, arming_id):
                self._orders.prepare(take, mode, arming_id)
            case Abandon(take):
                self._orders.abandon(take)
            case SealTake(reason):
                self._orders.seal(reason)
            case DropPicture():
                self._orders.drop_picture()
            case MarkMoment(at_ns):
                self._orders.mark(at_ns)
            case ConfirmAsk(ask):
                self._orders.confirm(ask)
            case RefuseAsk(ask, outcome):
                self._orders.refuse(ask, outcome)
            case Log(event, code):
                self._orders.log(event, code)
            case End(kind):
                self._orders.end(kind)
            case _:
                raise AssertionError(f"no way to carry out {effect!r}")

    def _play(self, tone: Tone) -> None:
        self.tone, self.tone_count = tone.value, self.tone_count + 1
        self._panel.play(tone)

    def _drive_tally(self, pattern: LampPattern) -> bool:
        try:
            self._panel.show_tally(pattern)
        except LampFault:
            _log.exception("the tally does not follow")
            return False
        self.tally = pattern
        return True

    def _light(self, pattern: LampPattern) -> None:
        is_first = self.state.phase is Phase.LIGHTING
        if not self._drive_tally(pattern):
            self._answers.append(LampFailed(self._clock.boottime_ns()))
        elif is_first:
            self._answers.append(TallyLit(self._clock.boottime_ns()))

    def _open_sensor(self, mode: ArmMode) -> None:
        self._last_frame_ns = 0
        try:
            match mode:
                case ArmMode.FILM:
                    self._camera.start_filming(self._orders.packet_sink())
                case ArmMode.FRAMING:
                    self._camera.start_framing(self._orders.picture_sink())
                case _:
                    assert_never(mode)
        except Exception as error:  # noqa: BLE001 - whatever a driver throws, it must end in a closed sensor, not in a dead daemon
            _log.warning("the camera does not open: %s", type(error).__name__)
            self._answers.append(CameraFailed(self._clock.boottime_ns(), CameraUnavailable.code))
        else:
            self._answers.append(SensorOpened(self._clock.boottime_ns()))
