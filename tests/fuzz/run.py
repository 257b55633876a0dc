"""Runs the fuzz targets: `make fuzz` each for a bounded time, `run.py NAME` one of them, `run.py NAME FILE` one input again.

Inputs begin with seeds that are made anew each time; what was learnt and what was found stays under build/fuzz/.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# From anywhere, installed or not; not this folder itself, whose names are those of targets.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]

from fuzz.target import NAMES, TRAP, Target  # noqa: E402 - only now can it be found

MEMORY_MB = 1024
SLOWEST_S = 20
"""For one input: each is a few kilobytes at most."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a target's inputs lie: what to begin with, what was learnt in this and earlier runs, what broke a rule."""

    seeds: Path
    corpus: Path
    findings: Path

    @classmethod
    def under(cls, build: Path, name: str) -> Places:
        return cls(build / "seeds" / name, build / "corpus" / name, build / "findings" / name)


def load(name: str) -> Target:
    found = importlib.import_module(f"fuzz.{name}").TARGET
    assert isinstance(found, Target)
    return found


def fuzz(name: str, seconds: int, places: Places) -> None:
    """Fuzz in this process until the time is over or something is found. Never returns."""
    import atheris  # noqa: PLC0415 - a replay and the tests do without it

    with atheris.instrument_imports(include=["capture"]):
        target = load(name)
    for folder in (places.seeds, places.corpus, places.findings):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (places.seeds / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)

    def vary(data: bytes, most_bytes: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.4:
            return bytes(atheris.Mutate(data, most_bytes))
        return target.vary(data, chance)[:most_bytes]

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={target.most_bytes}",
        f"-artifact_prefix={places.findings}/",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={SLOWEST_S}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(places.corpus), str(places.seeds)], target.check, custom_mutator=vary)
    atheris.Fuzz()


def fuzz_apart(name: str, seconds: int, build: Path) -> bool:
    """Fuzz in a process of its own and print how it went. Returns whether nothing was found."""
    command = [sys.executable, __file__, name, "--seconds", str(seconds), "--build", str(build), "--here"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds + 120, check=False)
    except subprocess.TimeoutExpired:
        _say(f"{name:8} did not end")
        return False
    said = done.stdout + done.stderr
    reached = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", said)
    points, inputs = reached[-1] if reached else ("0", "0")
    units = re.search(r"stat::number_of_executed_units: (\d+)", said)
    runs = int(units[1]) if units else 0
    _say(f"{name:8} {runs:10} runs {runs // max(1, seconds):7}/s {points:>6} points reached {inputs:>6} inputs kept")
    if done.returncode == 0 and runs:
        return True
    _say(said[-3000:])
    for path in re.findall(r"Test unit written to (\S+)", said):
        _say(f"FOUND {path}\nagain: {sys.executable} {__file__} {name} {path}")
    return False


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the parsers of sealed recordings.")
    parser.add_argument("name", nargs="?", choices=(*NAMES, TRAP), help="one target; all if it is left out")
    parser.add_argument("file", nargs="?", type=Path, help="an input to be tried once more")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "fuzz", help="where inputs are kept")
    parser.add_argument("--here", action="store_true", help="in this process, its output unshortened")
    asked = parser.parse_args()
    if asked.file:
        load(asked.name).check(asked.file.read_bytes())
        _say("nothing found")
        return 0
    if importlib.util.find_spec("atheris") is None:
        _say("atheris is not installed: it comes for Linux on x86-64 alone")
        return 1
    if asked.here:
        fuzz(asked.name, asked.seconds, Places.under(asked.build, asked.name))
    results = [fuzz_apart(name, asked.seconds, asked.build) for name in ([asked.name] if asked.name else NAMES)]
    _say(f"{results.count(True)} of {len(results)} targets without a finding")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
