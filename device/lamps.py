"""What each lamp pattern looks like, as data, and which part of it shows at a given moment. Touches no pin.

Every lit pattern begins lit, so that asking for it can be read back at once. None flashes more than three times in any second
(photosensitive epilepsy; WCAG 2.3.1). Breathing is a slow even on and off, not a fade: a fade needs PWM, which on a Pi is made in
software, flickers under load, and reads back as a duty cycle instead of the line's own level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from device.ports import LampPattern


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a pattern: lit or dark for `duration_ms`."""

    is_lit: bool
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Showing:
    """What a pattern shows now, and in how many nanoseconds it changes (None: never)."""

    is_lit: bool
    change_in_ns: int | None


def _blink(*durations_ms: int) -> tuple[Phase, ...]:
    """Lit, dark, lit, dark …"""
    return tuple(Phase(is_lit=index % 2 == 0, duration_ms=duration) for index, duration in enumerate(durations_ms))


_DOT, _DASH, _GAP = 150, 450, 250

PATTERNS: Mapping[LampPattern, tuple[Phase, ...]] = MappingProxyType(
    {
        LampPattern.OFF: (Phase(is_lit=False, duration_ms=0),),
        LampPattern.STEADY: (Phase(is_lit=True, duration_ms=0),),
        LampPattern.SLOW_PULSE: _blink(300, 1700),
        LampPattern.BREATHING: _blink(2000, 2000),
        LampPattern.FAST_DOUBLE_BLINK: _blink(120, 180, 120, 680),
        LampPattern.QUICK_BLINK: _blink(200, 200),
        LampPattern.LONG_SHORT: _blink(1200, 300, 300, 300),
        LampPattern.PULSE: _blink(500, 500),
        LampPattern.SOS: _blink(*(_DOT, _GAP) * 3, *(_DASH, _GAP) * 3, *(_DOT, _GAP) * 2, _DOT, 1500),
    }
)
"""Phases in turn, then from the start again. A pattern of one phase stays."""


def showing(pattern: LampPattern, elapsed_ns: int) -> Showing:
    """What `pattern` shows `elapsed_ns` after it began."""
    phases = PATTERNS[pattern]
    if len(phases) == 1:
        return Showing(is_lit=phases[0].is_lit, change_in_ns=None)
    into_ns = elapsed_ns % (sum(phase.duration_ms for phase in phases) * 1_000_000)
    for phase in phases:
        left_ns = phase.duration_ms * 1_000_000 - into_ns
        if left_ns > 0:
            return Showing(is_lit=phase.is_lit, change_in_ns=left_ns)
        into_ns = -left_ns
    raise AssertionError("a moment lies within the pattern's period")
