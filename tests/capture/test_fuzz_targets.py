"""The fuzz targets in short: their rules hold for every seed and for some hundred changes of each, the same ones every time."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.run import load
from fuzz.target import NAMES, TRAP

RUN = Path(__file__).resolve().parents[1] / "fuzz" / "run.py"
CHANGES = 300


@pytest.mark.parametrize("name", NAMES)
def test_rules_hold_for_what_our_own_writers_make(name: str) -> None:
    target = load(name)
    for seed in target.seeds():
        target.check(seed)


@pytest.mark.parametrize("name", NAMES)
def test_rules_hold_for_inputs_that_were_tampered_with(name: str) -> None:
    target = load(name)
    chance = random.Random(name)
    seeds = target.seeds()
    for number in range(CHANGES):
        data = seeds[number % len(seeds)]
        for _ in range(number % 4 + 1):
            data = target.vary(data, chance)[: target.most_bytes]
        try:
            target.check(data)
        except BaseException:
            sys.stderr.write(f"{name}: {data.hex()}\n")
            raise


needs_atheris = pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this machine")


def run(build: Path, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), name, *more, "--build", str(build)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@needs_atheris
def test_fuzzer_runs_and_keeps_what_it_learns(tmp_path: Path) -> None:
    done = run(tmp_path, "header", "--seconds", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 targets without a finding" in done.stdout
    assert len(list((tmp_path / "corpus" / "header").iterdir())) > 3


@needs_atheris
def test_finding_is_reported_and_its_input_kept_to_be_tried_again(tmp_path: Path) -> None:
    done = run(tmp_path, TRAP, "--seconds", "30")
    assert done.returncode == 1
    assert "0 of 1 targets without a finding" in done.stdout
    (kept,) = (tmp_path / "findings" / TRAP).iterdir()
    assert f"FOUND {kept}" in done.stdout
    again = run(tmp_path, TRAP, str(kept))
    assert again.returncode != 0
    assert "the planted flaw" in again.stderr
