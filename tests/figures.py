"""A figure of `make bench`: one line and one object of build/bench.json. Measures nothing itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `ratio` is ours to the peer's; a goal that is None is not set; `met` is None without a goal."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    goal_min: float | None = None
    goal_max: float | None = None
    met: bool | None = None
    note: str = ""

    def line(self) -> str:
        against = "" if self.peer_value is None else f"   {self.peer} {self.peer_value:.0f} {self.unit}, ratio {self.ratio:.2f}"
        bounds = [f"at least {self.goal_min:g}"] if self.goal_min is not None else []
        bounds += [f"at most {self.goal_max:g}"] if self.goal_max is not None else []
        verdict = "" if self.met is None else f"   goal {' and '.join(bounds)}: {'met' if self.met else 'MISSED'}"
        return f"{self.name:<42} {self.value:>9.1f} {self.unit:<6}{against}{verdict}   ({self.note})"


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def at_most(name: str, seconds: list[float], unit: str, goal: float, note: str) -> Figure:
    """The median of times, in the unit's scale."""
    value = statistics.median(seconds) * {"µs": 1e6, "ms": 1e3, "s": 1.0}[unit]
    return Figure(name, value, unit, goal_max=goal, met=value <= goal, note=note)
