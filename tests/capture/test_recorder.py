"""The recorder's rules, one sentence each, on the pure function; around it a world of plain flags watches lamp and sensor."""

from __future__ import annotations

import pytest
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder.effects import LightTally, OpenSensor
from capture.recorder.model import (
    NS,
    ButtonDown,
    ButtonUp,
    LeaveEnded,
    MarkDown,
    Phase,
    StopAsked,
    TakeFailed,
    TakeReady,
    TakeRefused,
    TallyLit,
)
from capture.recorder.step import step
from device.ports import LampPattern


@pytest.mark.promise("P1")
@pytest.mark.parametrize("seconds", [0.1, 0.5, 0.99])
def test_a_short_press_never_opens_the_sensor(seconds: float) -> None:
    world = World().boot().arm()
    world.wait(1)
    world.press(seconds)
    world.wait(5)
    assert not world.is_sensor_on
    assert world.state.phase is Phase.ARMED


@pytest.mark.promise("P1")
def test_a_hold_without_leave_opens_nothing() -> None:
    world = World().boot()
    world.press(1.5)
    assert not any(isinstance(effect, OpenSensor | LightTally) for effect in world.done)


@pytest.mark.promise("P1")
def test_a_hold_of_a_second_films() -> None:
    world = World().film()
    assert world.state.phase is Phase.RECORDING
    assert world.is_sensor_on
    assert world.is_tally_lit


@pytest.mark.promise("P1")
def test_a_button_that_is_down_when_armed_is_stuck() -> None:
    world = World().boot().down()
    world.wait(0.5)
    world.arm()
    world.wait(3)
    assert world.state.phase is Phase.FAULTED
    assert not world.is_sensor_on


@pytest.mark.promise("P1")
def test_release_after_a_second_counts_even_if_no_tick_came_between() -> None:
    world = World().boot().arm()
    world.wait(1)
    world.send(ButtonDown(world.now))
    world.now += round(1.1 * NS)
    world.send(ButtonUp(world.now))
    assert world.state.phase is Phase.RECORDING


@pytest.mark.promise("P2")
def test_booting_forgets_every_leave() -> None:
    world = World().boot()
    assert world.state.leave is None
    assert world.state.phase is Phase.IDLE


@pytest.mark.promise("P2")
def test_filming_never_resumes_by_itself() -> None:
    world = World().film()
    world.wait(1)
    world.press()
    world.wait(60)
    assert world.state.phase is Phase.ARMED
    assert not world.is_sensor_on


@pytest.mark.promise("P4")
def test_a_lamp_that_does_not_light_means_no_film() -> None:
    world = World(is_lamp_good=False).film()
    assert world.state.phase is Phase.FAULTED
    assert world.state.fault == "lamp_fault"
    assert not any(isinstance(effect, OpenSensor) for effect in world.done)
    assert world.abandoned() == [1]


@pytest.mark.promise("P4")
def test_a_lamp_that_fails_while_filming_stops_the_film() -> None:
    world = World().film()
    world.is_lamp_good = False
    world.wait(1.5)
    assert not world.is_sensor_on
    assert world.stops() == [StopReason.LAMP_FAULT]
    assert world.state.phase is Phase.FAULTED


@pytest.mark.promise("P5")
def test_the_first_contact_stops_not_the_release() -> None:
    world = World().film()
    world.wait(1)
    world.down()
    assert not world.is_sensor_on
    assert world.stops() == [StopReason.PRESS]


@pytest.mark.promise("P5")
def test_stopping_does_not_wait_for_the_writer() -> None:
    world = World(seals=False).film()
    world.wait(1)
    world.down()
    assert not world.is_sensor_on
    assert not world.is_tally_lit
    assert world.state.phase is Phase.SEALING


@pytest.mark.promise("P5")
def test_a_press_while_preparing_cancels_the_opening() -> None:
    world = World(prepares=False).film()
    assert world.state.phase is Phase.PREPARING
    world.down()
    assert world.state.phase is Phase.ARMED
    world.send(TakeReady(world.now, 1))
    assert not world.is_sensor_on
    assert world.abandoned() == [1, 1]


@pytest.mark.promise("P5")
def test_a_press_between_lamp_and_sensor_stops_too() -> None:
    state = World(prepares=False).film().state
    state, _ = step(state, TakeReady(state.looked_ns, 1))
    state, _ = step(state, ButtonDown(state.looked_ns))
    assert state.phase is Phase.SEALING
    after, effects = step(state, TallyLit(state.looked_ns))
    assert effects == ()
    assert after.phase is Phase.SEALING


def test_the_press_that_stopped_does_not_start_a_new_take_however_long_it_is_held() -> None:
    world = World().film()
    world.wait(1)
    world.down()
    world.wait(5)
    assert world.state.phase is Phase.ARMED
    assert not world.is_sensor_on


def test_a_hold_that_begins_within_a_second_of_the_stop_does_not_count() -> None:
    world = World().film()
    world.wait(1)
    world.press(0.25)
    world.wait(0.5)
    world.press(3)
    assert world.state.phase is Phase.ARMED
    world.wait(0.25)
    world.press(1.25)
    assert world.state.phase is Phase.RECORDING


def test_a_button_down_for_ten_seconds_is_stuck_and_stops_the_film() -> None:
    world = World().boot().arm()
    world.wait(1)
    world.down()
    world.wait(9.5)
    assert world.state.phase is Phase.RECORDING
    world.wait(1)
    assert world.stops() == [StopReason.BUTTON_STUCK]
    assert world.state.phase is Phase.FAULTED


def test_a_sensor_without_frames_for_a_second_is_stopped() -> None:
    world = World().film()
    world.wait(2)
    world.delivers_frames = False
    world.wait(1.5)
    assert world.stops() == [StopReason.NO_FRAMES]
    assert world.state.fault == "no_frames"


def test_a_sensor_that_never_delivers_is_stopped() -> None:
    world = World(delivers_frames=False).film()
    world.wait(3.5)
    assert world.stops() == [StopReason.NO_FRAMES]


def test_the_end_of_the_lease_stops_filming_and_disarms() -> None:
    world = World().boot().arm(lease_s=10)
    world.wait(1)
    world.press(1.25)
    world.wait(12)
    assert world.stops() == [StopReason.LEASE_ENDED]
    assert world.state.phase is Phase.IDLE


def test_a_lease_that_ended_before_it_began_arms_nothing() -> None:
    world = World().boot().arm(lease_s=0)
    assert world.state.phase is Phase.IDLE


def test_the_film_limit_stops_filming() -> None:
    world = World().film()
    world.wait(1801)
    assert world.stops() == [StopReason.LIMIT]
    assert world.state.phase is Phase.ARMED


def test_the_cues_come_at_two_minutes_and_five() -> None:
    world = World().film()
    world.wait(310)
    assert world.tones() == ["start", "reminder", "reminder", "five_minutes"]


def test_a_mark_is_taken_only_while_filming() -> None:
    world = World().boot().arm()
    world.send(MarkDown(world.now))
    assert world.tones() == []
    world.wait(1)
    world.press(1.25)
    world.send(MarkDown(world.now))
    assert world.tones() == ["start", "mark"]


def test_withdrawal_while_filming_stops_and_disarms() -> None:
    world = World().film()
    world.send(LeaveEnded(world.now, StopReason.WITHDRAWN))
    assert world.stops() == [StopReason.WITHDRAWN]
    assert not world.is_sensor_on
    assert world.state.phase is Phase.IDLE


def test_the_page_can_stop_and_leaves_the_box_armed() -> None:
    world = World().film()
    world.send(StopAsked(world.now, StopReason.PAGE))
    assert world.stops() == [StopReason.PAGE]
    assert world.state.phase is Phase.ARMED


def test_after_checking_the_picture_the_next_hold_films() -> None:
    world = World().boot().arm(ArmMode.FRAMING)
    world.wait(1)
    world.press(1.25)
    assert world.state.phase is Phase.FRAMING
    assert LightTally(LampPattern.LONG_SHORT) in world.done
    world.press()
    assert world.state.phase is Phase.ARMED
    world.wait(2)
    world.press(1.25)
    assert world.state.phase is Phase.RECORDING


def test_checking_the_picture_ends_after_a_minute() -> None:
    world = World().boot().arm(ArmMode.FRAMING)
    world.wait(1)
    world.press(1.25)
    world.wait(61)
    assert not world.is_sensor_on
    assert world.state.phase is Phase.ARMED


def test_a_refused_gate_at_the_hold_takes_the_leave_back() -> None:
    world = World(prepares=False).film()
    world.send(TakeRefused(world.now, 1, "consent_missing", is_fault=False))
    assert world.state.phase is Phase.IDLE
    assert world.state.leave is None
    assert not world.is_sensor_on


def test_a_disk_that_stalls_the_opening_for_long_cancels_it() -> None:
    world = World(prepares=False).film()
    world.wait(6)
    assert world.state.phase is Phase.ARMED
    world.send(TakeReady(world.now, 1))
    assert not world.is_sensor_on


def test_a_full_disk_stops_seals_and_says_so() -> None:
    world = World().film()
    world.send(TakeFailed(world.now, StopReason.DISK_FLOOR))
    assert world.stops() == [StopReason.DISK_FLOOR]
    assert world.state.fault == "disk_floor"
