"""What is counted as a change that a test noticed: a test that failed or went on for ever, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutant_room import FATES, FOUND_OUT
from mutant_watch import Ended
from source_tree import ROOT


def _end(folder: Path, source: str, *, took_s: float | None = None) -> int:
    """The code with which the tests of `source` end."""
    (folder / "test_it.py").write_text(source, "utf-8")
    if took_s is not None:
        known = {"duration_by_test": {"test_it.py::test_it": took_s}}
        (folder / "mutmut-stats.json").write_text(json.dumps(known), "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "--rootdir=.",
        "-p",
        "mutant_watch",
        "-p",
        "no:cacheprovider",
        "test_it.py",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120, check=False).returncode


def test_a_test_that_fails_is_told_as_one(tmp_path: Path) -> None:
    assert _end(tmp_path, "def test_it():\n    assert False\n") == Ended.FAILED


def test_what_a_test_sets_up_may_fail_for_it(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.fixture\ndef box():\n    raise ValueError\ndef test_it(box):\n    pass\n"
    assert _end(tmp_path, source) == Ended.FAILED


def test_tests_that_hold_are_told_as_pytest_tells_them(tmp_path: Path) -> None:
    assert _end(tmp_path, "def test_it():\n    pass\n", took_s=0.1) == 0


def test_a_test_that_works_for_ever_is_ended_by_the_time_it_took_of_the_processor(tmp_path: Path) -> None:
    assert _end(tmp_path, "def test_it():\n    while True:\n        pass\n", took_s=0) == Ended.ENDLESS


def test_a_test_that_hypothesis_takes_for_slow_is_not_told_as_failed(tmp_path: Path) -> None:
    source = """
from hypothesis import given
from hypothesis.errors import FailedHealthCheck
from hypothesis.strategies import integers
@given(integers())
def test_it(_):
    raise FailedHealthCheck("too slow")
"""
    assert _end(tmp_path, source) == Ended.SLOW


@pytest.mark.parametrize("source", ["import nothing_of_this_name\n", "def test_it(:\n", "import os\nos._exit(1)\n"])
def test_tests_that_cannot_run_show_nothing(tmp_path: Path, source: str) -> None:
    assert FATES.get(_end(tmp_path, source)) not in FOUND_OUT


def test_only_tests_that_fail_or_never_end_find_a_change_out() -> None:
    assert {code for code, fate in FATES.items() if fate in FOUND_OUT} == {Ended.FAILED, Ended.ENDLESS}
