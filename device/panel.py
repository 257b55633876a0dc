"""The box's front on gpiozero: buttons heard, lamps driven and read back, tones played. Knows no state of the recorder.

One thread turns the patterns, the notes and the release times; presses are heard in gpiozero's own thread and handed on at
once, under a lock of their own, so that no lamp can hold up a press.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from gpiozero import Button

from device.contact import Contact, Report
from device.errors import LampFault
from device.lamp import Lamp
from device.pins import PinFactory, Pins
from device.ports import Clock, LampPattern, PanelListener, Tone
from device.sounder import Sounder
from device.ticker import ThreadTicker, Ticker

_log = logging.getLogger(__name__)

_LOOK_EVERY_NS = 100_000_000
"""The pins are also read this often: a press whose edge got lost on a busy machine still stops."""

_HOLD_S = 0.05
"""gpiozero's own hold is not used (a hold is the recorder's to count), but closing a held button waits for it."""


class _Switch:
    """A gpiozero `Button` (no debounce of its own, its `bounce_time` delays the first contact) and its `Contact`."""

    def __init__(self, line: int, factory: PinFactory) -> None:
        self._button = Button(line, pull_up=True, bounce_time=None, hold_time=_HOLD_S, pin_factory=factory)
        self.contact = Contact(is_closed=self.is_closed)

    def on_edges(self, pressed: Callable[[], None], released: Callable[[], None]) -> None:
        self._button.when_pressed = pressed
        self._button.when_released = released

    @property
    def is_closed(self) -> bool:
        return bool(self._button.is_pressed)

    def close(self) -> None:
        self._button.close()


class GpioPanel:
    """`ports.Panel` on the lines of `pins` from `factory` (see `device/pins.py`). Constructing it forces lamps and buzzer off.

    The factory stays the caller's. `ticker` is given by tests that turn the time themselves.
    """

    def __init__(self, pins: Pins, factory: PinFactory, clock: Clock, ticker: Ticker | None = None) -> None:
        self._clock = clock
        self._listener: PanelListener | None = None
        self._contacts = threading.RLock()
        self._lights = threading.RLock()
        self._is_closed = False
        self._tally = Lamp(pins.tally, factory)
        self._ready = Lamp(pins.ready, factory)
        self._sounder = None if pins.buzzer is None else Sounder(pins.buzzer, factory)
        self._button = _Switch(pins.button, factory)
        self._button.on_edges(lambda: self._pressed(self._button), lambda: self._released(self._button))
        self._mark: _Switch | None = None
        if pins.mark is not None:
            mark = self._mark = _Switch(pins.mark, factory)
            mark.on_edges(lambda: self._pressed(mark), lambda: self._released(mark))
        self._ticker = ticker or ThreadTicker("panel")
        self._ticker.start(self._turn)

    def listen(self, listener: PanelListener) -> None:
        """Hand the contacts to `listener` from now on. A button that is down already is not reported as a press."""
        with self._contacts:
            self._listener = listener

    def is_button_down(self) -> bool:
        """What the contact reads now, chatter and all."""
        return self._button.is_closed

    def show_tally(self, pattern: LampPattern) -> None:
        """Drive the tally and read it back. The pattern that shows already is only driven and read again. Raises LampFault;
        the lamp is then off as far as it can be."""
        with self._lights:
            try:
                self._tally.show(pattern, self._clock.boottime_ns())
            except LampFault:
                self._quench(self._tally)
                raise
        self._ticker.wake()

    def show_ready(self, pattern: LampPattern) -> None:
        """Drive the ready lamp; a fault is only logged."""
        with self._lights:
            try:
                self._ready.show(pattern, self._clock.boottime_ns())
            except LampFault as fault:
                _log.warning("ready lamp: %s", fault)
        self._ticker.wake()

    def play(self, tone: Tone) -> None:
        """Begin a tone and return; it replaces the one playing. Without a buzzer, or with a broken one: silence."""
        if self._sounder is None:
            return
        with self._lights:
            try:
                self._sounder.begin(tone, self._clock.boottime_ns())
            except Exception as error:  # noqa: BLE001 - a tone is a comfort: no fault of the buzzer may reach the recorder
                _log.warning("buzzer: %s", type(error).__name__)
        self._ticker.wake()

    def close(self) -> None:
        """Lamps and buzzer off, lines given back. Safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self._ticker.close()
        with self._contacts:
            self._listener = None
        parts: Iterable[Lamp | Sounder | _Switch | None] = (self._tally, self._ready, self._sounder, self._button, self._mark)
        for part in parts:
            try:
                if part is not None:
                    part.close()
            except Exception as error:  # noqa: BLE001 - the other lamps must go off whatever this one's driver throws
                _log.warning("closing %s: %s", type(part).__name__, type(error).__name__)

    def _turn(self) -> float:
        """Do what is due; returns the seconds until something is due again."""
        self._look_at_the_switches()
        with self._lights:
            now_ns = self._clock.boottime_ns()
            waits = [self._blink(self._tally, now_ns), self._blink(self._ready, now_ns)]
            if self._sounder is not None:
                waits.append(self._sounder.advance(now_ns))
        with self._contacts:
            waits += [self._settles_in(switch) for switch in (self._button, self._mark) if switch is not None]
        return min(wait for wait in (*waits, _LOOK_EVERY_NS) if wait is not None) / 1e9

    def _look_at_the_switches(self) -> None:
        for switch in (self._button, self._mark):
            if switch is not None:
                with self._contacts:
                    self._report(switch, switch.contact.settle(self._clock.boottime_ns(), switch.is_closed))
                    self._take_level(switch)

    def _pressed(self, switch: _Switch) -> None:
        """A closing edge, in gpiozero's thread: it counts even if the contact is open again by now."""
        with self._contacts:
            self._report(switch, switch.contact.closed())
            self._take_level(switch)
        self._ticker.wake()

    def _released(self, switch: _Switch) -> None:
        """An opening edge, in gpiozero's thread."""
        with self._contacts:
            switch.contact.opened(self._clock.boottime_ns())
        self._ticker.wake()

    def _take_level(self, switch: _Switch) -> None:
        """Set right what a lost edge left wrong."""
        if switch.is_closed:
            self._report(switch, switch.contact.closed())
        elif switch.contact.due_ns is None:
            switch.contact.opened(self._clock.boottime_ns())

    def _report(self, switch: _Switch, report: Report | None) -> None:
        if report is None or self._listener is None:
            return
        at_ns = self._clock.boottime_ns()
        match report, switch is self._button:
            case Report.DOWN, True:
                self._listener.button_down(at_ns)
            case Report.UP, True:
                self._listener.button_up(at_ns)
            case Report.DOWN, False:
                self._listener.mark_down(at_ns)
            case Report.UP, False:
                pass

    def _settles_in(self, switch: _Switch) -> int | None:
        due_ns = switch.contact.due_ns
        return None if due_ns is None else max(0, due_ns - self._clock.boottime_ns())

    def _blink(self, lamp: Lamp, now_ns: int) -> int | None:
        try:
            return lamp.advance(now_ns)
        except LampFault as fault:
            _log.warning("lamp: %s", fault)
            return None

    def _quench(self, lamp: Lamp) -> None:
        try:
            lamp.show(LampPattern.OFF, self._clock.boottime_ns())
        except LampFault as fault:
            _log.warning("tally does not go off: %s", fault)
