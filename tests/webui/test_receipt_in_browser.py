"""The receipt in a real browser: axe-core's rules of WCAG 2.2 AA, small and large, its look on paper, and what a click keeps."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from web_box import Browser, RealBox, case_with_consents
from web_server import Server
from web_window import Watched

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def window(chromium: Chromium, web: Server, box: RealBox, practitioner: Browser) -> Iterator[Watched]:
    """Signed in, at the page of a case with consents."""
    practitioner.stay_signed_in(box)
    code, *_ = case_with_consents(practitioner)
    window = Watched(chromium.new_context(ignore_https_errors=True, accept_downloads=True), web)
    window.sign_in(box)
    window.go(f"/cases/{code}")
    yield window
    window.context.close()


@pytest.fixture
def receipt(window: Watched) -> Page:
    page = window.page
    if not page.url.endswith("/receipt"):
        page.get_by_role("link", name="Receipt to print").click()
    page.emulate_media(media="screen")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your consents")
    return page


def broken(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8") + ";0")
    return page.evaluate(
        "(rules) => axe.run({ runOnly: rules }).then((all) => all.violations.map((one) => one.id + ' ' + one.nodes[0].html))",
        RULES,
    )


@pytest.mark.parametrize("width", [360, 1100])
def test_it_breaks_no_rule_and_needs_no_scrolling_sideways(receipt: Page, width: int) -> None:
    receipt.set_viewport_size({"width": width, "height": 800})
    assert broken(receipt) == []
    assert receipt.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_there_is_the_receipt_and_nothing_of_the_page_around_it(receipt: Page) -> None:
    receipt.emulate_media(media="print")
    for around in (".vigcam-header", ".vigcam-footer", ".nhsuk-back-link", "#print"):
        expect(receipt.locator(around).first).to_be_hidden()
    for words in ("Adult A", "Child A", "Changing your mind"):
        expect(receipt.get_by_role("heading", name=words)).to_be_visible()
    person = receipt.locator(".receipt__person").first
    assert person.evaluate("(one) => getComputedStyle(one).breakInside") == "avoid"
    assert receipt.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_the_button_prints(receipt: Page) -> None:
    receipt.evaluate("() => { window.print = () => { document.body.dataset.printed = 'yes'; }; }")
    receipt.get_by_role("button", name="Print this page").click()
    expect(receipt.locator("body")).to_have_attribute("data-printed", "yes")


def test_everything_is_kept_by_one_click(window: Watched, receipt: Page, tmp_path: Path) -> None:
    receipt.get_by_role("link", name="Back to the case").click()
    with window.page.expect_download() as download:
        window.page.get_by_role("link", name="Everything in one file").click()
    code = window.page.url.rsplit("/", 1)[-1]
    assert download.value.suggested_filename == f"{code}-everything.zip"
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["case"] == code
        alone = window.context.new_page()
        alone.set_content(archive.read("receipt.html").decode())
    assert broken(alone) == []
    expect(alone.get_by_role("heading", name="Changing your mind")).to_be_visible()
    alone.close()


def test_the_browser_complains_of_nothing(window: Watched) -> None:
    assert window.complaints == []
