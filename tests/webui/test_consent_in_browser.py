"""Saying yes and taking it back in a real browser: counted in taps, and nothing is ticked before somebody ticks it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from web_box import RealBox
from web_server import Server
from web_window import Watched

PEOPLE = (("Adult A", "shared"), ("Adult B", "shared"))


class Counted:
    """A hand that counts what it does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.taps += 1

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.taps += 1


@pytest.fixture(scope="module")
def window(chromium: Chromium, web: Server, box: RealBox) -> Iterator[Watched]:
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 360, "height": 740})
    watched = Watched(context, web)
    watched.sign_in(box)
    yield watched
    context.close()


@pytest.fixture(scope="module")
def case(window: Watched) -> str:
    """Two who share parental responsibility and a child: its path."""
    page = window.go("/cases")
    page.get_by_role("button", name="Open a case").click()
    for label, responsibility in PEOPLE:
        if not page.locator("#label").is_visible():
            page.get_by_text("Add an adult", exact=True).click()
        page.locator("#label").select_option(label)
        page.get_by_label("Parent", exact=True).check()
        page.locator(f"input[name=responsibility][value={responsibility}]").check()
        page.get_by_role("button", name="Add the adult").click()
    page.get_by_text("Add a child", exact=True).click()
    page.locator("#child-label").select_option("Child A")
    page.get_by_role("button", name="Add the child").click()
    return page.url.removeprefix(window.base)


def ticked(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('main input:checked')].map((one) => `${one.name}=${one.value}`)")


def say_yes(page: Page, person: str, giver: str) -> int:
    """The taps it takes to record one yes to one use."""
    hand = Counted(page)
    ids = dict(page.locator("#consent-form input[name=participant_id]").evaluate_all(
        "(all) => all.map((one) => [one.labels[0].innerText.trim(), one.value])"
    ))  # fmt: skip
    hand.tap(f"#consent-form input[name=participant_id][value={ids[person]}]")
    hand.tap("#consent-form input[name=scope][value=film]")
    hand.tap(f"#consent-form input[name=given_by][value={ids[giver]}]")
    hand.tap("#consent-form input[name=indication][value=signed_paper]")
    hand.press("Record the yes")
    expect(page.get_by_text("The consent was recorded.")).to_be_visible()
    return hand.taps


@pytest.mark.promise("P3")
def test_taking_back_is_one_tap_and_giving_is_more_whoever_it_is_and_whoever_does_it(window: Watched, case: str) -> None:
    page = window.go(case)
    for person, giver, button in (
        ("Adult A", "Adult A", "Take back: Filming, Adult A"),
        ("Child A", "Adult A", "Adult B takes it back: Filming, Child A"),
        ("Child A", "Adult B", "Adult B takes it back: Filming, Child A"),
    ):
        given = say_yes(page, person, giver)
        hand = Counted(page)
        hand.press(button)
        expect(page.get_by_text("The consent was taken back.")).to_be_visible()
        assert hand.taps == 1 < given
    assert not page.get_by_role("button", name=re.compile("Filming, (Adult|Child) A")).count()


@pytest.mark.promise("P3")
def test_no_consent_and_nobody_present_is_ticked_on_any_page_of_a_case(window: Watched, case: str) -> None:
    page = window.go(case)
    say_yes(page, "Adult A", "Adult A")
    # What stands there is how a film is kept, and what the button starts: neither is anybody's yes.
    for path, stated in ((case, ["retention=therapeutic_transient"]), (f"{case}/arm", ["mode=film"]), (f"{case}/removed", [])):
        assert ticked(window.go(path)) == stated, path


def test_going_back_in_the_browser_brings_no_tick_back(window: Watched, case: str) -> None:
    page = window.go(case)
    say_yes(page, "Adult B", "Adult B")
    page.go_back()
    expect(page.get_by_role("heading", name="Record a yes")).to_be_visible()
    assert ticked(page) == ["retention=therapeutic_transient"]
    page = window.go(f"{case}/arm")
    page.get_by_label("Adult B").check()
    window.go(case)
    page.go_back()
    expect(page.get_by_role("heading", name="Arm the box")).to_be_visible()
    assert ticked(page) == ["mode=film"]


def test_the_pages_of_consent_need_no_sideways_scrolling_on_a_small_phone(window: Watched, case: str) -> None:
    for path in (case, f"{case}/arm"):
        width = window.go(path).evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path


def test_the_browser_found_nothing_to_complain_about(window: Watched) -> None:
    assert window.complaints == []
