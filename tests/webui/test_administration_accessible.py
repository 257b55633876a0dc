"""The page of the enrolment window in a real browser: axe-core's rules of WCAG 2.2 AA, and nothing wider than a small phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jumping_box import JumpingBox
from phone import Phone
from playwright.sync_api import Browser as Chromium
from web_server import Server

from capture import messages as m
from capture.seal.keys import Identity


@pytest.fixture
def box(tmp_path: Path) -> Iterator[JumpingBox]:
    box = JumpingBox(tmp_path / "box")
    box.start(held=True)
    yield box
    box.close()


@pytest.fixture
def phone(box: JumpingBox, chromium: Chromium, tmp_path: Path) -> Iterator[Phone]:
    server = Server(box.folder / "tls", tmp_path / "log", ["-m", "webui", "--socket", str(box.folder / "run" / "capture.sock")])
    phone = Phone(chromium, server)
    yield phone
    phone.context.close()
    server.close()


def _fill(phone: Phone, form: str, code: str, **more: str) -> None:
    section = phone.page.locator(f"#form-{form}")
    for label, text in {"Set-up code": code, **{name.replace("_", " "): text for name, text in more.items()}}.items():
        section.get_by_label(label, exact=True).fill(text)


def _fits(phone: Phone) -> bool:
    """With letters as they are, and twice as large."""
    sizes = ("200%", "")
    root = "document.documentElement"
    measure = f"(size) => {{ {root}.style.fontSize = size; return {root}.scrollWidth <= {root}.clientWidth; }}"
    return all(phone.page.evaluate(measure, size) for size in sizes)


def test_no_page_of_the_enrolment_window_breaks_a_rule_of_wcag_2_2_aa(phone: Phone, box: JumpingBox) -> None:
    title, code = "Changing who may use this box", box.provisioned.setup_code
    who = box.client.call(m.Enrol(setup_code=code), m.Enrolled)
    phone.go("/administration")
    phone.look(title)
    assert _fits(phone)
    phone.tap("End their access")
    phone.look(title, "Enter the user name")
    _fill(phone, "reset", "wrong", User_name=who.username)
    phone.tap("Make a new user name and words")
    phone.look(title, "It is printed on the card")
    _fill(phone, "people", code)
    phone.tap("Show user names and cases")
    phone.look("Who is enrolled")
    assert _fits(phone)
    phone.go("/administration")
    _fill(phone, "recovery", code, New_recipient=Identity.generate().recipient.encode())
    phone.tap("Make a challenge")
    phone.look("Prove the new recovery key")
    assert _fits(phone)
    phone.go("/administration")
    _fill(phone, "reset", code, User_name=who.username)
    phone.tap("Make a new user name and words")
    phone.look("Write this down now")
    assert who.username in phone.page.locator("main").inner_text()
    box.client.call(m.CloseEnrolment(setup_code=code), m.Done)
    phone.go("/administration")
    phone.look("This is possible only in the enrolment window")
    assert phone.broken == {}
    assert phone.complaints == []
