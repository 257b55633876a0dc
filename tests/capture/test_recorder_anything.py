"""Whatever happens to the recorder in whatever order: lamp, sensor and leave keep to their rules, and nothing raises."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_world import World

from capture.model import ArmMode, StopReason
from capture.recorder.effects import SealTake
from capture.recorder.model import (
    NS,
    ArmGranted,
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
from capture.recorder.step import step
from capture.recorder.watch import deadline_ns

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
