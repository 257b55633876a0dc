"""What a sweep found: one fact for each trial, summed up in a table and in JSON. Judges by the promise's two bounds."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path


class Rate(Enum):
    """A bit rate in Mbit/s, and how much film a killed process may cost at it."""

    HIGH = ("8", 8_000_000, 0.6)
    MIDDLE = ("2", 2_000_000, 1.0)
    LOW = ("0.5", 500_000, 1.0)

    def __init__(self, mbit: str, bitrate: int, most_s: float) -> None:
        self.mbit = mbit
        self.bitrate = bitrate
        self.most_s = most_s


@dataclass(frozen=True, slots=True)
class Trial:
    """One kill or one cut. `at` is its place: seconds for a kill, bytes for a cut. `bits` are those of the pictures that play
    in whole seconds from the second one on (see `settled_bits`), `problems` what did not hold."""

    kind: str
    rate: Rate
    at: float
    made_s: float
    lost_s: float
    outcome: str
    played_s: float
    bits: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The trials of one kind at one rate."""

    kind: str
    mbit: str
    trials: int
    mean_s: float
    median_s: float
    worst_s: float
    most_s: float
    violations: int
    outcomes: str


def rows(trials: Sequence[Trial]) -> list[Row]:
    """One for each kind at each rate."""

    def by(trial: Trial) -> tuple[str, str]:
        return trial.kind, trial.rate.mbit

    found = []
    for (kind, mbit), group in groupby(sorted(trials, key=by), by):
        these = list(group)
        lost = [trial.lost_s for trial in these]
        outcomes = sorted({trial.outcome for trial in these})
        found.append(
            Row(
                kind,
                mbit,
                len(these),
                statistics.mean(lost),
                statistics.median(lost),
                max(lost),
                these[0].rate.most_s,
                sum(bool(trial.problems) for trial in these),
                ", ".join(f"{outcome} {sum(trial.outcome == outcome for trial in these)}" for outcome in outcomes),
            )
        )
    return found


def measured_mbit(trials: Sequence[Trial]) -> dict[str, float]:
    """The bit rate of the pictures that the kills left, by what was asked for."""
    reached = {}
    for rate in Rate:
        long = [trial for trial in trials if trial.kind.startswith("kill") and trial.rate is rate and trial.played_s >= 2]
        if long:
            settled_s = sum(int(trial.played_s) - 1 for trial in long)
            reached[rate.mbit] = round(sum(trial.bits for trial in long) / settled_s / 1e6, 2)
    return reached


def settled_bits(sizes: Sequence[int], fps: int) -> int:
    """Of pictures of these sizes: an encoder spends more in its first second, and each second begins with a large picture."""
    return 8 * sum(sizes[fps : len(sizes) // fps * fps])


def table(found: Sequence[Row]) -> str:
    """As text, a line for each row."""
    lines = [f"{'kind':<22}{'Mbit/s':>7}{'n':>5}{'mean s':>8}{'median':>8}{'worst':>8}{'bound':>7}{'bad':>5}  outcomes"]
    lines += [
        f"{row.kind:<22}{row.mbit:>7}{row.trials:>5}{row.mean_s:>8.3f}{row.median_s:>8.3f}{row.worst_s:>8.3f}"
        f"{row.most_s:>7.1f}{row.violations:>5}  {row.outcomes}"
        for row in found
    ]
    return "\n".join(lines)


def write_json(path: Path, seed: int, trials: Sequence[Trial]) -> None:
    path.parent.mkdir(exist_ok=True)
    content = {
        "seed": seed,
        "measured_mbit_s": measured_mbit(trials),
        "rows": [asdict(row) for row in rows(trials)],
        "trials": [{**asdict(trial), "rate": trial.rate.mbit} for trial in trials],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
