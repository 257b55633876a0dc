"""What a short press confirms, acknowledges and refuses, and what a long one at power-on or when idle brings about."""

from __future__ import annotations

import pytest
from recorder_world import World

from capture.model import StopReason
from capture.recorder.model import (
    NS,
    AskKind,
    AskTakenBack,
    EndAsked,
    EndKind,
    Phase,
    Sealed,
    WindowClosed,
)
from capture.recorder.moves import ready_pattern
from device.ports import LampPattern


def test_a_short_press_just_after_the_stop_confirms_what_waits() -> None:
    world = World().film()
    world.wait(1)
    world.press(0.25)
    world.ask("ask-1", AskKind.ERASE)
    world.press(0.25)
    assert world.confirmed() == ["ask-1"]


def test_a_short_press_acknowledges_a_fault_and_leaves_nothing_armed() -> None:
    world = World(is_camera_good=False).film()
    assert world.state.phase is Phase.FAULTED
    world.wait(1)
    world.press()
    assert world.state.phase is Phase.IDLE
    assert world.state.leave is None


def test_one_waiting_sign_in_is_confirmed_by_a_short_press() -> None:
    world = World().boot().ask("ask-1")
    assert ready_pattern(world.state) is LampPattern.BREATHING
    world.press()
    assert world.confirmed() == ["ask-1"]


def test_two_waiting_sign_ins_are_both_refused() -> None:
    world = World().boot().ask("ask-1").ask("ask-2")
    assert world.refused() == [("ask-1", "clash"), ("ask-2", "clash")]
    world.press()
    assert world.confirmed() == []


def test_a_sign_in_and_an_erasure_at_once_are_both_refused() -> None:
    world = World().boot().ask("ask-1").ask("ask-2", AskKind.ERASE)
    assert [ask for ask, _ in world.refused()] == ["ask-1", "ask-2"]


def test_a_sign_in_nobody_confirms_expires() -> None:
    world = World().boot().ask("ask-1")
    world.wait(61)
    assert world.refused() == [("ask-1", "expired")]
    world.press()
    assert world.confirmed() == []


def test_after_a_clash_the_next_one_waits_alone() -> None:
    world = World().boot().ask("ask-1").ask("ask-2").ask("ask-3").press()
    assert world.confirmed() == ["ask-3"]


def test_one_that_expires_this_very_moment_makes_room_for_the_next() -> None:
    world = World().boot().ask("ask-1")
    world.now += 60 * NS
    world.ask("ask-2")
    assert world.refused() == [("ask-1", "expired")]
    assert world.press().confirmed() == ["ask-2"]


def test_a_press_that_ends_as_the_time_runs_out_confirms_nothing() -> None:
    world = World().boot().ask("ask-1")
    world.now += 60 * NS - NS // 5
    world.down()
    world.now += NS // 5
    world.up()
    assert world.confirmed() == []
    assert world.tones() == ["refused"]


def test_what_was_confirmed_once_is_not_confirmed_by_the_next_press() -> None:
    world = World().boot().ask("ask-1").press().press()
    assert world.confirmed() == ["ask-1"]


def test_what_is_taken_back_is_told_so_and_waits_no_more() -> None:
    world = World().boot().ask("ask-1")
    world.send(AskTakenBack(world.now, "ask-1"))
    assert world.refused() == [("ask-1", "withdrawn")]
    assert world.press().confirmed() == []


def test_taking_back_something_else_leaves_what_waits() -> None:
    world = World().boot().ask("ask-1")
    world.send(AskTakenBack(world.now, "ask-0"))
    assert world.refused() == []
    assert world.press().confirmed() == ["ask-1"]


@pytest.mark.parametrize("held_s", [1, 2.5])
def test_a_press_of_a_second_or_longer_confirms_nothing(held_s: float) -> None:
    world = World().boot().ask("ask-1").down()
    world.now += round(held_s * NS)
    world.up()
    assert world.confirmed() == []
    assert world.tones() == ["refused"]


def test_a_fault_refuses_what_waits() -> None:
    world = World().boot().ask("ask-1").down().arm()
    assert world.state.phase is Phase.FAULTED
    assert world.refused() == [("ask-1", "not_now")]


def test_the_end_refuses_what_waits() -> None:
    world = World().boot().ask("ask-1")
    world.send(EndAsked(world.now, EndKind.PROCESS))
    assert world.refused() == [("ask-1", "not_now")]


def test_a_press_with_nothing_waiting_is_refused_by_a_tone() -> None:
    world = World().boot().press()
    assert world.tones() == ["refused"]


def test_nothing_can_wait_for_a_press_while_filming() -> None:
    world = World().film().ask("ask-1")
    assert world.refused() == [("ask-1", "not_now")]


def test_a_hold_while_something_waits_films_and_refuses_it() -> None:
    world = World().boot().arm().ask("ask-1")
    world.wait(1)
    world.press(1.25)
    assert world.state.phase is Phase.RECORDING
    assert world.refused() == [("ask-1", "not_now")]


def test_five_seconds_held_when_idle_powers_off() -> None:
    world = World().boot().down()
    world.wait(5.25)
    assert [end.kind for end in world.ended()] == [EndKind.POWER_OFF]
    assert world.state.phase is Phase.ENDED


def test_shutting_down_while_filming_seals_first() -> None:
    world = World(seals=False).film()
    world.send(EndAsked(world.now, EndKind.PROCESS))
    assert world.stops() == [StopReason.SHUTDOWN]
    assert world.ended() == []
    world.send(Sealed(world.now))
    assert [end.kind for end in world.ended()] == [EndKind.PROCESS]


def test_the_button_held_through_power_on_opens_the_enrolment_window_for_a_quarter_of_an_hour() -> None:
    world = World().boot(held=True)
    world.wait(1.25)
    world.up()
    assert world.state.enrolment_end_ns > world.now
    world.wait(901)
    assert world.state.enrolment_end_ns == 0
    assert world.logged() == ["enrolment_opened", "enrolment_closed"]


def test_the_enrolment_window_can_be_closed_before_its_time_and_the_log_has_one_end_of_it() -> None:
    world = World().boot(held=True)
    world.wait(1.25)
    world.up()
    world.send(WindowClosed(world.now))
    assert world.state.enrolment_end_ns == 0
    world.send(WindowClosed(world.now))
    world.wait(901)
    assert world.logged() == ["enrolment_opened", "enrolment_closed"]


def test_an_enrolment_window_that_a_shutdown_ends_is_closed_in_the_log() -> None:
    world = World().boot(held=True)
    world.wait(1.25)
    world.up()
    world.send(EndAsked(world.now, EndKind.PROCESS))
    assert world.logged() == ["enrolment_opened", "enrolment_closed", "shutdown"]


def test_a_button_let_go_at_once_after_power_on_opens_no_window() -> None:
    world = World().boot(held=True)
    world.wait(0.5)
    world.up()
    assert world.state.enrolment_end_ns == 0
    assert world.state.phase is Phase.IDLE
