"""The recorder's rules, one sentence each, on the pure function; around it a world of plain flags watches lamp and sensor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder import step
from capture.recorder_effects import LightTally, OpenSensor, SealTake
from capture.recorder_model import (
    NS,
    ArmGranted,
    AskKind,
    Booted,
    ButtonDown,
    ButtonUp,
    CameraFailed,
    EndAsked,
    EndKind,
    Event,
    LampFailed,
    Leave,
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
)
from capture.recorder_moves import ready_pattern
from capture.recorder_watch import deadline_ns
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


def test_a_short_press_just_after_the_stop_confirms_what_waits() -> None:
    world = World().film()
    world.wait(1)
    world.press(0.25)
    world.ask("ask-1", AskKind.ERASE)
    world.press(0.25)
    assert world.confirmed() == ["ask-1"]


def test_a_button_down_for_ten_seconds_is_stuck_and_stops_the_film() -> None:
    world = World().boot().arm()
    world.wait(1)
    world.down()
    world.wait(9.5)
    assert world.state.phase is Phase.RECORDING
    world.wait(1)
    assert world.stops() == [StopReason.BUTTON_STUCK]
    assert world.state.phase is Phase.FAULTED


def test_a_short_press_acknowledges_a_fault_and_leaves_nothing_armed() -> None:
    world = World(is_camera_good=False).film()
    assert world.state.phase is Phase.FAULTED
    world.wait(1)
    world.press()
    assert world.state.phase is Phase.IDLE
    assert world.state.leave is None


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


def test_a_button_let_go_at_once_after_power_on_opens_no_window() -> None:
    world = World().boot(held=True)
    world.wait(0.5)
    world.up()
    assert world.state.enrolment_end_ns == 0
    assert world.state.phase is Phase.IDLE


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


_NEWS: dict[str, Callable[[World], object]] = {
    "down": World.down,
    "up": World.up,
    "arm": lambda world: world.arm(lease_s=30),
    "frame": lambda world: world.arm(ArmMode.FRAMING, lease_s=30),
    "tick": lambda world: world.wait(0.25),
    "long": lambda world: world.wait(1.25),
    "stop": lambda world: world.send(StopAsked(world.now, StopReason.PAGE)),
    "leave": lambda world: world.send(LeaveEnded(world.now, StopReason.WITHDRAWN)),
    "ask": lambda world: world.ask("ask-x"),
    "mark": lambda world: world.send(MarkDown(world.now)),
    "lamp": lambda world: world.send(LampFailed(world.now)),
    "camera": lambda world: world.send(CameraFailed(world.now, "camera_unavailable")),
    "seal": lambda world: world.send(Sealed(world.now)),
}


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(_NEWS)), max_size=60), st.booleans(), st.booleans())
def test_whatever_happens_the_lamp_covers_the_sensor_and_only_a_hold_under_leave_opened_it(
    news: list[str], prepares: bool, seals: bool
) -> None:
    world = World(prepares=prepares, seals=seals).boot()
    for item in news:
        was_on, had_leave = world.is_sensor_on, world.state.leave is not None
        before = world.state.contact
        _NEWS[item](world)
        if world.is_sensor_on:
            assert world.is_tally_lit
            assert world.state.phase in (Phase.FRAMING, Phase.RECORDING)
        if world.is_sensor_on and not was_on:
            assert had_leave
            assert before is not None
            assert world.now - before.down_ns >= NS
        if item == "down":
            assert not world.is_sensor_on


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 18), max_size=40))
def test_every_event_in_every_order_is_answered_without_an_error_and_the_deadline_lies_ahead(kinds: list[int]) -> None:
    state, now = State(), 50 * NS
    for kind in kinds:
        now += NS // 3
        state, effects = step(state, _event(kind, now, state))
        assert sum(isinstance(effect, SealTake) for effect in effects) <= 1
        assert deadline_ns(state) > state.looked_ns


def _event(kind: int, now: int, state: State) -> Event:
    events: list[Event] = [
        Booted(now, is_button_down=False),
        Booted(now, is_button_down=True),
        ButtonDown(now),
        ButtonUp(now),
        MarkDown(now),
        Tick(now, now),
        Tick(now, 0),
        ArmGranted(now, Leave("arm-1", ArmMode.FILM, now + 9 * NS)),
        LeaveEnded(now, StopReason.SIGNED_OUT),
        StopAsked(now, StopReason.PAGE),
        TakeReady(now, state.take),
        TakeRefused(now, state.take, "disk_error", is_fault=True),
        TallyLit(now),
        LampFailed(now),
        SensorOpened(now),
        CameraFailed(now, "camera_unavailable"),
        TakeFailed(now, StopReason.DISK_ERROR),
        Sealed(now, "disk_error"),
        EndAsked(now, EndKind.PROCESS),
    ]
    return events[kind]
