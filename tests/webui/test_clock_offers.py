"""Whose clock the page offers: a browser's to a box that knows no time, or has a battery; never over another browser's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jumping_box import DAY_MS, NOON_MS, JumpingBox
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from web_box import Browser, RealBox, wait_for
from web_server import Server
from web_window import Watched

from capture.model import Confidence
from webui.app import create_app
from webui.config import WebConfig

SCRIPT, NOTE = "js/clock.js", 'id="clock-note"'


@contextmanager
def _box(folder: Path, *, has_rtc: bool) -> Iterator[JumpingBox]:
    box = JumpingBox(folder, has_rtc=has_rtc, system_ms=NOON_MS if has_rtc else 0)
    try:
        box.start(held=True)
        box.enrol()
        yield box
    finally:
        box.close()


@pytest.fixture(params=[False, True], ids=["no battery", "battery"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JumpingBox]:
    with _box(tmp_path / "box", has_rtc=request.param) as box:
        yield box


def _enter(box: JumpingBox) -> Browser:
    page = Browser(create_app(WebConfig(names=("localhost",), port=8443), box.client))
    page.post("/sign-in", {"username": box.username, "passphrase": box.passphrase})
    box.press()
    wait_for(lambda: page.get("/sign-in/state").json["stage"] == "signed_in", "the sign-in")
    return page


def test_after_signing_in_the_browser_offers_its_clock_and_only_a_box_without_one_says_so(box: JumpingBox) -> None:
    shown = _enter(box).get("/").text
    assert SCRIPT in shown
    assert (NOTE in shown) is not box.has_rtc


def test_a_browser_that_agrees_is_taken_or_leaves_the_battery_and_is_asked_no_more(box: JumpingBox) -> None:
    page = _enter(box)
    if not box.has_rtc:
        assert page.post("/clock", {"wall_ms": str(NOON_MS)}, Accept="application/json").status_code == 409
        assert page.post("/clock", {"wall_ms": str(NOON_MS), "confirmed": "1"}, Accept="application/json").status_code == 204
    else:
        assert page.post("/clock", {"wall_ms": str(NOON_MS + DAY_MS // 2)}, Accept="application/json").status_code == 204
    assert box.status().clock.confidence is (Confidence.RTC if box.has_rtc else Confidence.BROWSER)
    assert abs(box.status().clock.ms - NOON_MS) < 60_000
    assert SCRIPT not in page.get("/").text


def test_a_browser_that_is_a_month_off_is_left_to_a_person(box: JumpingBox) -> None:
    page, before = _enter(box), box.status().clock
    offered = str(before.ms + 30 * DAY_MS)
    assert page.post("/clock", {"wall_ms": offered}, Accept="application/json").status_code == 409
    assert box.status().clock.confidence is before.confidence
    assert SCRIPT not in page.get("/").text, "it would ask again at every page"
    assert "Confirm" in page.post("/clock", {"date": "2027-02-14", "time": "08:00", "offset": "0"}).text
    sent = {"date": "2027-02-14", "time": "08:00", "offset": "0", "confirmed": "1"}
    assert page.post("/clock", sent).status_code == 303
    assert box.status().clock.confidence is Confidence.BROWSER
    assert abs(box.status().clock.ms - NOON_MS - 30 * DAY_MS) < 60_000


def test_a_second_browser_of_the_same_boot_does_not_move_the_clock(box: JumpingBox) -> None:
    page = _enter(box)
    page.post("/clock", {"wall_ms": str(NOON_MS + 2 * DAY_MS), "confirmed": "1"}, Accept="application/json")
    assert SCRIPT not in _enter(box).get("/").text


@pytest.mark.parametrize("away_ms", [-400 * DAY_MS, 4_000 * DAY_MS])
def test_a_clock_that_jumps_at_sign_in_ends_neither_the_session_nor_a_form_that_was_open(box: JumpingBox, away_ms: int) -> None:
    page = _enter(box)
    token = page.token()
    box.clock.wall_offset_ms += away_ms
    assert (
        page.post("/clock", {"wall_ms": str(NOON_MS + away_ms), "confirmed": "1"}, Accept="application/json").status_code == 204
    )
    sent = {"retention": "therapeutic_transient", "csrf_token": token}
    assert page.post("/cases", sent).status_code == 303
    assert page.get("/cases").status_code == 200
    assert box.status().is_signed_in


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    "said",
    ["-86400000", "0", "946684800000", "1800000000000.5", "NaN", "", "253402300799000", "253402300800000"],
    ids=["1969", "1970", "2000", "a fraction", "no number", "nothing", "9999", "10000"],
)
def test_a_browser_whose_clock_cannot_be_right_is_left_to_a_person_and_moves_nothing(box: JumpingBox, said: str) -> None:
    page, before = _enter(box), box.status().clock
    for more in ({}, {"confirmed": "1"}):
        assert page.post("/clock", {"wall_ms": said, **more}, Accept="application/json").status_code == 409
    assert box.status().clock.confidence is before.confidence
    assert abs(box.status().clock.ms - before.ms) < 60_000
    assert SCRIPT not in page.get("/").text, "it would ask again at every page"


def test_once_the_box_took_the_browsers_clock_the_start_page_no_longer_says_that_it_has_none(
    chromium: Chromium, tmp_path: Path
) -> None:
    box = RealBox(tmp_path / "box")
    program = ["-m", "webui", "--socket", str(box.folder / "run" / "capture.sock")]
    server = Server(box.folder / "tls", tmp_path / "log", program)
    try:
        window = Watched(chromium.new_context(ignore_https_errors=True), server)
        window.go("/")
        expect(window.page.get_by_text("not trusted")).to_be_visible()
        window.sign_in(box)
        wait_for(lambda: box.status().clock.confidence is Confidence.BROWSER, "the clock")
        for stale in (window.page.get_by_text("not trusted"), window.page.get_by_role("link", name="Set the clock")):
            expect(stale).to_have_count(0)
        window.context.close()
    finally:
        server.close()
        box.close()
