"""When a lamp that the box names by its pattern is lit, for drawing it at a terminal. Drives no lamp.

The figures are those of the box's own lamps (`device/lamps.py`); a test holds the two together, because the page's room may not
import the device's.
"""

from __future__ import annotations

from itertools import cycle

_DOT, _DASH, _GAP = 150, 450, 250

PATTERNS: dict[str, tuple[int, ...]] = {
    "slow_pulse": (300, 1700),
    "breathing": (2000, 2000),
    "fast_double_blink": (120, 180, 120, 680),
    "quick_blink": (200, 200),
    "long_short": (1200, 300, 300, 300),
    "pulse": (500, 500),
    "sos": (*(_DOT, _GAP) * 3, *(_DASH, _GAP) * 3, *(_DOT, _GAP) * 2, _DOT, 1500),
}
"""Milliseconds lit, dark, lit, dark, and from the start again."""


def is_lit(pattern: str, elapsed_ms: int) -> bool:
    """Whether the lamp is lit so long after the pattern began. An unknown pattern is drawn dark."""
    durations = PATTERNS.get(pattern)
    if durations is None:
        return pattern == "steady"
    into_ms = elapsed_ms % sum(durations)
    for duration, lit in zip(durations, cycle((True, False)), strict=False):
        if into_ms < duration:
            return lit
        into_ms -= duration
    raise AssertionError("a moment lies within the pattern's period")
