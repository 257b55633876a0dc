"""The pages of erasing on a phone: axe-core's rules of WCAG 2.2 AA on each, and the receipt on paper."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from phone import Phone
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from web_box import Browser, RealBox, case_with_consents, wait_for
from web_server import Server

from webui.app import create_app
from webui.config import WebConfig


@pytest.fixture
def own_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBox]:
    box = RealBox(tmp_path_factory.mktemp("erasing") / "box")
    yield box
    box.close()


@pytest.fixture
def phone(chromium: Chromium, own_box: RealBox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """Signed in at a box with a film that was never taken over, of a case whose work ended today, sixty days ago by its clock."""
    me = Browser(create_app(WebConfig(names=("localhost",), port=8443), own_box.client))
    me.stay_signed_in(own_box)
    code, *present = case_with_consents(me)
    me.post(f"/cases/{code}/arm", {"present": list(present), "mode": "film"})
    own_box.film(0.6)
    me.post("/disarm")
    me.post(f"/cases/{code}/end", {"ended_on": datetime.now(UTC).date().isoformat()})
    me.post("/clock", {"wall_ms": str(int(time.time() * 1000) + 60 * 86_400_000), "confirmed": "1"}, Accept="application/json")
    server = Server(own_box.folder / "tls", tmp_path_factory.mktemp("erasing") / "log", [
        "-m", "webui", "--socket", str(own_box.folder / "run" / "capture.sock"),
    ])  # fmt: skip
    phone = Phone(chromium, server)
    phone.sign_in(own_box)
    yield phone
    phone.context.close()
    server.close()


def test_no_page_of_erasing_breaks_a_rule_and_the_receipt_prints_alone(phone: Phone, own_box: RealBox) -> None:
    page = phone.go("/")
    expect(page.get_by_role("heading", name="Due for erasing")).to_be_visible()
    expect(page.get_by_text("due today.")).to_be_visible()
    phone.look("What the box does now")
    phone.tap("Discard the film that was just made", "link")
    phone.look("Erase this recording?")
    phone.go("/")
    phone.tap(re.compile("Case VIG-"), "link")
    heading = page.locator("h1").inner_text()
    phone.look(heading)
    phone.tap("Erase: then press the button on the box")
    phone.look(heading, "Tick the films")
    page.locator('input[name="recording"]').check()
    phone.tap("Erase: then press the button on the box")
    phone.look(heading, "type its whole code")
    page.locator("#words").fill(page.locator('input[name="recording"]').get_attribute("value") or "")
    phone.tap("Erase: then press the button on the box")
    phone.look("Press the button on the box")
    wait_for(lambda: own_box.status().waiting_for_press == "erase", "the box to ask")
    own_box.press()
    phone.look("Erased")
    phone.tap("Receipt for the family, to print", "link")
    phone.look(page.locator("h1").inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.emulate_media(media="print")
    for around in (".vigcam-header", ".vigcam-footer", ".nhsuk-back-link", "#print"):
        expect(page.locator(around).first).to_be_hidden()
    expect(page.get_by_role("heading", name="What a memory card may keep")).to_be_visible()
    page.emulate_media(media="screen")
    phone.tap("What was erased", "link")
    phone.look(page.locator("h1").inner_text())
    assert phone.broken == {}
    assert phone.complaints == []
