"""A figure of `make bench`: one line and one object of build/bench.json. Measures nothing but time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SCALE = {"µs": 1e6, "ms": 1e3, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `ratio` is ours to the peer's; a goal that is None is not set; `met` is None without a goal.

    The goal is for the ratio where there is one, else for the value.
    """

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
        peer = "" if self.peer_value is None else f"   {self.peer} {_short(self.peer_value)} {self.unit}, ratio {self.ratio:.2f}"
        bounds = [f"at least {self.goal_min:g}"] if self.goal_min is not None else []
        bounds += [f"at most {self.goal_max:g}"] if self.goal_max is not None else []
        verdict = "" if self.met is None else f"   goal {' and '.join(bounds)}: {'met' if self.met else 'MISSED'}"
        return f"{self.name:<42} {_short(self.value):>9} {self.unit:<6}{peer}{verdict}   ({self.note})"


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def at_most(name: str, seconds: Sequence[float], unit: str, goal: float, note: str) -> Figure:
    """The median of times, in the unit's scale."""
    value = statistics.median(seconds) * _SCALE[unit]
    return Figure(name, value, unit, goal_max=goal, met=value <= goal, note=note)


def against(  # noqa: PLR0917 -- a figure's own facts, in its order
    name: str, value: float, unit: str, peer: str, peer_value: float, goal_min: float | None, goal_max: float | None, note: str
) -> Figure:
    """Ours and a peer's; the goal, where there is one, is for the ratio."""
    ratio = value / peer_value
    is_within = (goal_min is None or ratio >= goal_min) and (goal_max is None or ratio <= goal_max)
    met = None if goal_min is goal_max is None else is_within
    return Figure(name, value, unit, peer, peer_value, ratio, goal_min, goal_max, met, note)


def _short(value: float) -> str:
    """Three digits, and no fewer than stand before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
