"""The page of the enrolment window: every form needs window and code, shows words once, and says what it did."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from jumping_box import NOON_MS, JumpingBox
from web_box import Browser

from capture import messages as m
from capture.desk.admin import AdminReason
from capture.seal.armor import read_armor
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from capture.trust import TrustReason
from webui.app import create_app
from webui.config import WebConfig
from webui.reasons import reason_words

RECIPIENT = Identity.generate().recipient.encode()
CLOCK = {"date": "2027-01-15", "time": "08:00", "offset": "0", "confirmed": "1"}


def fields(box: JumpingBox, setup_code: str) -> dict[str, dict[str, object]]:
    """Each form's route and what a person would send, right but for the code."""
    sent: dict[str, dict[str, object]] = {
        "add": {},
        "people": {},
        "reset": {"practitioner": box.username},
        "retire": {"practitioner": box.username, "gone": "1"},
        "recovery": {"recipient": RECIPIENT},
        "recovery/answer": {"answer": "whatever"},
        "clock": dict(CLOCK),
        "close": {},
    }
    return {route: {**more, "setup_code": setup_code} for route, more in sent.items()}


ROUTES = ("add", "people", "reset", "retire", "recovery", "recovery/answer", "clock", "close")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JumpingBox]:
    made = JumpingBox(tmp_path_factory.mktemp("administration") / "box")
    made.start(held=True)
    made.enrol()
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(made: JumpingBox) -> Flask:
    return create_app(WebConfig(names=("localhost",), port=8443), made.client)


@pytest.fixture
def box(made: JumpingBox) -> JumpingBox:
    """In the enrolment window, with somebody enrolled who has not been retired."""
    made.reboot(held=True)
    made.up()
    who = made.client.call(m.Enrol(setup_code=made.provisioned.setup_code), m.Enrolled)
    made.username, made.passphrase = who.username, who.passphrase
    return made


@pytest.fixture
def page(app: Flask) -> Browser:
    """A browser that nobody is signed in with."""
    return Browser(app)


def trusted(box: JumpingBox) -> dict[Path, bytes]:
    return {path: path.read_bytes() for name in ("keyrings", "recipients") for path in (box.folder / name).iterdir()}


def secret(text: str, name: str) -> str:
    found = re.search(rf'id="enrolled-{name}">([^<]+)<', text)
    assert found, text
    return html.unescape(found[1])


def test_the_list_of_routes_is_whole(app: Flask, box: JumpingBox) -> None:
    routes = {
        str(rule).removeprefix("/administration/") for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")
    }
    assert routes == {"/administration", *ROUTES}
    assert set(fields(box, "")) == set(ROUTES)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("route", ROUTES)
def test_outside_of_the_window_the_right_code_changes_nothing(made: JumpingBox, page: Browser, route: str) -> None:
    if made.status().is_enrolment_open:
        made.reboot()
    before, clock = trusted(made), made.status().clock.confidence
    answer = page.post(f"/administration/{route}", fields(made, made.provisioned.setup_code)[route])
    assert answer.status_code == 403
    assert "hold its button while you switch it on" in answer.text.lower()
    assert 'name="setup_code"' not in answer.text
    assert (trusted(made), made.status().clock.confidence) == (before, clock)


@pytest.mark.parametrize("route", ROUTES)
def test_a_wrong_code_is_told_at_its_own_form_and_changes_nothing(box: JumpingBox, page: Browser, route: str) -> None:
    before = trusted(box)
    answer = page.post(f"/administration/{route}", fields(box, "2222-2222-2222-2222-2222")[route])
    assert answer.status_code == 403
    assert answer.text.count('id="setup_code-error"') == 1
    form = "recovery" if route.startswith("recovery") else route
    section = answer.text.partition(f'<section id="form-{form}">')[2].partition("</section>")[0]
    assert 'id="setup_code"' in section
    assert trusted(box) == before


@pytest.mark.parametrize("route", ROUTES)
def test_an_empty_form_is_told_and_asks_the_box_nothing(box: JumpingBox, page: Browser, route: str) -> None:
    lines = len(box.logged("setup_code_refused"))
    answer = page.post(f"/administration/{route}", {})
    assert answer.status_code == 400
    assert "Enter the set-up code" in answer.text
    assert len(box.logged("setup_code_refused")) == lines


def test_with_the_window_closed_there_is_no_form_but_how_to_open_it(made: JumpingBox, page: Browser) -> None:
    if made.status().is_enrolment_open:
        made.reboot()
    answer = page.get("/administration")
    assert answer.status_code == 403
    assert "<form" not in answer.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.promise("P7")
def test_new_words_are_in_one_answer_and_in_no_other(box: JumpingBox, page: Browser) -> None:
    answer = page.post("/administration/reset", fields(box, box.provisioned.setup_code)["reset"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    words = secret(answer.text, "passphrase")
    assert len(words.split()) == 6
    assert f"The user name {box.username} cannot sign in any more" in answer.text
    assert all(words not in page.get(path).text for path in ("/", "/administration", "/enrol", "/sign-in"))
    box.username, box.passphrase = secret(answer.text, "username"), words
    box.enter()


def test_whoever_left_is_retired_only_once_that_was_ticked(box: JumpingBox, page: Browser) -> None:
    sent = fields(box, box.provisioned.setup_code)["retire"]
    unsure = page.post("/administration/retire", {**sent, "gone": ""})
    assert unsure.status_code == 400
    assert page.post("/administration/retire", sent).status_code == 303
    listed = page.post("/administration/people", fields(box, box.provisioned.setup_code)["people"]).text
    row = listed.partition(box.username)[2].partition("</tr>")[0]
    assert "no, retired" in row
    assert "There is no case." in listed
    again = page.post("/administration/retire", sent)
    assert again.status_code == 409
    assert "retired before" in again.text
    unknown = page.post("/administration/retire", {**sent, "practitioner": "prac-zzzzzz"})
    assert unknown.status_code == 404
    assert "ever enrolled here" in unknown.text


def test_a_new_recovery_key_is_used_once_its_challenge_was_opened(box: JumpingBox, page: Browser) -> None:
    service, code = Identity.generate(), box.provisioned.setup_code
    asked = page.post("/administration/recovery", {"recipient": f" {service.recipient.encode()}\n", "setup_code": code})
    armor = html.unescape(asked.text.partition('id="challenge">')[2].partition("</pre>")[0])
    said = unseal_bytes(b"".join(read_armor(BytesIO(armor.encode()))), service).decode()
    before = box.status().recovery_fingerprint
    done = page.post("/administration/recovery/answer", {"answer": said, "setup_code": code})
    assert done.status_code == 200
    assert before in done.text
    assert service.recipient.fingerprint in done.text
    assert box.status().recovery_fingerprint == service.recipient.fingerprint
    late = page.post("/administration/recovery/answer", {"answer": said, "setup_code": code})
    assert (late.status_code, box.status().recovery_fingerprint) == (409, service.recipient.fingerprint)


@pytest.mark.parametrize("recipient", ["age1nonsense", "AGE-SECRET-KEY-1", "x" * 200])
def test_what_is_no_recipient_is_told(box: JumpingBox, page: Browser, recipient: str) -> None:
    answer = page.post("/administration/recovery", {"recipient": recipient, "setup_code": box.provisioned.setup_code})
    assert answer.status_code == 400
    assert "begins with age1" in answer.text


def test_a_clock_is_repaired_and_both_times_are_shown(box: JumpingBox, page: Browser) -> None:
    sent = fields(box, box.provisioned.setup_code)["clock"]
    assert page.post("/administration/clock", {**sent, "confirmed": ""}).status_code == 400
    assert page.post("/administration/clock", {"wall_ms": str(NOON_MS), "setup_code": sent["setup_code"]}).status_code == 400
    answer = page.post("/administration/clock", sent)
    assert "15 Jan 2027, 08:00" in answer.text
    assert abs(box.status().clock.ms - NOON_MS) < 60_000
    assert page.post("/administration/clock", {**sent, "date": "2024-01-15"}).status_code == 409


@pytest.mark.parametrize("reason", [*AdminReason, *TrustReason])
def test_every_reason_why_trust_does_not_change_has_words(app: Flask, reason: AdminReason | TrustReason) -> None:
    with app.test_request_context():
        assert reason_words(reason.value) != reason_words("something else")


def test_the_window_is_closed_by_its_form(box: JumpingBox, page: Browser) -> None:
    assert page.post("/administration/close", fields(box, box.provisioned.setup_code)["close"]).status_code == 303
    assert not box.status().is_enrolment_open
    assert page.get("/administration").status_code == 403
