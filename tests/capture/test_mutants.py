"""What filming and opening rest on, broken one small change at a time: some test notices each. All rules: `make mutants`, and the
list of what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutant_room import Room, diff, run
from mutants_left import PAGE, WORDS, left, listed, shown

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


def test_what_is_listed_as_unnoticed_stands_in_the_rules_today() -> None:
    page = listed(PAGE.read_text("utf-8"))
    assert page
    assert [change for change in page if not change.still_stands()] == []


def test_the_list_is_read_as_a_run_writes_it() -> None:
    changes = {
        left("capture/recorder/step.py", "_sealed", '-    if code == "a":\n-        b(1)\n+    if code != "a":\n+        b(1)\n'),
        left("capture/recorder/step.py", "_sealed", "-    b(1)\n"),
        left("capture/audit/log.py", "AuditLog.close", "-        c(1)\n+        c(2)\n"),
    }
    assert listed("\n".join(["```diff", *shown(changes), "```"])) == changes


@pytest.mark.parametrize("into", ['raise Refused("XXnoXX")', 'raise Refused("NO")', "raise Refused(None)"])
def test_the_words_of_an_error_are_one_entry(into: str) -> None:
    assert left("a.py", "f", f'-    raise Refused("no")\n+    {into}\n').into == WORDS


@pytest.mark.parametrize("into", ['raise Other("no")', 'raise Refused("no", reasons=None)', "pass"])
def test_what_an_error_is_is_not_its_words(into: str) -> None:
    assert left("a.py", "f", f'-    raise Refused("no")\n+    {into}\n').into == into
