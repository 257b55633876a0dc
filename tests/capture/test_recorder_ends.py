"""However filming ends: the same second of grace, the reason kept and logged, a fault that a person has to acknowledge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder.effects import MarkMoment
from capture.recorder.model import (
    NS,
    CameraFailed,
    EndAsked,
    EndKind,
    LampFailed,
    LeaveEnded,
    MarkDown,
    Phase,
    Sealed,
    StopAsked,
    TakeFailed,
    TakeRefused,
    Tick,
)


def _silence(world: World) -> None:
    world.delivers_frames = False
    world.now += NS
    world.send(Tick(world.now))


def _time(seconds: int) -> Callable[[World], None]:
    def passes(world: World) -> None:
        world.now += seconds * NS
        world.send(Tick(world.now, world.now))

    return passes


ENDS: dict[StopReason, Callable[[World], object]] = {
    StopReason.PRESS: World.press,
    StopReason.PAGE: lambda world: world.send(StopAsked(world.now, StopReason.PAGE)),
    StopReason.WITHDRAWN: lambda world: world.send(LeaveEnded(world.now, StopReason.WITHDRAWN)),
    StopReason.LEASE_ENDED: _time(900),
    StopReason.LIMIT: _time(1800),
    StopReason.LAMP_FAULT: lambda world: world.send(LampFailed(world.now)),
    StopReason.CAMERA_FAILED: lambda world: world.send(CameraFailed(world.now, "camera_unavailable")),
    StopReason.NO_FRAMES: _silence,
    StopReason.DISK_FLOOR: lambda world: world.send(TakeFailed(world.now, StopReason.DISK_FLOOR)),
    StopReason.BUTTON_STUCK: _time(10),
}
FAULTS = {
    StopReason.LAMP_FAULT: "lamp_fault",
    StopReason.CAMERA_FAILED: "camera_unavailable",
    StopReason.NO_FRAMES: "no_frames",
    StopReason.DISK_FLOOR: "disk_floor",
    StopReason.BUTTON_STUCK: "button_stuck",
}


def _filming(reason: StopReason, mode: ArmMode = ArmMode.FILM) -> World:
    world = World().boot().arm(mode, lease_s=600 if reason is StopReason.LEASE_ENDED else 10_800)
    world.wait(1)
    world.down().wait(1)
    if reason is not StopReason.BUTTON_STUCK:
        world.up().wait(1)
    assert world.is_sensor_on
    return world


@pytest.mark.promise("P1")
@pytest.mark.parametrize("reason", ENDS)
def test_however_a_film_ended_a_hold_begun_within_a_second_of_it_opens_nothing(reason: StopReason) -> None:
    world = _filming(reason)
    ENDS[reason](world)
    if world.state.phase is Phase.FAULTED:
        world.up().press(0)
    world.arm().down().wait(3)
    assert not world.is_sensor_on
    assert world.state.phase is Phase.ARMED


@pytest.mark.parametrize("reason", ENDS)
def test_the_box_remembers_why_the_last_film_ended_until_the_next_begins(reason: StopReason) -> None:
    world = _filming(reason)
    ENDS[reason](world)
    assert world.stops() == [reason]
    assert world.state.reason is reason
    if world.state.phase is Phase.FAULTED:
        world.up().press()
    world.film()
    assert world.is_sensor_on
    assert world.state.reason is None


@pytest.mark.parametrize("reason", FAULTS)
def test_a_fault_is_logged_with_its_code_and_acknowledged_with_it_and_takes_the_leave(reason: StopReason) -> None:
    world = _filming(reason)
    ENDS[reason](world)
    assert world.state.fault == FAULTS[reason]
    assert world.state.leave is None
    world.up().press()
    assert world.codes() == [("fault", FAULTS[reason]), ("fault_acknowledged", FAULTS[reason])]
    assert world.state.fault == ""


@pytest.mark.parametrize("reason", [StopReason.PAGE, StopReason.LIMIT, StopReason.WITHDRAWN])
def test_the_end_of_a_look_at_the_picture_is_logged_with_its_reason(reason: StopReason) -> None:
    world = _filming(reason, ArmMode.FRAMING)
    ENDS[reason](world)
    assert world.codes() == [("framing_stopped", reason.value)]


def test_a_look_at_the_picture_is_heard_and_logged_as_such() -> None:
    world = _filming(StopReason.PAGE, ArmMode.FRAMING)
    assert world.tones() == ["framing"]
    assert world.logged() == ["press", "framing_started"]


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    "cancel",
    [
        World.press,
        lambda world: world.send(StopAsked(world.now, StopReason.PAGE)),
        lambda world: world.send(LeaveEnded(world.now, StopReason.SIGNED_OUT)),
        _time(5),
    ],
    ids=["press", "page", "signed out", "stalled disk"],
)
def test_however_an_opening_was_given_up_a_hold_begun_within_a_second_of_it_opens_nothing(
    cancel: Callable[[World], object],
) -> None:
    world = World(prepares=False).film()
    cancel(world)
    world.arm().down().wait(3)
    assert world.state.phase is Phase.ARMED


@pytest.mark.parametrize("is_fault", [True, False])
def test_a_refused_opening_is_logged_with_its_code(is_fault: bool) -> None:
    world = World(prepares=False).film()
    world.send(TakeRefused(world.now, 1, "disk_error", is_fault))
    assert world.codes() == [("fault" if is_fault else "arm_refused", "disk_error")]
    assert world.state.fault == ("disk_error" if is_fault else "")


@pytest.mark.parametrize("kind", EndKind)
def test_the_end_is_logged_with_its_kind_and_leaves_nothing_armed(kind: EndKind) -> None:
    world = World().boot().arm()
    world.send(EndAsked(world.now, kind))
    assert world.codes() == [("shutdown", kind.value)]
    assert world.state.leave is None


def test_what_has_ended_does_not_end_again() -> None:
    world = World().boot()
    world.send(EndAsked(world.now, EndKind.PROCESS))
    world.send(EndAsked(world.now, EndKind.POWER_OFF))
    assert world.codes() == [("shutdown", EndKind.PROCESS.value)]


def test_a_mark_says_when_it_was_set() -> None:
    world = _filming(StopReason.PAGE)
    world.send(MarkDown(world.now))
    assert [effect for effect in world.done if isinstance(effect, MarkMoment)] == [MarkMoment(world.now)]


@pytest.mark.promise("P1")
def test_the_button_that_was_down_at_arming_is_named_as_stuck() -> None:
    world = World().boot().down().arm()
    assert world.codes() == [("fault", "button_stuck")]


@pytest.mark.parametrize("is_armed", [True, False])
def test_a_button_held_ten_seconds_is_named_as_stuck_and_letting_go_acknowledges_nothing(is_armed: bool) -> None:
    world = World(prepares=False).boot()
    if is_armed:
        world.arm().wait(1)
    else:
        world.ask("ask-1")
    world.down()
    _time(10)(world)
    assert world.state.phase is Phase.FAULTED
    assert world.codes() == [("fault", "button_stuck")]
    world.up()
    assert world.state.phase is Phase.FAULTED


def test_the_button_that_stopped_the_film_and_stays_down_is_stuck_after_ten_seconds() -> None:
    world = _filming(StopReason.PRESS).down()
    world.wait(9.75)
    assert world.state.phase is Phase.ARMED
    world.wait(0.25)
    assert world.codes() == [("fault", "button_stuck")]


def test_a_button_held_on_after_the_enrolment_window_opened_does_not_power_off_and_is_stuck_in_the_end() -> None:
    world = World().boot(held=True)
    world.wait(9.75)
    assert world.state.phase is Phase.IDLE
    world.wait(0.25)
    assert world.codes() == [("fault", "button_stuck")]


@pytest.mark.parametrize("error", ["", "disk_error"])
def test_a_button_stuck_while_the_film_is_sealed_is_a_fault_once_it_is(error: str) -> None:
    world = _filming(StopReason.PRESS)
    world.seals = False
    world.down()
    world.wait(10)
    assert world.state.phase is Phase.SEALING
    world.send(Sealed(world.now, error))
    assert world.codes() == [("fault", "button_stuck")]


def test_a_fault_before_it_is_the_one_that_is_told() -> None:
    world = _filming(StopReason.LAMP_FAULT)
    world.seals = False
    world.send(LampFailed(world.now))
    world.down().wait(10)
    world.send(Sealed(world.now))
    assert world.codes() == [("fault", "lamp_fault")]


def test_a_button_stuck_through_the_opening_throws_it_away() -> None:
    world = World(prepares=False).boot().arm()
    world.wait(1)
    world.down().wait(1)
    _time(9)(world)
    assert world.abandoned() == [1]
    assert world.codes() == [("fault", "button_stuck")]
