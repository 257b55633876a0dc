"""When the control thread has to look again, what the ready lamp shows, and the figures that the page tells of."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_world import World

from capture.model import ArmMode
from capture.recorder.model import NS, Ask, AskKind, Contact, Leave, Limits, Phase, State, Tick
from capture.recorder.moves import ready_pattern
from capture.recorder.step import step
from capture.recorder.watch import deadline_ns
from device.ports import LampPattern

PAGE = (Path(__file__).parents[2] / "docs" / "recorder-states.md").read_text("utf-8")
NOW = 1000 * NS
LEAVE = Leave("arm-1", ArmMode.FILM, NOW + 9 * NS)
ASK = Ask("ask-1", AskKind.SIGN_IN, NOW + 60 * NS)


def _due_s(state: State) -> float:
    return (deadline_ns(replace(state, looked_ns=NOW)) - NOW) / NS


@pytest.mark.parametrize(
    ("state", "due_s"),
    [
        (State(phase=Phase.IDLE), 1),
        (State(phase=Phase.IDLE, asks=(ASK, replace(ASK, expires_ns=NOW + 40 * NS))), 40),
        (State(phase=Phase.IDLE, enrolment_end_ns=NOW + 900 * NS), 900),
        (State(phase=Phase.ARMED, leave=LEAVE), 9),
        (State(phase=Phase.IDLE, contact=Contact(NOW - NS // 2)), 0.5),
        (State(phase=Phase.IDLE, contact=Contact(NOW - NS)), 4),
        (State(phase=Phase.IDLE, contact=Contact(NOW - 5 * NS)), 5),
        (State(phase=Phase.RECORDING, contact=Contact(NOW - NS // 2, is_spent=True)), 0.25),
        (State(phase=Phase.ARMED, contact=Contact(NOW - NS // 2, is_spent=True)), 9.5),
        (State(phase=Phase.ARMED, leave=LEAVE, contact=Contact(NOW - NS // 2)), 0.5),
        (State(phase=Phase.FAULTED, contact=Contact(NOW - NS // 2)), 1),
        (State(phase=Phase.FAULTED, contact=Contact(NOW - NS // 2), asks=(ASK,)), 60),
        (State(phase=Phase.IDLE, asks=(ASK,), contact=Contact(NOW - 5 * NS, is_spent=True)), 5),
        (State(phase=Phase.IDLE, asks=(replace(ASK, expires_ns=NOW + NS),), contact=Contact(NOW - 2 * NS, is_spent=True)), 1),
        (State(phase=Phase.PREPARING, leave=LEAVE, prepared_ns=NOW - 2 * NS), 3),
        (State(phase=Phase.SEALING, leave=LEAVE, prepared_ns=NOW - 2 * NS), 9),
        (State(phase=Phase.RECORDING, leave=LEAVE), 0.25),
        (State(phase=Phase.FRAMING, leave=LEAVE), 0.25),
    ],
)
def test_the_recorder_looks_again_when_the_first_thing_is_due(state: State, due_s: float) -> None:
    assert _due_s(state) == due_s


def test_each_look_moves_the_next_one_on() -> None:
    world = World().film()
    world.wait(1)
    assert deadline_ns(world.state) == world.now + NS // 4


_MOVES = ("down", "up", "arm", "ask", "wait")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_MOVES), max_size=12), st.booleans(), st.booleans(), st.floats(0.01, 0.99))
def test_nothing_is_missed_by_sleeping_until_then(moves: list[str], prepares: bool, held: bool, part: float) -> None:
    world = World(prepares=prepares).boot(held=held)
    for number, move in enumerate(moves):
        match move:
            case "ask":
                world.ask(f"ask-{number}")
            case "wait":
                world.wait(0.75)
            case _:
                getattr(world, move)()
    before, _ = step(world.state, Tick(world.now, world.now))
    asleep_ns = before.looked_ns + round(part * (deadline_ns(before) - before.looked_ns - 1))
    after, effects = step(before, Tick(asleep_ns, asleep_ns))
    assert effects == ()
    assert after.phase is before.phase


# As docs/recorder-states.md tells it; recording in the dark of the ready lamp, because the tally is the lamp to look at.
SHOWN = {
    Phase.BOOTING: LampPattern.FAST_DOUBLE_BLINK,
    Phase.IDLE: LampPattern.OFF,
    Phase.ARMED: LampPattern.SLOW_PULSE,
    Phase.PREPARING: LampPattern.SLOW_PULSE,
    Phase.LIGHTING: LampPattern.SLOW_PULSE,
    Phase.OPENING: LampPattern.SLOW_PULSE,
    Phase.FRAMING: LampPattern.PULSE,
    Phase.RECORDING: LampPattern.OFF,
    Phase.SEALING: LampPattern.QUICK_BLINK,
    Phase.FAULTED: LampPattern.SOS,
    Phase.ENDED: LampPattern.OFF,
}


@pytest.mark.parametrize("phase", Phase)
def test_the_ready_lamp_tells_where_the_box_stands(phase: Phase) -> None:
    assert ready_pattern(State(phase=phase)) is SHOWN[phase]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.IDLE])
def test_the_ready_lamp_breathes_only_when_idle(phase: Phase) -> None:
    assert ready_pattern(State(phase=phase, asks=(ASK,))) is not LampPattern.BREATHING


def test_the_page_tells_every_figure_as_it_is() -> None:
    told = {name: int(seconds) * NS for name, seconds in re.findall(r"^\| `(\w+)` \| (\d+) s \|", PAGE, re.MULTILINE)}
    assert told == {field.name: getattr(Limits(), field.name) for field in fields(Limits)}
