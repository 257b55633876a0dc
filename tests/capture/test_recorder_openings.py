"""What must still hold at the last moment before the sensor opens, and while the picture is only looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder.effects import DropPicture, LightTally, OpenSensor, Prepare, SealTake
from capture.recorder.model import (
    Booted,
    ButtonUp,
    EndAsked,
    EndKind,
    LeaveEnded,
    Phase,
    StopAsked,
    TakeReady,
    TakeRefused,
    TallyLit,
)
from device.ports import LampPattern


def _preparing(mode: ArmMode = ArmMode.FILM, lease_s: float = 10_800) -> World:
    world = World(prepares=False).boot().arm(mode, lease_s)
    world.wait(1)
    world.down().wait(1.1)
    assert world.state.phase is Phase.PREPARING
    return world


@pytest.mark.promise("P3")
def test_a_lease_that_ends_while_the_log_is_waited_for_opens_nothing() -> None:
    world = _preparing(lease_s=4)
    world.wait(2)
    world.send(TakeReady(world.now, world.state.take))
    assert not any(isinstance(effect, LightTally | OpenSensor) for effect in world.done)
    assert world.abandoned() == [world.state.take]
    assert world.state.phase is Phase.IDLE


@pytest.mark.promise("P3")
@pytest.mark.promise("P4")
@pytest.mark.parametrize("mode", ArmMode)
def test_a_lease_that_ends_between_lamp_and_sensor_opens_nothing(mode: ArmMode) -> None:
    world = _preparing(mode, lease_s=4)
    assert world.state.leave is not None
    world.state = replace(world.state, phase=Phase.LIGHTING)
    world.is_tally_lit = True
    world.now = world.state.leave.lease_end_ns
    world.send(TallyLit(world.now))
    assert not any(isinstance(effect, OpenSensor) for effect in world.done)
    assert not world.is_tally_lit
    assert world.state.phase is Phase.IDLE
    assert (world.state.stopped_ns, world.state.reason) == (world.now, StopReason.LEASE_ENDED)
    assert world.codes() == [("framing_stopped", "lease_ended")] * (mode is ArmMode.FRAMING)  # it is told once, not twice


@pytest.mark.promise("P4")
def test_a_lamp_that_fails_while_the_picture_is_looked_at_stops_the_sensor_within_a_second() -> None:
    world = World().boot().arm(ArmMode.FRAMING)
    world.wait(1)
    world.press(1.2)
    assert world.state.phase is Phase.FRAMING
    world.wait(1)
    world.is_lamp_good = False
    world.wait(1.3)
    assert not world.is_sensor_on
    assert world.state.fault == "lamp_fault"


@pytest.mark.promise("P4")
def test_while_the_picture_is_looked_at_the_tally_is_driven_in_its_own_pattern() -> None:
    world = World().boot().arm(ArmMode.FRAMING)
    world.wait(1)
    world.press(1.2)
    world.wait(5)
    shown = [effect.pattern for effect in world.done if isinstance(effect, LightTally)]
    assert len(shown) >= 5
    assert set(shown) == {LampPattern.LONG_SHORT}


@pytest.mark.promise("P6")
def test_the_last_picture_is_forgotten_once_the_sensor_is_off() -> None:
    world = World().boot().arm(ArmMode.FRAMING)
    world.wait(1)
    world.press(1.2)
    world.press()
    assert sum(isinstance(effect, DropPicture) for effect in world.done) == 1


@pytest.mark.parametrize("phase", [Phase.LIGHTING, Phase.OPENING])
def test_a_leave_taken_back_while_framing_opens_seals_no_film(phase: Phase) -> None:
    world = _preparing(ArmMode.FRAMING)
    world.state = replace(world.state, phase=phase)
    world.send(LeaveEnded(world.now, StopReason.SIGNED_OUT))
    assert not any(isinstance(effect, SealTake) for effect in world.done)
    assert world.state.phase is Phase.IDLE


@pytest.mark.parametrize("mode", ArmMode)
def test_what_is_prepared_and_opened_is_what_the_arming_that_was_held_for_says(mode: ArmMode) -> None:
    world = _preparing(mode)
    world.send(TakeReady(world.now, world.state.take))
    assert world.state.leave is not None
    arming_id = world.state.leave.arming_id
    assert [effect for effect in world.done if isinstance(effect, Prepare)] == [Prepare(world.state.take, mode, arming_id)]
    assert [effect for effect in world.done if isinstance(effect, OpenSensor)] == [OpenSensor(mode)]


@pytest.mark.promise("P4")
@pytest.mark.parametrize(("mode", "pattern"), [(ArmMode.FILM, LampPattern.STEADY), (ArmMode.FRAMING, LampPattern.LONG_SHORT)])
def test_the_tally_tells_filming_from_looking_before_the_sensor_opens(mode: ArmMode, pattern: LampPattern) -> None:
    world = _preparing(mode)
    world.send(TakeReady(world.now, world.state.take))
    lit = [effect for effect in world.done if isinstance(effect, LightTally | OpenSensor)]
    assert lit == [LightTally(pattern), OpenSensor(mode)]


@pytest.mark.promise("P1")
def test_what_a_worker_prepared_for_an_earlier_opening_opens_nothing() -> None:
    world = _preparing()
    world.up().press().wait(2)
    world.down().wait(1.1)
    world.send(TakeReady(world.now, 1))
    assert world.state.phase is Phase.PREPARING
    assert world.abandoned() == [1, 1]


@pytest.mark.promise("P1")
def test_a_refusal_of_an_earlier_opening_says_nothing_of_this_one() -> None:
    world = _preparing()
    world.up().press().wait(2)
    world.down().wait(1.1)
    world.send(TakeRefused(world.now, 1, "consent_missing", is_fault=False))
    assert world.state.phase is Phase.PREPARING


@pytest.mark.promise("P3")
def test_a_lease_that_ends_the_very_moment_the_log_is_ready_opens_nothing() -> None:
    world = _preparing(lease_s=4)
    assert world.state.leave is not None
    world.send(TakeReady(world.state.leave.lease_end_ns, world.state.take))
    assert not world.is_tally_lit
    assert world.state.phase is Phase.IDLE


@pytest.mark.promise("P1")
def test_holding_on_after_the_sensor_opened_opens_it_no_second_time() -> None:
    world = World().boot().arm()
    world.wait(1)
    world.down().wait(2)
    world.send(StopAsked(world.now, StopReason.PAGE))
    world.wait(4)
    assert world.state.phase is Phase.ARMED
    assert sum(isinstance(effect, OpenSensor) for effect in world.done) == 1


def test_holding_on_after_the_gate_refused_does_not_power_off() -> None:
    world = _preparing()
    world.send(TakeRefused(world.now, 1, "consent_missing", is_fault=False))
    world.wait(6)
    world.up()
    assert world.state.phase is Phase.IDLE
    assert world.ended() == []


def test_an_end_asked_while_an_opening_is_prepared_throws_it_away() -> None:
    world = _preparing()
    world.send(EndAsked(world.now, EndKind.PROCESS))
    assert world.abandoned() == [1]
    assert world.state.leave is None
    assert [end.kind for end in world.ended()] == [EndKind.PROCESS]


@pytest.mark.promise("P10")
@pytest.mark.parametrize("is_button_down", [False, True])
def test_a_fault_found_at_the_start_waits_for_a_press_of_its_own(is_button_down: bool) -> None:
    world = World()
    world.state = replace(world.state, fault="log_cut")
    world.send(Booted(world.now, is_button_down))
    assert (world.state.phase, world.state.fault) == (Phase.FAULTED, "log_cut")
    world.send(ButtonUp(world.now))
    assert world.state.phase is Phase.FAULTED
    assert not world.state.enrolment_end_ns
    world.press(0.2)
    assert (world.state.phase, world.state.fault) == (Phase.IDLE, "")
