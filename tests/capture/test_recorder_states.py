"""Every state that the recorder can come into, and every event there: what never happens in any of them; and the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from recorder_facts import NOW, facts_of, state_of
from recorder_table import table, table_besides
from recorder_walk import EVENTS, Turn, walk

from capture.audit.log import AuditEvent
from capture.model import ArmMode
from capture.recorder.effects import Abandon, CloseSensor, DarkenTally, Log, OpenSensor, Prepare, RefuseAsk, SealTake
from capture.recorder.model import ButtonDown, EndAsked, LeaveEnded, Phase, SensorOpened, StopAsked, TakeRefused, TallyLit, Tick
from capture.recorder.step import TABLE, step

PAGE = Path(__file__).parents[2] / "docs" / "recorder-states.md"

MAY_BE_ON = (Phase.OPENING, Phase.FRAMING, Phase.RECORDING)
TAKE_IS_OPEN = (Phase.PREPARING, Phase.LIGHTING, Phase.OPENING, Phase.RECORDING)


def test_the_page_holds_the_tables_of_the_function_itself() -> None:
    page = PAGE.read_text("utf-8")
    for shown in (table(), table_besides()):
        assert shown in page, "run `python tests/recorder_table.py` and put its tables into the page"


def test_the_walk_tries_every_kind_of_event_in_every_phase() -> None:
    assert {type(event) for event in EVENTS.values()} == set(TABLE)
    assert {(turn.what, turn.facts.phase) for turn in walk()} == {(what, phase) for what in EVENTS for phase in Phase}


def test_a_state_made_of_facts_is_one_of_which_they_are_true() -> None:
    """That they say all that decides, `test_recorder_walk.py` shows."""
    for turn in walk():
        assert facts_of(turn.before) == turn.facts


@pytest.mark.promise("P1")
def test_hold_opens_only_while_armed_and_begun_in_time() -> None:
    prepared = [turn for turn in walk() if any(isinstance(effect, Prepare) for effect in turn.effects)]
    assert prepared
    for turn in prepared:
        facts = turn.facts
        assert (facts.phase, facts.is_spent, facts.may_open) == (Phase.ARMED, False, True), turn
        assert facts.contact in ("1 s", "5 s", "10 s")
        assert facts.leave != "none"


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
def test_sensor_is_opened_by_a_lit_and_read_back_tally_under_a_leave_that_lasts_and_by_nothing_else() -> None:
    opened = [turn for turn in walk() if any(isinstance(effect, OpenSensor) for effect in turn.effects)]
    assert opened
    for turn in opened:
        assert isinstance(turn.event, TallyLit), turn
        assert (turn.facts.phase, turn.outside.is_lit) == (Phase.LIGHTING, True)
        assert turn.facts.leave in ("to film", "to look")


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
def test_sensor_may_be_on_in_three_phases_only_and_the_tally_is_lit_in_them() -> None:
    for turn in walk():
        assert turn.outside.may_be_on is (turn.facts.phase in MAY_BE_ON), turn
        assert turn.outside.is_lit is (turn.facts.phase in (Phase.LIGHTING, *MAY_BE_ON)), turn


@pytest.mark.promise("P4")
def test_no_order_in_any_state_darkens_the_tally_over_the_sensor_or_opens_the_sensor_in_the_dark() -> None:
    for turn in walk():
        outside = turn.outside
        for effect in turn.effects:
            assert not (isinstance(effect, DarkenTally) and outside.may_be_on), turn
            assert not (isinstance(effect, OpenSensor) and not outside.is_lit), turn
            outside = outside.after((effect,))


@pytest.mark.promise("P2")
def test_leave_is_held_only_from_arming_to_the_end_of_what_it_opened() -> None:
    for turn in walk():
        if turn.facts.phase in (Phase.BOOTING, Phase.IDLE, Phase.FAULTED, Phase.ENDED):
            assert turn.facts.leave == "none", turn


@pytest.mark.promise("P5")
@pytest.mark.parametrize("kind", [ButtonDown, StopAsked, LeaveEnded, EndAsked])
def test_with_the_sensor_on_each_of_these_closes_it_before_anything_that_waits(kind: type) -> None:
    met = [turn for turn in walk() if turn.outside.may_be_on and isinstance(turn.event, kind)]
    assert met
    for turn in met:
        assert turn.effects[:2] == (CloseSensor(), DarkenTally()), turn
        assert not turn.outside.after(turn.effects).may_be_on


@pytest.mark.promise("P5")
def test_every_way_out_of_a_phase_with_the_sensor_on_begins_with_sensor_off_and_lamp_dark() -> None:
    left = [turn for turn in walk() if turn.facts.phase in MAY_BE_ON and turn.after.phase not in MAY_BE_ON]
    assert left
    for turn in left:
        at = turn.effects.index(CloseSensor())
        assert turn.effects[at + 1] == DarkenTally(), turn
        assert all(isinstance(effect, RefuseAsk | Log) for effect in turn.effects[:at]), turn


def test_every_take_that_was_opened_is_sealed_or_given_up_once() -> None:
    for turn in walk():
        if turn.facts.phase not in TAKE_IS_OPEN or turn.facts.mode is not ArmMode.FILM:
            continue
        ends = sum(isinstance(effect, SealTake) or effect == Abandon(turn.before.take) for effect in turn.effects)
        has_left = turn.after.phase not in TAKE_IS_OPEN
        assert ends == (0 if isinstance(turn.event, TakeRefused) else has_left) or _is_stray(turn), turn


def _is_stray(turn: Turn) -> bool:
    """A take that is ready when it is not waited for is given up again: the lane answers each order once, so it never comes."""
    return turn.what == "gate said yes, header and log durable" and turn.facts.phase is not Phase.PREPARING


def test_sensor_that_was_just_opened_is_given_its_time() -> None:
    opened = [turn for turn in walk() if isinstance(turn.event, SensorOpened) and turn.facts.phase is Phase.OPENING]
    assert opened
    assert {(facts_of(turn.after).frames, facts_of(turn.after).cue) for turn in opened} == {("none yet", "nothing")}


def test_frame_that_came_is_seen_before_time_is_looked_at() -> None:
    """So the table need not tell of both."""
    for turn in walk():
        if turn.what == "time is looked at, a frame came":
            after, effects = step(replace(turn.before, last_frame_ns=NOW), Tick(NOW, 0))
            assert (after, effects) == (turn.after, turn.effects)


def test_window_adds_an_order_and_changes_nothing_else() -> None:
    for turn in walk():
        if turn.facts.window != "closed":
            after, effects = step(state_of(replace(turn.facts, window="closed")), turn.event)
            assert turn.after.phase is after.phase, turn
            assert tuple(effect for effect in turn.effects if effect != Log(AuditEvent.ENROLMENT_CLOSED)) == effects, turn
