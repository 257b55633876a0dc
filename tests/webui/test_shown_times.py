"""Times on the page: UTC and said to be, in order where summer time repeats an hour, whatever zone the box is set to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from webui import forms
from webui.app import _moment
from webui.refusals import FormInvalid


def ms(text: str) -> int:
    """UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(autouse=True, params=["UTC", "Europe/London", "Asia/Kathmandu"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    app = Flask(__name__)
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    Babel(app)
    with app.test_request_context():
        yield
    monkeypatch.undo()
    time.tzset()


def form(date: str, clock: str, offset: int) -> MultiDict[str, str]:
    return MultiDict({"date": date, "time": clock, "offset": str(offset), "confirmed": "1"})


def test_the_hour_that_summer_time_repeats_is_two_hours_on_the_page() -> None:
    first, second = ms("2027-10-31T00:30"), ms("2027-10-31T01:30")
    assert [_moment(first), _moment(second)] == ["31 Oct 2027, 00:30 UTC", "31 Oct 2027, 01:30 UTC"]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2028-02-29T23:59", "29 Feb 2028, 23:59 UTC"),
        ("2038-01-19T03:14:08", "19 Jan 2038, 03:14 UTC"),
        ("2106-02-07T06:28:16", "7 Feb 2106, 06:28 UTC"),
        ("2027-03-28T01:30", "28 Mar 2027, 01:30 UTC"),
    ],
)
def test_every_moment_is_shown_in_utc_and_says_so(moment: str, shown: str) -> None:
    assert _moment(ms(moment)) == shown


@pytest.mark.parametrize(("far_ms", "shown"), [(10**15, "31 Dec 9999, 23:59 UTC"), (-(10**15), "1 Jan 1, 00:00 UTC")])
def test_a_moment_that_no_calendar_has_breaks_no_page(far_ms: int, shown: str) -> None:
    assert _moment(far_ms) == shown


@pytest.mark.parametrize(
    ("date", "clock", "offset", "utc"),
    [
        ("2027-10-31", "01:30", 60, "2027-10-31T00:30"),
        ("2027-10-31", "01:30", 0, "2027-10-31T01:30"),
        ("2027-03-28", "00:59", 0, "2027-03-28T00:59"),
        ("2027-03-28", "02:00", 60, "2027-03-28T01:00"),
        ("2028-02-29", "00:15", 60, "2028-02-28T23:15"),
        ("2038-01-19", "04:14:08", 60, "2038-01-19T03:14:08"),
    ],
)
def test_what_is_typed_is_the_wall_with_its_offset_and_nothing_is_guessed(date: str, clock: str, offset: int, utc: str) -> None:
    assert forms.clock(form(date, clock, offset)).wall_ms == ms(utc)


@pytest.mark.parametrize(
    ("date", "clock"), [("2027-02-29", "12:00"), ("2100-02-29", "12:00"), ("2026-12-31", "23:59:60"), ("2027-04-31", "12:00")]
)
def test_there_is_no_such_day_and_no_leap_second(date: str, clock: str) -> None:
    with pytest.raises(FormInvalid):
        forms.clock(form(date, clock, 0))
