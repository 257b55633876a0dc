"""A clock that is wrong for good: a repair takes any time, and no error of a clock comes back with the next boot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_box import NOON_MS, HandClock

from capture.anchor import EARLIEST_MS, LATEST_MS, LIKELY_MS, TimeAnchor
from capture.errors import ClockUnlikely
from capture.model import Confidence, WallTime

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FAR_MS = NOON_MS + 70 * 365 * DAY_MS


class Box:
    """A clock and what outlives its boots."""

    def __init__(self, *, has_rtc: bool = False, system_ms: int = 0) -> None:
        self.clock = HandClock(has_rtc=has_rtc, system_ms=system_ms)
        self.kept: str | None = None
        self.boots = 0
        self.anchor = self._anchor()

    def _anchor(self) -> TimeAnchor:
        return TimeAnchor(self.clock, lambda: self.kept, self._keep)

    def _keep(self, text: str) -> None:
        self.kept = text

    def boot(self, system_ms: int = 0) -> WallTime:
        self.boots += 1
        self.clock.reboot(f"{self.boots:032x}", system_ms)
        self.anchor = self._anchor()
        return self.anchor.now()


def trusted(ms: int) -> WallTime:
    return WallTime(ms=ms, confidence=Confidence.BROWSER)


def expected(ms: int) -> WallTime:
    return WallTime(ms=ms, confidence=Confidence.NONE)


@given(believed=st.integers(EARLIEST_MS, FAR_MS), said=st.integers(EARLIEST_MS, FAR_MS), has_rtc=st.booleans())
def test_a_repair_takes_any_time_and_says_what_it_was_before(believed: int, said: int, has_rtc: bool) -> None:
    box = Box(has_rtc=has_rtc, system_ms=believed)
    before = box.anchor.now()
    step = box.anchor.repair(said)
    assert (step.before, step.after) == (before, trusted(said))
    assert box.anchor.now() == trusted(said)


@pytest.mark.parametrize("wall_ms", [0, EARLIEST_MS - 1, LATEST_MS, 253_402_300_799_000])
def test_what_no_clock_of_a_box_can_say_is_believed_from_nobody(wall_ms: int) -> None:
    box = Box(system_ms=NOON_MS)
    with pytest.raises(ClockUnlikely):
        box.anchor.offer(wall_ms, is_confirmed=True)
    with pytest.raises(ClockUnlikely):
        box.anchor.repair(wall_ms)
    assert box.anchor.now() == expected(NOON_MS)
    assert Box(has_rtc=True, system_ms=wall_ms).anchor.now() == expected(EARLIEST_MS)


def test_what_is_given_at_the_last_believable_moment_can_still_be_shown() -> None:
    longest_ms = (730 + 60) * DAY_MS
    assert datetime.fromtimestamp((LATEST_MS + longest_ms) / 1000, UTC).year < 9999


def test_one_wrong_phone_clock_does_not_shut_the_box_to_the_next_right_one() -> None:
    box = Box()
    box.anchor.offer(FAR_MS, is_confirmed=True)
    assert box.boot() == expected(FAR_MS)
    with pytest.raises(ClockUnlikely):
        box.anchor.offer(NOON_MS, is_confirmed=False)
    box.anchor.offer(NOON_MS, is_confirmed=True)
    assert box.boot() == expected(NOON_MS)
    box.anchor.offer(NOON_MS + HOUR_MS, is_confirmed=False)


def test_what_was_seen_in_the_far_future_is_forgotten_by_a_repair() -> None:
    box = Box()
    box.anchor.offer(FAR_MS, is_confirmed=True)
    box.anchor.repair(NOON_MS)
    assert box.boot() == expected(NOON_MS)
    box.anchor.offer(NOON_MS + DAY_MS, is_confirmed=False)


@pytest.mark.parametrize("error_ms", [-400 * DAY_MS, -2 * DAY_MS, 2 * DAY_MS, 400 * DAY_MS])
def test_a_battery_backed_clock_that_a_repair_found_wrong_is_not_believed_at_later_boots(error_ms: int) -> None:
    box = Box(has_rtc=True, system_ms=NOON_MS + error_ms)
    box.anchor.repair(NOON_MS)
    for day in range(1, 30, 7):
        now = NOON_MS + day * DAY_MS
        assert box.boot(now + error_ms).confidence is Confidence.NONE
        box.anchor.offer(now, is_confirmed=True)
        assert box.anchor.now() == trusted(now)


def test_a_battery_backed_clock_that_a_later_repair_finds_right_is_believed_again() -> None:
    box = Box(has_rtc=True, system_ms=FAR_MS)
    box.anchor.repair(NOON_MS)
    box.boot(NOON_MS)
    box.anchor.repair(NOON_MS + HOUR_MS)
    assert box.boot(NOON_MS + DAY_MS) == WallTime(ms=NOON_MS + DAY_MS, confidence=Confidence.RTC)


def test_a_repair_that_agrees_leaves_a_battery_backed_clock_believed() -> None:
    box = Box(has_rtc=True, system_ms=NOON_MS)
    box.anchor.repair(NOON_MS + LIKELY_MS)
    assert box.boot(NOON_MS + DAY_MS).confidence is Confidence.RTC


def test_a_system_clock_that_runs_ahead_makes_no_right_offer_unlikely_after_a_repair() -> None:
    box = Box(system_ms=FAR_MS)
    with pytest.raises(ClockUnlikely):
        box.anchor.offer(NOON_MS, is_confirmed=False)
    box.anchor.repair(NOON_MS)
    assert box.boot(FAR_MS) == expected(NOON_MS)
    box.anchor.offer(NOON_MS + HOUR_MS, is_confirmed=False)


def test_a_system_clock_without_a_battery_that_was_behind_may_still_tell_that_time_went_on() -> None:
    box = Box(system_ms=0)
    box.anchor.repair(NOON_MS)
    assert box.boot(NOON_MS + 30 * DAY_MS) == expected(NOON_MS + 30 * DAY_MS)


def test_what_an_earlier_version_kept_is_still_read() -> None:
    box = Box()
    box.anchor.offer(NOON_MS, is_confirmed=True)
    assert box.kept is not None
    box.kept = box.kept.replace(',"is_system_believed":true', "")
    assert "believed" not in box.kept
    assert box.boot() == expected(NOON_MS)


def test_two_practitioners_whose_phones_differ_by_less_than_a_day_both_get_in() -> None:
    box = Box(system_ms=NOON_MS)
    for offered in (NOON_MS, NOON_MS - 3 * HOUR_MS, NOON_MS + 20 * HOUR_MS):
        box.anchor.offer(offered, is_confirmed=False)
        assert box.anchor.now() == trusted(offered)


def test_the_second_practitioner_is_asked_where_the_first_ones_phone_was_wrong() -> None:
    box = Box(system_ms=NOON_MS)
    box.anchor.offer(NOON_MS + 40 * DAY_MS, is_confirmed=True)
    with pytest.raises(ClockUnlikely):
        box.anchor.offer(NOON_MS, is_confirmed=False)
    assert box.anchor.now() == trusted(NOON_MS + 40 * DAY_MS)
    box.anchor.offer(NOON_MS, is_confirmed=True)
    assert box.anchor.now() == trusted(NOON_MS)


@pytest.mark.parametrize("away_ms", [-LIKELY_MS - 1, LIKELY_MS + 1])
def test_a_browser_that_differs_from_a_battery_by_more_than_a_day_needs_a_person(away_ms: int) -> None:
    box = Box(has_rtc=True, system_ms=NOON_MS)
    with pytest.raises(ClockUnlikely):
        box.anchor.offer(NOON_MS + away_ms, is_confirmed=False)
    assert box.anchor.now().confidence is Confidence.RTC
    box.anchor.offer(NOON_MS + away_ms, is_confirmed=True)
    assert box.anchor.now() == trusted(NOON_MS + away_ms)


def test_a_wrong_phone_beside_a_right_battery_is_over_with_the_next_right_one() -> None:
    box = Box(has_rtc=True, system_ms=NOON_MS)
    box.anchor.offer(FAR_MS, is_confirmed=True)
    # By what was seen the battery looks flat: nobody can tell which of the two is wrong.
    assert box.boot(NOON_MS + DAY_MS) == expected(FAR_MS)
    box.anchor.offer(NOON_MS + DAY_MS, is_confirmed=True)
    assert box.boot(NOON_MS + 2 * DAY_MS) == WallTime(ms=NOON_MS + 2 * DAY_MS, confidence=Confidence.RTC)
