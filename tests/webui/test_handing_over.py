"""The pages by which a case is handed over: what they need, what they show, and that nothing of it works by the page alone."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from capture_box import CaptureBox
from flask import Flask
from hand_over_visit import at_the_workstation, enrol
from web_box import Browser, wait_for

from capture import messages as m
from capture.handover.result import CarriedStatement, Result, write_result
from capture.ids import new_box_id, new_case_code, new_practitioner_id
from capture.seal.keys import Recipient
from webui.app import create_app
from webui.config import WebConfig
from webui.hand_over_forms import RESULT_LIMIT

PACKAGE = "/administration/hand-over/package"
RESULT = "/administration/hand-over/result"
OTHERS = Result(
    box_id=new_box_id(),
    case=new_case_code(),
    giver=new_practitioner_id(),
    taker=new_practitioner_id(),
    package_hash="a" * 64,
    statements=(CarriedStatement(place=1, old_hash="b" * 64, header=b"x"),),
)


class Handed:
    """A box in its window with two practitioners, the first of whom has a case."""

    def __init__(self, folder: Path) -> None:
        self.box = CaptureBox(folder)
        self.box.start(held=True)
        self.box.enrol()
        self.taker = enrol(self.box)
        self.box.sign_in()
        self.case = self.box.open_case()[0]

    def package(self, **changed: object) -> dict[str, object]:
        code = self.box.provisioned.setup_code
        return {"setup_code": code, "case": self.case, "taker": self.taker.username, "leave": "", **changed}

    def result(self, data: bytes, **changed: object) -> dict[str, object]:
        return {"setup_code": self.box.provisioned.setup_code, "result": (BytesIO(data), "result"), **changed}


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handed]:
    handed = Handed(tmp_path_factory.mktemp("handed") / "box")
    yield handed
    handed.box.close()


@pytest.fixture(scope="module")
def app(handed: Handed) -> Flask:
    return create_app(WebConfig(names=("localhost",), port=8443), handed.box.client)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


def sign_in(browser: Browser, handed: Handed, who: m.Enrolled) -> None:
    assert browser.post("/sign-in", {"username": who.username, "passphrase": who.passphrase}).status_code == 303
    wait_for(lambda: handed.box.status().waiting_for_press == "sign_in", "the box to ask for a press")
    handed.box.press()
    wait_for(lambda: browser.get("/sign-in/state").json["stage"] == "signed_in", "the sign-in")


@pytest.mark.parametrize("changed", [{"case": "VIG"}, {"taker": "Jane"}, {"leave": "rec-1, rec-2"}, {"setup_code": ""}])
def test_package_form_says_what_is_wrong_with_it(browser: Browser, handed: Handed, changed: dict[str, object]) -> None:
    answer = browser.post(PACKAGE, handed.package(**changed))
    assert answer.status_code == 400
    assert f'href="#{next(iter(changed))}"' in answer.text


def test_unknown_case_or_taker_comes_back_with_the_form(browser: Browser, handed: Handed) -> None:
    for changed in ({"case": "VIG-2222"}, {"taker": "prac-222222"}):
        answer = browser.post(PACKAGE, handed.package(**changed))
        assert answer.status_code == 404
        assert "1. Fetch the package" in answer.text


@pytest.mark.parametrize("data", [b"", b"not a result", b"x" * (RESULT_LIMIT + 1)], ids=["none", "foreign", "too long"])
def test_result_that_is_none_comes_back_with_the_form(browser: Browser, handed: Handed, data: bytes) -> None:
    answer = browser.post(RESULT, handed.result(data))
    assert answer.status_code in {400, 413}
    assert answer.status_code == 413 or "2. Bring the result" in answer.text


def test_result_that_is_far_too_long_is_told_how_long_it_may_be(browser: Browser, handed: Handed) -> None:
    answer = browser.post(RESULT, handed.result(b"x" * (RESULT_LIMIT + 8_192)))
    assert answer.status_code == 413
    assert f"{RESULT_LIMIT >> 10} where a hand-over" in html.unescape(answer.text)


def test_other_forms_take_no_more_than_before(browser: Browser, handed: Handed) -> None:
    answer = browser.post(PACKAGE, handed.package(leave="x" * 70_000))
    assert answer.status_code == 413


def test_wrong_set_up_code_is_said_at_its_field(browser: Browser, handed: Handed) -> None:
    for path, fields in ((PACKAGE, handed.package(setup_code="wrong")), (RESULT, handed.result(b"{}", setup_code="wrong"))):
        answer = browser.post(path, fields)
        assert answer.status_code == 403
        assert 'href="#setup_code"' in answer.text
    browser.post(PACKAGE, handed.package())  # the right one: the wrong ones are forgotten


def test_nobody_fetches_a_package_without_its_ticket(browser: Browser, handed: Handed) -> None:
    for ticket, status in (("", 400), ("x" * 32, 404)):
        answer = browser.post(PACKAGE + "/save", {"case": handed.case, "ticket": ticket})
        assert answer.status_code == status


def test_list_of_the_taker_needs_somebody_signed_in(app: Flask) -> None:
    stranger = Browser(app)
    assert stranger.get("/hand-overs").status_code == 303
    assert stranger.post("/hand-overs/VIG-2222").status_code == 303


@pytest.mark.promise("P10")
def test_case_is_handed_over_page_by_page(browser: Browser, handed: Handed) -> None:
    shown = browser.post(PACKAGE, handed.package())
    fingerprint = Recipient.parse(handed.taker.recipient).fingerprint
    assert fingerprint in shown.text
    [ticket] = re.findall(r'name="ticket" value="([^"]+)"', shown.text)
    saved = browser.post(PACKAGE + "/save", {"case": handed.case, "ticket": ticket})
    assert saved.headers["Content-Disposition"] == f'attachment; filename="{handed.case}-hand-over.json"'
    result = at_the_workstation(handed.box, saved.data, fingerprint)
    brought = browser.post(RESULT, handed.result(result))
    assert brought.status_code == 200
    assert handed.taker.username in brought.text
    sign_in(browser, handed, handed.taker)
    assert handed.case not in browser.get("/cases").text
    assert handed.case in browser.get("/hand-overs").text
    taken = browser.post(f"/hand-overs/{handed.case}")
    assert taken.headers["Location"].endswith(f"/cases/{handed.case}")
    assert browser.get(taken.headers["Location"]).status_code == 200
    assert "Nothing waits for you" in browser.get("/hand-overs").text
    again = browser.post(RESULT, handed.result(result))
    assert again.status_code == 409
    assert "Make a new package" in html.unescape(again.text)
    assert hashlib.sha256(result).hexdigest() not in again.text


def test_without_the_window_the_page_says_how_it_opens(tmp_path: Path) -> None:
    box = CaptureBox(tmp_path / "box")
    try:
        box.start()
        browser = Browser(create_app(WebConfig(names=("localhost",), port=8443), box.client))
        ask = browser.get("/administration/hand-over")
        assert ask.status_code == 403
        assert "enrolment window" in ask.text
        code = box.provisioned.setup_code
        fields: dict[str, object] = {"setup_code": code, "case": "VIG-2222", "taker": "prac-222222"}
        assert browser.post(PACKAGE, fields).status_code == 403
        assert browser.post(RESULT, {"setup_code": code, "result": (BytesIO(b"{}"), "result")}).status_code == 403
    finally:
        box.close()


def test_a_result_for_another_box_is_told_to_be_that(browser: Browser, handed: Handed) -> None:
    answer = browser.post(RESULT, handed.result(write_result(OTHERS)))
    assert answer.status_code == 400
    assert "That file is for another box." in answer.text
