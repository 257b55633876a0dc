"""Rules of the lamp patterns."""

from __future__ import annotations

import pytest

from device.lamps import PATTERNS, showing
from device.ports import LampPattern

MS = 1_000_000

LIT = [pattern for pattern in LampPattern if pattern is not LampPattern.OFF]
BLINKING = [pattern for pattern in LampPattern if len(PATTERNS[pattern]) > 1]


def _levels(pattern: LampPattern, duration_ms: int) -> list[bool]:
    return [showing(pattern, ms * MS).is_lit for ms in range(duration_ms)]


def test_every_pattern_has_its_phases():
    assert set(PATTERNS) == set(LampPattern)


@pytest.mark.parametrize("pattern", LIT)
def test_a_lit_pattern_begins_lit(pattern):
    assert showing(pattern, 0).is_lit


@pytest.mark.parametrize("pattern", BLINKING)
def test_no_pattern_flashes_more_than_three_times_in_any_second(pattern):
    levels = _levels(pattern, 12_000)
    flashes = [ms for ms in range(1, len(levels)) if levels[ms] and not levels[ms - 1]]
    assert all(sum(start <= flash <= start + 1000 for flash in flashes) <= 3 for start in range(11_000))
    assert len(flashes) >= 2


@pytest.mark.parametrize("pattern", BLINKING)
def test_the_announced_change_comes_when_it_was_announced(pattern):
    elapsed_ns = 0
    for _ in range(40):
        now = showing(pattern, elapsed_ns)
        assert showing(pattern, elapsed_ns + now.change_in_ns - 1).is_lit is now.is_lit
        elapsed_ns += now.change_in_ns
        assert showing(pattern, elapsed_ns).is_lit is not now.is_lit


def test_no_two_patterns_look_alike():
    assert len({tuple(_levels(pattern, 6000)) for pattern in LampPattern}) == len(LampPattern)


def test_off_stays_dark_and_steady_stays_lit():
    assert not any(_levels(LampPattern.OFF, 5000))
    assert all(_levels(LampPattern.STEADY, 5000))


def test_the_framing_tally_is_a_long_and_a_short_light():
    phases = PATTERNS[LampPattern.LONG_SHORT]
    lit = [phase.duration_ms for phase in phases if phase.is_lit]
    assert len(lit) == 2
    assert lit[0] >= 3 * lit[1]
