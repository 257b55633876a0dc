"""What a killed process and a cut file cost, many times over, held against the promise: `make sweep`. A table, and JSON.

Two boxes are killed side by side, one filming at 8 Mbit/s and one at 0.5, each on its own folder on the disk; recordings are cut
afterwards. Exit code 1 if anything cost more than the promise allows, does not play, or was told as something else than it is.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if __name__ == "__main__":  # run from anywhere, installed or not
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sweep_cuts import sweep_cuts
from sweep_kills import sweep_kills
from sweep_report import Rate, Trial, measured_mbit, rows, table, write_json

ROOT = Path(__file__).resolve().parent.parent
KILLED = (Rate.HIGH, Rate.LOW)


def _told(trials: Iterator[Trial], of: int) -> list[Trial]:
    """All of them, each told as it comes."""
    done = []
    for trial in trials:
        done.append(trial)
        said = "; ".join(trial.problems) or "ok"
        sys.stderr.write(
            f"{len(done):>4}/{of} {trial.kind} {trial.rate.mbit} Mbit/s at {trial.at}: filmed {trial.made_s:.2f} s, "
            f"lost {trial.lost_s:.2f} s, {trial.outcome}: {said}\n"
        )
    return done


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sweep", description="Kill a filming daemon and cut files, at random, many times.")
    parser.add_argument("--kills", type=int, default=200, help="in all, half of them at each bit rate")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="the one that an earlier run printed")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "sweep.json")
    asked = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    sys.stderr.write(f"seed {seed}\n")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vigcam-sweep-") as name, ThreadPoolExecutor(len(KILLED)) as lanes:
        folder = Path(name)
        kills = asked.kills // len(KILLED)
        running = [lanes.submit(_told, sweep_kills(folder / rate.name, rate, kills, seed), kills) for rate in KILLED if kills > 0]
        trials = [trial for lane in running for trial in lane.result()]
        trials += _told(sweep_cuts(folder, asked.cuts, seed), asked.cuts)
    write_json(asked.json, seed, trials)
    bad = [trial for trial in trials if trial.problems]
    rates = ", ".join(f"{reached} for {wanted}" for wanted, reached in measured_mbit(trials).items())
    sys.stdout.write(f"{table(rows(trials))}\n")
    sys.stdout.write(f"seed {seed}; Mbit/s measured: {rates}; {len(trials)} trials in {time.monotonic() - begun:.0f} s\n")
    for trial in bad:
        sys.stdout.write(f"BAD: {trial}\n")
    sys.stdout.write("all within the promise, nothing unplayable\n" if not bad else f"{len(bad)} trials break the promise\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
