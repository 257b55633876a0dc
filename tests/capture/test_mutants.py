"""What filming and opening rest on, broken one small change at a time: some test notices each. All rules: `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutant_room import Room, diff, run

CRUCIAL = Room(
    "crucial",
    files=("capture/recorder/step.py", "capture/consent/gate.py", "capture/consent/opening_rules.py"),
    tests=(
        "tests/capture/test_recorder.py",
        "tests/capture/test_recorder_openings.py",
        "tests/capture/test_gate.py",
        "tests/capture/test_opening_rules.py",
    ),
    names=(
        "capture.recorder.step.x__take_ready__*",
        "capture.recorder.step.x__tally_lit__*",
        "capture.consent.gate.x_permits__*",
        "capture.consent.gate.x__reasons_of_time__*",
        "capture.consent.opening_rules.x_is_locked__*",
    ),
)


@pytest.mark.promise("P1")
@pytest.mark.promise("P3")
@pytest.mark.timeout(900)  # a quarter of a minute's work, on a machine that may be busy with the other tests
def test_no_change_to_what_opens_the_sensor_or_a_film_goes_unnoticed(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    mutants = run(CRUCIAL, folder, jobs=1, say=lambda _line: None)
    assert {mutant.file for mutant in mutants} == set(CRUCIAL.files)
    assert [diff(mutant, folder) for mutant in mutants if not mutant.is_found_out] == []
