"""The recorder's figures at their borders: what happens at the very moment, and what a moment before it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder.effects import LightTally
from capture.recorder.model import NS, Booted, ButtonDown, ButtonUp, EndKind, Phase, StopAsked, Tick


def _held(world: World, held_ns: int) -> World:
    """The button goes down, and nothing looks until it was held for so long."""
    world.down()
    world.now += held_ns
    return world


def _look(world: World) -> World:
    world.send(Tick(world.now, world.now if world.is_sensor_on else 0))
    return world


@pytest.mark.promise("P1")
@pytest.mark.parametrize(("short_ns", "phase"), [(0, Phase.RECORDING), (1, Phase.ARMED)])
def test_a_hold_opens_after_one_second_and_not_a_moment_before(short_ns: int, phase: Phase) -> None:
    for ending in (World.up, _look):
        world = World().boot().arm()
        world.wait(1)
        ending(_held(world, NS - short_ns))
        assert world.state.phase is phase


@pytest.mark.promise("P1")
@pytest.mark.parametrize(("early_ns", "phase"), [(0, Phase.RECORDING), (1, Phase.ARMED)])
def test_a_hold_counts_from_one_second_after_the_stop_and_not_a_moment_before(early_ns: int, phase: Phase) -> None:
    world = World().film()
    world.wait(1)
    world.press(0)
    world.now += NS - early_ns
    _held(world, 2 * NS).up()
    assert world.state.phase is phase


@pytest.mark.parametrize(("short_ns", "ends"), [(0, [EndKind.POWER_OFF]), (1, [])])
def test_five_seconds_power_off_even_if_nobody_looked_before_the_release(short_ns: int, ends: list[EndKind]) -> None:
    for ending in (World.up, _look):
        world = ending(_held(World().boot(), 5 * NS - short_ns))
        assert [end.kind for end in world.ended()] == ends


@pytest.mark.parametrize(("short_ns", "window_s"), [(0, 900), (1, 0)])
def test_a_second_through_power_on_opens_the_window_even_if_nobody_looked_before(short_ns: int, window_s: int) -> None:
    for ending in (World.up, _look):
        world = World().boot(held=True)
        world.now += NS - short_ns
        ending(world)
        assert world.state.enrolment_end_ns == (world.now + window_s * NS if window_s else 0)


def test_the_enrolment_window_closes_the_moment_its_quarter_of_an_hour_is_over() -> None:
    world = World().boot(held=True)
    world.wait(1)
    world.up()
    end_ns = world.state.enrolment_end_ns
    world.send(Tick(end_ns - 1))
    assert world.logged() == ["enrolment_opened"]
    world.send(Tick(end_ns))
    assert world.logged() == ["enrolment_opened", "enrolment_closed"]


def test_a_button_touched_before_start_up_was_done_counts_for_nothing() -> None:
    world = World()
    world.send(ButtonDown(world.now))
    world.send(Booted(world.now, is_button_down=False))
    world.wait(6)
    world.send(ButtonUp(world.now))
    assert world.state.phase is Phase.IDLE
    assert world.logged() == []


@pytest.mark.parametrize(("early_ns", "stops"), [(0, [StopReason.NO_FRAMES]), (1, [])])
def test_a_sensor_has_three_seconds_for_its_first_picture(early_ns: int, stops: list[StopReason]) -> None:
    world = World().film()
    world.state = replace(world.state, last_frame_ns=0)
    world.send(Tick(world.state.opened_ns + 3 * NS - early_ns, 0))
    assert world.stops() == stops


@pytest.mark.parametrize(("early_ns", "stops"), [(0, [StopReason.NO_FRAMES]), (1, [])])
def test_after_that_it_has_one_second_for_each(early_ns: int, stops: list[StopReason]) -> None:
    world = World().film()
    world.wait(1)
    world.send(Tick(world.now + NS - early_ns, world.now))
    assert world.stops() == stops


@pytest.mark.parametrize(("mode", "limit_s"), [(ArmMode.FILM, 1800), (ArmMode.FRAMING, 60)])
def test_the_sensor_is_off_the_moment_its_limit_is_reached(mode: ArmMode, limit_s: int) -> None:
    world = World().boot().arm(mode)
    world.wait(1)
    world.press(1)
    world.now = world.state.opened_ns + limit_s * NS - 1
    assert _look(world).is_sensor_on
    world.now += 1
    assert not _look(world).is_sensor_on


def test_the_cue_for_five_minutes_comes_at_five_minutes() -> None:
    world = World().film()
    world.now = world.state.opened_ns + 300 * NS - 1
    assert "five_minutes" not in _look(world).tones()
    world.now += 1
    assert "five_minutes" in _look(world).tones()


def test_the_lamp_is_looked_at_once_a_second_while_filming() -> None:
    world = World().boot().arm()
    world.wait(1)
    _held(world, NS).up()
    before = sum(isinstance(effect, LightTally) for effect in world.done)
    world.wait(5)
    assert sum(isinstance(effect, LightTally) for effect in world.done) - before == 5


def test_a_lease_that_is_over_leaves_no_leave_behind() -> None:
    world = World().boot().arm(lease_s=10)
    world.send(Tick(world.now + 10 * NS - 1))
    assert world.state.phase is Phase.ARMED
    world.send(Tick(world.now + 10 * NS))
    assert world.state.phase is Phase.IDLE
    assert world.state.leave is None
    assert world.codes() == [("disarmed", "lease_ended")]


def test_a_stalled_opening_is_given_up_after_five_seconds_even_if_the_release_began_it() -> None:
    world = World(prepares=False).boot().arm()
    world.wait(1)
    _held(world, NS).up()
    world.send(Tick(world.now + 5 * NS - 1))
    assert world.state.phase is Phase.PREPARING
    world.send(Tick(world.now + 5 * NS))
    assert world.state.phase is Phase.ARMED


def test_a_second_film_has_its_cues_its_watchdog_and_its_lamp_checks_from_the_start() -> None:
    world = World().film()
    world.wait(301)
    world.send(StopAsked(world.now, StopReason.PAGE))
    world.done.clear()
    world.film()
    world.wait(301)
    assert world.tones() == ["start", "reminder", "reminder", "five_minutes"]
    assert sum(isinstance(effect, LightTally) for effect in world.done) == 302


def test_pictures_of_the_film_before_do_not_count_for_this_one() -> None:
    world = World().film()
    world.wait(5)
    world.send(StopAsked(world.now, StopReason.PAGE))
    world.delivers_frames = False
    world.film().wait(2)
    assert world.is_sensor_on
    world.delivers_frames = True
    world.wait(60)
    assert world.is_sensor_on
