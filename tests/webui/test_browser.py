"""The page in a real browser, over TLS, with a real daemon: scripts, keyboard, labels, narrow screens, right to left, no script.

axe-core's rules are checked along the whole journey elsewhere; here is what a rule engine cannot see.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from web_box import RealBox, wait_for
from web_server import Server
from web_window import Watched


@pytest.fixture(scope="module")
def window(chromium: Chromium, web: Server, box: RealBox) -> Iterator[Watched]:
    """One window, signed in with its script's help."""
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1100, "height": 800})
    watched = Watched(context, web)
    watched.sign_in(box)
    yield watched
    context.close()


@pytest.fixture(scope="module")
def family(window: Watched, box: RealBox) -> Iterator[str]:
    """A case made wholly by mouse and keyboard in the window."""
    page = window.go("/cases")
    page.get_by_role("button", name="Open a case").click()
    page.get_by_label("Label").first.select_option("Adult A")
    page.get_by_label("Parent", exact=True).check()
    page.get_by_label("Holds parental responsibility").check()
    page.get_by_role("button", name="Add the adult").click()
    page.get_by_text("Add a child", exact=True).click()
    page.locator("#child-label").select_option("Child A")
    page.get_by_role("button", name="Add the child").click()
    for person in ("Adult A", "Child A"):
        form = page.locator("#consent-form")
        form.get_by_role("group", name="Whose picture").get_by_label(person).check()
        form.get_by_label("Filming").check()
        form.get_by_label("looks at the film alone to prepare").check()
        form.get_by_role("group", name="Who said yes?").get_by_label("Adult A").check()
        form.get_by_label("Signed on paper").check()
        form.get_by_role("button", name="Record the yes").click()
    assert page.get_by_text("yes, until").count() == 4
    return page.url.rsplit("/", 1)[-1]


def test_the_box_took_the_browsers_clock_without_being_asked(window: Watched, box: RealBox) -> None:
    wait_for(lambda: box.status().clock.confidence.value == "browser", "the clock")
    assert abs(box.status().clock.ms - time.time() * 1000) < 60_000


def test_the_start_page_follows_the_box_by_itself(window: Watched, box: RealBox, family: str) -> None:
    page = window.go(f"/cases/{family}/arm")
    page.get_by_label("Adult A").check()
    page.get_by_label("Child A").check()
    page.get_by_role("button", name="Arm the box").click()
    headline = page.locator("#live .vigcam-state__headline")
    assert headline.inner_text() == "The camera is OFF"
    box.press(1.2)
    page.get_by_text("The camera is ON").wait_for(timeout=10_000)
    assert page.title().startswith("The camera is ON")
    page.get_by_role("button", name="Stop the camera").click()
    wait_for(lambda: not box.status().is_sensor_open, "the sensor to go off")
    page.locator("#live").get_by_text("The camera is OFF").wait_for(timeout=10_000)
    page.get_by_role("button", name="Disarm").click()


def test_a_film_plays_and_seeks_in_the_page(window: Watched) -> None:
    page = window.go("/recordings")
    page.locator("main table a").first.click()
    video = page.locator("video")
    wait_for(lambda: video.evaluate("(video) => video.readyState >= 1"), "the film's facts")
    assert video.evaluate("(video) => video.videoWidth") > 0
    video.evaluate("(video) => { video.currentTime = 0.5; }")
    wait_for(lambda: video.evaluate("(video) => !video.seeking && video.readyState >= 2"), "the picture at half a second")


def test_a_downloaded_film_is_checked_in_the_browser_and_then_taken_over(window: Watched, tmp_path: Path) -> None:
    page = window.go("/recordings")
    page.locator("main table a").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the film").click()
    film = tmp_path / "film.mp4"
    download.value.save_as(film)
    page.get_by_label("Choose the file").set_input_files(film)
    page.get_by_text("Checked. Now tell the box.").wait_for()
    assert page.input_value("#mp4_sha256") == hashlib.sha256(film.read_bytes()).hexdigest()
    page.get_by_role("button", name="Compare and confirm").click()
    page.get_by_text("both copies are the same").wait_for()


@pytest.fixture(scope="module")
def lenient(chromium: Chromium, web: Server) -> Iterator[Page]:
    """A page without its policy, which would rightly refuse the script that a test brings."""
    context = chromium.new_context(ignore_https_errors=True, bypass_csp=True)
    yield Watched(context, web).go("/sign-in")
    context.close()


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_the_browsers_own_sha256_is_right_at_every_edge_of_a_block(lenient: Page, length: int) -> None:
    data = bytes(number * 7 % 256 for number in range(length))
    found = lenient.evaluate(
        """async ([path, data]) => {
            const { Sha256 } = await import(path);
            const hash = new Sha256();
            for (let at = 0; at < data.length; at += 50) hash.update(Uint8Array.from(data.slice(at, at + 50)));
            return hash.hex();
        }""",
        ["/static/js/sha256.js", list(data)],
    )
    assert found == hashlib.sha256(data).hexdigest()


PAGES = ("/", "/cases", "/cases/{case}", "/cases/{case}/arm", "/recordings", "/clock", "/about", "/enrol", "/no-such-page")


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_phone_needs_no_sideways_scrolling(window: Watched, family: str, path: str) -> None:
    window.page.set_viewport_size({"width": 320, "height": 640})
    page = window.go(path.format(case=family))
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    window.page.set_viewport_size({"width": 1100, "height": 800})
    assert excess <= 0


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_is_used_has_a_name_and_can_be_reached_by_keyboard_in_order(
    window: Watched, family: str, path: str
) -> None:
    page = window.go(path.format(case=family))
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
            .filter((one) => one.checkVisibility() && !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
            .map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).length") == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    seen = [page.evaluate(_PLACE)]
    # Past the last stop Tab leaves the page, or begins anew.
    while (place := _next_stop(page)) is not None and place != seen[0]:
        seen.append(place)
        assert len(seen) < 200
    assert seen == sorted(seen)
    assert len(seen) >= 4


_PLACE = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"


def _next_stop(page: Page) -> int | None:
    """Where in the document Tab goes next; None when it leaves the page."""
    page.keyboard.press("Tab")
    return None if page.evaluate("document.activeElement === document.body") else page.evaluate(_PLACE)


def test_an_error_summary_takes_the_focus_and_leads_to_the_field(window: Watched, family: str) -> None:
    page = window.go(f"/cases/{family}/arm")
    page.get_by_role("button", name="Arm the box").click()
    summary = page.locator(".nhsuk-error-summary")
    assert summary.evaluate("(one) => one === document.activeElement")
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name") == "present"


def test_the_page_complained_of_nothing_and_asked_no_other_host(window: Watched, web: Server, family: str) -> None:
    for path in PAGES:
        window.go(path.format(case=family))
    assert window.complaints == []
    assert window.hosts == {f"localhost:{web.port}"}


def test_a_lost_box_is_told_on_the_start_page(window: Watched, web: Server) -> None:
    page = window.go("/")
    page.route("**/live", lambda route: route.abort())
    page.get_by_text("The box does not answer").wait_for(timeout=10_000)
    page.unroute("**/live")
    page.locator("#live").get_by_text("The camera is OFF").wait_for(timeout=10_000)
    window.complaints.clear()


def test_signing_in_works_without_a_script(chromium: Chromium, web: Server, box: RealBox, window: Watched) -> None:
    context = chromium.new_context(ignore_https_errors=True, java_script_enabled=False)
    Watched(context, web).sign_in(box)
    context.close()
    window.sign_in(box)
