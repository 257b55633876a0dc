"""Sessions in RAM: the cookie, their end by boot time, no fixation, no filling of the memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from web_box import Browser

from capture.client import CaptureClient
from capture.messages import SignedIn
from capture.model import Confidence
from webui.app import boottime_s, create_app
from webui.config import WebConfig
from webui.sessions import COOKIE, SESSION_LIMIT, Sessions, WebSession

WHO = SignedIn(session="s" * 24, practitioner="prac-aaaaaa", recipients=(), clock_confidence=Confidence.RTC)

DAY_S = 86_400


class BootClock:
    """Boot time in the test's hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def store(clock: BootClock) -> tuple[Sessions, list[str]]:
    ended: list[str] = []
    return Sessions(clock, 900.0, ended.append), ended


def stranger(session_id: str, now_s: float) -> WebSession:
    one = WebSession(session_id, now_s, "10.0.0.9")
    one["csrf_token"] = "x"
    return one


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie(COOKIE, "localhost")
    return cookie.value if cookie else ""


def test_the_cookie_is_host_bound_secure_out_of_reach_of_scripts_and_strict(lonely: Browser) -> None:
    header = lonely.get("/no-such-page").headers["Set-Cookie"]
    assert header.startswith("__Host-vigcam=")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in header
    assert "Domain" not in header
    assert "Expires" not in header
    assert "Max-Age" not in header


def test_a_planted_session_id_is_not_taken_up(lonely: Browser) -> None:
    lonely.client.set_cookie(COOKIE, "planted", domain="localhost")
    lonely.get("/no-such-page")
    assert cookie_of(lonely) != "planted"


def test_a_known_browser_keeps_its_session(lonely: Browser) -> None:
    lonely.get("/no-such-page")
    first = cookie_of(lonely)
    assert "Set-Cookie" not in lonely.get("/no-such-page").headers
    assert cookie_of(lonely) == first


def test_a_request_that_needs_nothing_remembered_gets_no_cookie(lonely: Browser) -> None:
    assert "Set-Cookie" not in lonely.get("/static/css/page.css").headers
    assert "Set-Cookie" not in lonely.get("/sign-in/state").headers


def test_the_pages_own_time_is_boot_time_and_goes_on_while_the_box_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of these seven seconds it was awake."""
    kernel = {time.CLOCK_BOOTTIME: 7.0, time.CLOCK_MONOTONIC: 3.0, time.CLOCK_REALTIME: 9.0}
    monkeypatch.setattr(time, "clock_gettime", kernel.__getitem__)
    assert boottime_s() == 7.0


@pytest.mark.parametrize("jump_s", [-400 * DAY_S, 400 * DAY_S])
def test_a_form_outlives_any_step_of_the_systems_clock(lonely: Browser, monkeypatch: pytest.MonkeyPatch, jump_s: int) -> None:
    token, machines_time_s = lonely.token(), time.time
    monkeypatch.setattr(time, "time", lambda: machines_time_s() + jump_s)
    assert lonely.post("/disarm", {"csrf_token": token}).location == "/sign-in"


def test_a_browser_that_asks_nothing_is_forgotten_by_boot_time(lonely: Browser) -> None:
    clock = BootClock()
    sessions, _ = store(clock)
    with lonely.app.test_request_context("/"):
        sessions.save_session(lonely.app, stranger("id", clock()), lonely.app.make_response(""))
    clock.now_s += 899
    sessions._expire()
    assert "id" in sessions._by_id
    clock.now_s += 2
    sessions._expire()
    assert "id" not in sessions._by_id


def test_a_browser_that_asks_now_and_then_is_not_forgotten(config: WebConfig, tmp_path: Path) -> None:
    clock = BootClock()
    browser = Browser(create_app(config, CaptureClient(tmp_path / "none"), clock))
    token = browser.token()
    for _ in range(3):
        clock.now_s += 800
        browser.get("/sign-in/state")
    assert browser.post("/disarm", {"csrf_token": token}).location == "/sign-in"


def test_who_is_signed_in_stays_so_for_as_long_as_the_daemon_says(lonely: Browser) -> None:
    """Half an hour of film with the phone in a pocket is no idleness, and only the daemon knows of it."""
    clock = BootClock()
    sessions, ended = store(clock)
    mine = stranger("id", clock())
    mine.signed_in = WHO
    with lonely.app.test_request_context("/"):
        sessions.save_session(lonely.app, mine, lonely.app.make_response(""))
    clock.now_s += 1800
    sessions._expire()
    assert mine.signed_in is WHO
    assert not ended


def test_signing_in_ends_every_other_session_that_was(lonely: Browser) -> None:
    clock = BootClock()
    sessions, ended = store(clock)
    before, after = stranger("before", clock()), stranger("after", clock())
    before.signed_in = WHO
    with lonely.app.test_request_context("/"):
        for one in (before, after):
            sessions.save_session(lonely.app, one, lonely.app.make_response(""))
        sessions.sign_in(after, WHO)
    assert ended == [WHO.session]
    assert before.signed_in is None
    assert after.signed_in is WHO


def test_renewing_gives_another_id_and_forgets_the_token(lonely: Browser) -> None:
    clock = BootClock()
    sessions, _ = store(clock)
    mine = WebSession("before", clock())
    mine["csrf_token"] = "old"
    with lonely.app.test_request_context("/"):
        sessions.save_session(lonely.app, mine, lonely.app.make_response(""))
        sessions.renew(mine)
        answer = lonely.app.make_response("")
        mine["csrf_token"] = "new"
        sessions.save_session(lonely.app, mine, answer)
    assert mine.session_id != "before"
    assert "before" not in sessions._by_id
    assert mine.session_id in answer.headers["Set-Cookie"]


def test_a_crowd_of_strangers_neither_fills_the_memory_nor_pushes_anybody_out(lonely: Browser) -> None:
    clock = BootClock()
    sessions, ended = store(clock)
    mine, typing = WebSession("mine", clock(), "10.0.0.2"), WebSession("typing", clock(), "10.0.0.3")
    mine.signed_in = WHO
    typing["csrf_token"] = "x"
    with lonely.app.test_request_context("/"):
        for one in (mine, typing):
            sessions.save_session(lonely.app, one, lonely.app.make_response(""))
        for number in range(2 * SESSION_LIMIT):
            sessions.save_session(lonely.app, stranger(f"stranger-{number}", clock() + number), lonely.app.make_response(""))
    assert len(sessions._by_id) == SESSION_LIMIT
    assert {"mine", "typing"} <= sessions._by_id.keys()
    assert not ended


def test_of_many_from_one_address_the_one_that_waits_for_its_press_goes_last(lonely: Browser) -> None:
    clock = BootClock()
    sessions, _ = store(clock)
    waiting = stranger("waiting", clock())
    waiting.sign_in_ask = "ask-aaaaaaaaaaaaaaaa"
    with lonely.app.test_request_context("/"):
        sessions.save_session(lonely.app, waiting, lonely.app.make_response(""))
        for number in range(SESSION_LIMIT + 1):
            sessions.save_session(lonely.app, stranger(f"stranger-{number}", clock() + number), lonely.app.make_response(""))
    assert "waiting" in sessions._by_id


def test_the_daemons_session_is_in_no_page_and_no_cookie(lonely: Browser) -> None:
    with lonely.app.test_request_context("/"):
        mine = WebSession("id", 0.0)
        mine.signed_in = WHO
        answer = lonely.app.make_response("")
        lonely.app.session_interface.save_session(lonely.app, mine, answer)
    assert WHO.session not in str(answer.headers)
