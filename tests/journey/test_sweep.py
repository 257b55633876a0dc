"""A short sweep: the real daemon killed at both bit rates while it films, recordings cut at random. `make sweep` does more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sweep


@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
def test_no_kill_and_no_cut_costs_more_film_than_promised_and_the_rest_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "sweep.json"
    # By this seed each box is killed once around its opening, once around the stop, twice in the midst of filming.
    code = sweep.main(["--kills", "8", "--cuts", "24", "--seed", "48", "--json", str(report)])
    assert code == 0, capsys.readouterr().out
    found = json.loads(report.read_text("utf-8"))
    kinds = {trial["kind"].split()[0]: 0 for trial in found["trials"]}
    assert set(kinds) == {"kill", "cut"}
    assert len(found["trials"]) == 32
    # What was promised for a bit rate was tried at that bit rate.
    reached = found["measured_mbit_s"]
    assert set(reached) == {"8", "0.5"}
    assert all(0.9 < mbit / float(wanted) < 1.2 for wanted, mbit in reached.items())
