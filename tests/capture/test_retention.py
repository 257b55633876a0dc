"""The day on which films are due: reckoned in UTC from the end of the work, never later than promised, never by a wrong clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capture.config import parse_config
from capture.consent.retention import DAY_MS, LAST_MS, PROMISED_DAYS, Kept, days_left, erase_due_ms, reminder
from capture.errors import ConfigInvalid
from capture.ids import new_case_code
from capture.model import Case, Confidence, Reminder, RetentionClass, WallTime

BOX = b'[box]\nid = "box-abcdef"\n'


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def wall(at_ms: int, confidence: Confidence = Confidence.BROWSER) -> WallTime:
    return WallTime(ms=at_ms, confidence=confidence)


def case(ended_ms: int | None, retention: RetentionClass = RetentionClass.THERAPEUTIC_TRANSIENT) -> Case:
    return Case(code=new_case_code(), opened=wall(0), retention=retention, involvement_ended_ms=ended_ms)


@pytest.mark.parametrize("retention", RetentionClass)
def test_while_the_work_goes_on_there_is_no_day_and_nothing_is_due(retention: RetentionClass) -> None:
    assert erase_due_ms(case(None, retention)) is None
    assert Kept().due_ms(case(None, retention)) is None
    assert reminder(None, wall(ms(2100, 1, 1))) is Reminder.NONE


@pytest.mark.parametrize("retention", RetentionClass)
def test_the_day_is_sixty_days_after_the_end_whatever_the_class(retention: RetentionClass) -> None:
    assert erase_due_ms(case(ms(2026, 11, 1, 15, 30), retention)) == ms(2026, 12, 31, 15, 30)


@pytest.mark.parametrize(
    ("ended", "due"),
    [
        ((2027, 12, 31), (2028, 2, 29)),  # a leap day counts, and can be the day
        ((2027, 1, 1), (2027, 3, 2)),
        ((2028, 1, 1), (2028, 3, 1)),
        ((2026, 12, 31), (2027, 3, 1)),
        ((2099, 12, 31), (2100, 3, 1)),  # no leap year
    ],
)
def test_leap_days_are_days(ended: tuple[int, int, int], due: tuple[int, int, int]) -> None:
    assert erase_due_ms(case(ms(*ended))) == ms(*due)


@pytest.mark.parametrize("month", [3, 10], ids=["spring", "autumn"])
def test_clocks_that_go_forward_or_back_in_between_move_no_day(month: int) -> None:
    london = ZoneInfo("Europe/London")
    end = datetime(2027, month, 1, 9, 0, tzinfo=london)
    due_ms = erase_due_ms(case(int(end.timestamp() * 1000)))
    assert due_ms is not None
    due = datetime.fromtimestamp(due_ms / 1000, london)
    assert due.date() == (end + timedelta(days=60)).date()
    assert due.hour != end.hour, "the clocks did change in between"
    assert days_left(due_ms, int(end.timestamp() * 1000)) == 60


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (400, Reminder.NONE),
        (15, Reminder.NONE),
        (14, Reminder.DUE_IN_14),
        (8, Reminder.DUE_IN_14),
        (7, Reminder.DUE_IN_7),
        (2, Reminder.DUE_IN_7),
        (1, Reminder.DUE_IN_1),
        (0, Reminder.DUE),
        (-1, Reminder.DUE),
        (-4000, Reminder.DUE),
    ],
)
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_reminder_turns_with_the_day_of_utc_and_not_with_the_hour(days: int, stage: Reminder, hour: int) -> None:
    due_ms = ms(2027, 6, 15, 16, 45)
    at = ms(2027, 6, 15, hour, 59) - days * DAY_MS
    assert days_left(due_ms, at) == days
    assert reminder(due_ms, wall(at)) is stage


@pytest.mark.promise("P9")
def test_by_a_clock_that_nobody_trusts_nothing_is_due() -> None:
    for at in (0, ms(2027, 6, 15), ms(2200, 1, 1), LAST_MS):
        assert reminder(ms(2027, 6, 15), wall(at, Confidence.NONE)) is Reminder.DATE_UNKNOWN


def test_days_before_1970_are_days_too() -> None:
    assert days_left(-1, 0) == -1
    assert days_left(0, -1) == 1
    assert reminder(-1, wall(-1)) is Reminder.DUE


def test_without_a_date_even_the_last_day_of_all_is_told() -> None:
    assert erase_due_ms(case(LAST_MS)) == LAST_MS < Kept().latest_to_remind_of(wall(0, Confidence.NONE))


def test_no_day_lies_behind_the_last_that_can_be_shown() -> None:
    due_ms = erase_due_ms(case(LAST_MS - 1))
    assert due_ms == LAST_MS
    assert datetime.fromtimestamp(due_ms / 1000, UTC).year == 9999


@given(days=st.integers(1, PROMISED_DAYS), ended_ms=st.integers(0, LAST_MS - PROMISED_DAYS * DAY_MS))
def test_a_service_can_be_sooner_than_promised_and_never_later(days: int, ended_ms: int) -> None:
    due_ms = Kept(days).due_ms(case(ended_ms))
    latest_ms = erase_due_ms(case(ended_ms))
    assert due_ms is not None
    assert latest_ms is not None
    assert due_ms == ended_ms + days * DAY_MS <= latest_ms


@given(days=st.integers(1, PROMISED_DAYS), latest_ms=st.integers(0, 2**45), at_ms=st.integers(0, 2**45))
@example(days=60, latest_ms=14 * DAY_MS + DAY_MS - 1, at_ms=0)
@example(days=60, latest_ms=15 * DAY_MS, at_ms=DAY_MS - 1)
@example(days=10, latest_ms=64 * DAY_MS, at_ms=0)
def test_just_those_that_are_reminded_of_are_looked_for(days: int, latest_ms: int, at_ms: int) -> None:
    kept, at = Kept(days), wall(at_ms)
    is_near = reminder(kept.day_of(latest_ms), at) is not Reminder.NONE
    assert is_near == (latest_ms < kept.latest_to_remind_of(at))


@given(due_ms=st.integers(0, 2**45), first=st.integers(0, 2**45), second=st.integers(0, 2**45))
def test_time_that_goes_on_never_takes_a_reminder_back(due_ms: int, first: int, second: int) -> None:
    order = [Reminder.NONE, Reminder.DUE_IN_14, Reminder.DUE_IN_7, Reminder.DUE_IN_1, Reminder.DUE]
    early, late = sorted((first, second))
    assert order.index(reminder(due_ms, wall(early))) <= order.index(reminder(due_ms, wall(late)))


@pytest.mark.parametrize("days", [b"0", b"61", b"-1", b"1000000", b"60.5", b'"60"'])
def test_no_setting_keeps_films_longer_than_was_promised(days: bytes) -> None:
    with pytest.raises(ConfigInvalid, match=r"retention\.kept_days: allowed is a whole number from 1 to 60"):
        parse_config(BOX + b"[retention]\nkept_days = " + days)


def test_the_setting_is_the_rule() -> None:
    assert parse_config(BOX).retention.kept == Kept(60)
    assert parse_config(BOX + b"[retention]\nkept_days = 14").retention.kept == Kept(14)
