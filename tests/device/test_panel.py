"""Rules of the panel on gpiozero's mock pins."""

from __future__ import annotations

import threading

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from hand_panel import MS, Ear

from device.clock import SystemClock
from device.errors import LampFault
from device.lamps import showing
from device.panel import GpioPanel
from device.pins import Pins
from device.ports import LampPattern, Tone
from device.tones import TONES


class DeadLine(MockPWMPin):
    """A line that cannot be driven: shorted to ground. A strict twin otherwise."""

    def _change_state(self, value):
        return super()._change_state(0.0) if self._function == "output" else super()._change_state(value)


class StuckLine(MockPWMPin):
    """A line that stays high once it was."""

    def _change_state(self, value):
        return super()._change_state(value if self._function == "input" else max(value, float(self._state)))


class ThrowingLine(MockPWMPin):
    """A line whose driver fails while it is driven high."""

    def _set_state(self, value):
        if value:
            raise OSError("GPIO busy")
        super()._set_state(value)


def _factory_with(line: int, pin_class: type[MockPWMPin]) -> MockFactory:
    factory = MockFactory(revision="a02082", pin_class=MockPWMPin)
    factory.pin(line, pin_class=pin_class)
    return factory


# --- the button -----------------------------------------------------------------------------------------------------


@pytest.mark.promise("P5")
def test_a_press_is_heard_at_its_first_contact(panel, factory, pins, clock, ear):
    factory.pin(pins.button).drive_low()
    assert ear.heard == [("down", clock.now_ns)]


def test_chatter_of_a_press_and_of_its_release_is_one_press(panel, factory, pins, ticker, ear):
    button = factory.pin(pins.button)
    for _ in range(4):
        button.drive_low()
        ticker.pass_ms(2)
        button.drive_high()
        ticker.pass_ms(2)
    button.drive_low()
    ticker.pass_ms(300)
    for _ in range(4):
        button.drive_high()
        ticker.pass_ms(3)
        button.drive_low()
        ticker.pass_ms(3)
    button.drive_high()
    ticker.pass_ms(100)
    assert ear.words == ["down", "up"]


def test_the_release_is_heard_after_it_stood_for_twenty_milliseconds(panel, factory, pins, ticker, ear):
    factory.pin(pins.button).drive_low()
    ticker.pass_ms(200)
    factory.pin(pins.button).drive_high()
    ticker.pass_ms(19)
    assert ear.words == ["down"]
    ticker.pass_ms(1)
    assert ear.words == ["down", "up"]


def test_two_presses_a_moment_apart_are_two(panel, factory, pins, ticker, ear):
    for _ in range(2):
        factory.pin(pins.button).drive_low()
        ticker.pass_ms(60)
        factory.pin(pins.button).drive_high()
        ticker.pass_ms(60)
    assert ear.words == ["down", "up", "down", "up"]


def test_a_press_whose_edge_was_lost_is_still_heard(panel, factory, pins, ticker, ear):
    pin = factory.pin(pins.button)
    pin.edges = "none"
    pin.drive_low()
    assert ear.words == []
    ticker.pass_ms(100)
    pin.drive_high()
    ticker.pass_ms(200)
    assert ear.words == ["down", "up"]


def test_a_button_held_since_before_the_start_is_down_but_no_press(pins, factory, clock, ticker):
    factory.pin(pins.button).pull = "up"
    held = factory.pin(pins.button)
    held._set_pull = lambda _value: None  # the thumb is stronger than the pull-up
    held.drive_low()
    panel, ear = GpioPanel(pins, factory, clock, ticker), Ear()
    panel.listen(ear)
    ticker.pass_ms(300)
    assert panel.is_button_down()
    assert ear.words == []
    held.drive_high()
    ticker.pass_ms(50)
    assert ear.words == ["up"]
    panel.close()


def test_the_mark_button_marks_once_at_its_press(panel, factory, pins, ticker, ear):
    factory.pin(pins.mark).drive_low()
    ticker.pass_ms(60)
    factory.pin(pins.mark).drive_high()
    ticker.pass_ms(60)
    assert ear.words == ["mark"]


def test_a_panel_without_mark_button_and_buzzer_works(factory, clock, ticker):
    panel, ear = GpioPanel(Pins(mark=None, buzzer=None), factory, clock, ticker), Ear()
    panel.listen(ear)
    panel.play(Tone.START)
    factory.pin(17).drive_low()
    assert ear.words == ["down"]
    panel.close()


def test_two_parts_may_not_share_a_line():
    with pytest.raises(ValueError, match="share"):
        Pins(button=17, tally=17)


def test_gpiozeros_global_factory_is_left_alone(panel):
    assert gpiozero.Device.pin_factory is None


# --- the lamps ------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P4")
@pytest.mark.parametrize("pattern", [LampPattern.STEADY, LampPattern.LONG_SHORT])
def test_the_tally_is_lit_when_showing_it_returns(panel, factory, pins, pattern):
    panel.show_tally(pattern)
    assert factory.pin(pins.tally).state == 1
    panel.show_tally(LampPattern.OFF)
    assert factory.pin(pins.tally).state == 0


@pytest.mark.promise("P4")
@pytest.mark.parametrize("line", [DeadLine, ThrowingLine])
def test_a_tally_that_cannot_be_lit_is_a_fault(line, pins, clock, ticker):
    factory = _factory_with(pins.tally, line)
    panel = GpioPanel(pins, factory, clock, ticker)
    with pytest.raises(LampFault):
        panel.show_tally(LampPattern.STEADY)
    assert factory.pin(pins.tally).state == 0
    panel.close()


@pytest.mark.promise("P4")
def test_a_tally_that_does_not_go_off_is_a_fault(pins, clock, ticker):
    panel = GpioPanel(pins, _factory_with(pins.tally, StuckLine), clock, ticker)
    panel.show_tally(LampPattern.STEADY)
    with pytest.raises(LampFault):
        panel.show_tally(LampPattern.OFF)
    panel.close()


@pytest.mark.promise("P4")
def test_a_tally_that_dies_while_lit_is_found_by_showing_it_again(panel, factory, pins):
    panel.show_tally(LampPattern.STEADY)
    factory.pin(pins.tally).__class__ = DeadLine
    with pytest.raises(LampFault):
        panel.show_tally(LampPattern.STEADY)


def test_a_ready_lamp_that_cannot_be_lit_stops_nothing(pins, clock, ticker):
    panel = GpioPanel(pins, _factory_with(pins.ready, ThrowingLine), clock, ticker)
    panel.show_ready(LampPattern.SLOW_PULSE)
    ticker.pass_ms(3000)
    panel.show_tally(LampPattern.STEADY)
    panel.close()


@pytest.mark.parametrize("pattern", LampPattern)
def test_the_line_follows_the_pattern(panel, factory, pins, ticker, pattern):
    panel.show_ready(LampPattern.STEADY)
    panel.show_ready(LampPattern.OFF)
    panel.show_ready(pattern)
    for elapsed_ms in range(1, 4000):
        ticker.pass_ms(1)
        assert bool(factory.pin(pins.ready).state) is showing(pattern, elapsed_ms * MS).is_lit


def test_showing_the_same_pattern_again_does_not_begin_it_anew(panel, factory, pins, ticker):
    panel.show_tally(LampPattern.LONG_SHORT)
    ticker.pass_ms(1300)
    panel.show_tally(LampPattern.LONG_SHORT)
    assert factory.pin(pins.tally).state == 0


# --- tones, and the end -----------------------------------------------------------------------------------------------


def test_a_tone_plays_its_notes_and_then_is_silent(panel, factory, pins, ticker):
    panel.play(Tone.START)
    heard = []
    for _ in range(600):
        heard.append(factory.pin(pins.buzzer).frequency)
        ticker.pass_ms(1)
    expected = [note.frequency_hz for note in TONES[Tone.START] for _ in range(note.duration_ms)]
    assert heard[: len(expected)] == pytest.approx(expected)
    assert set(heard[len(expected) :]) == {None}


def test_a_new_tone_replaces_the_one_that_plays(panel, factory, pins, ticker):
    panel.play(Tone.ERROR)
    ticker.pass_ms(10)
    panel.play(Tone.MARK)
    assert factory.pin(pins.buzzer).frequency == pytest.approx(TONES[Tone.MARK][0].frequency_hz)


@pytest.mark.promise("P4")
def test_starting_and_closing_force_everything_off(pins, factory, clock, ticker):
    for line in (pins.tally, pins.ready):
        factory.pin(line).function = "output"
        factory.pin(line).state = 1
    panel = GpioPanel(pins, factory, clock, ticker)
    assert [factory.pin(line).state for line in (pins.tally, pins.ready)] == [0, 0]
    panel.show_tally(LampPattern.STEADY)
    panel.show_ready(LampPattern.STEADY)
    panel.play(Tone.START)
    panel.close()
    panel.close()
    assert [factory.pin(line).state for line in (pins.tally, pins.ready, pins.buzzer)] == [0, 0, 0]
    GpioPanel(pins, factory, clock, ticker).close()


def test_the_real_thread_blinks_and_ends(pins, factory):
    panel = GpioPanel(pins, factory, SystemClock())
    panel.show_ready(LampPattern.QUICK_BLINK)
    changed = threading.Event()
    pin = factory.pin(pins.ready)
    followed = pin._change_state
    pin._change_state = lambda value: (changed.set() if not value else None, followed(value))[1]
    assert changed.wait(5)
    panel.close()
    assert "panel" not in {thread.name for thread in threading.enumerate()}
