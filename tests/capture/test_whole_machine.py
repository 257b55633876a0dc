"""Whatever befalls a whole daemon, in whatever order: seven promises hold. One run of the machine, looked at for each of them."""

from __future__ import annotations

import pytest
from made_box import make_box
from ram_folder import ram_folder
from whole_machine import Findings, run

_STEPS = 45
_SAME_RUNS, _NEW_RUNS = 20, 4
_NUMBER = 6


@pytest.fixture(scope="module")
def findings() -> Findings:
    """Some runs that are the same each time, and a few that nobody has seen before; the first that breaks ends it."""
    found = Findings()
    with ram_folder() as folder:
        made = make_box(folder / "made")
        if run(made, found, runs=_SAME_RUNS, steps=_STEPS, number=_NUMBER):
            run(made, found, runs=_NEW_RUNS, steps=_STEPS)
    return found


@pytest.mark.promise("P1")
def test_sensor_opens_by_a_hold_after_arming_and_by_nothing_else(findings: Findings) -> None:
    assert not findings.of("P1")


@pytest.mark.promise("P2")
def test_start_finds_nothing_armed_and_does_nothing_by_itself(findings: Findings) -> None:
    assert not findings.of("P2")


@pytest.mark.promise("P3")
def test_at_every_opening_everybody_present_had_said_yes_and_a_clock_was_set(findings: Findings) -> None:
    assert not findings.of("P3")


@pytest.mark.promise("P4")
def test_lamp_was_lit_whenever_the_sensor_was_on(findings: Findings) -> None:
    assert not findings.of("P4")


@pytest.mark.promise("P5")
def test_every_press_stopped_the_sensor_whatever_the_disk_did(findings: Findings) -> None:
    assert not findings.of("P5")


@pytest.mark.promise("P9")
def test_no_film_vanished_or_changed_but_by_what_was_asked_for_and_pressed_for(findings: Findings) -> None:
    assert not findings.of("P9")


@pytest.mark.promise("P10")
def test_every_act_left_its_line_and_the_whole_log_held(findings: Findings) -> None:
    assert not findings.of("P10")


def test_machine_that_found_nothing_did_film(findings: Findings) -> None:
    """Else it would have proven nothing."""
    for what in ("armed", "films", "log: recording_sealed", "stopped while the disk stalled", "restart: kill"):
        assert findings.fired[what], f"never: {what}\n{findings.table()}"
