"""No request opens the camera: every route of the page, in many orders, with every method, while the box is armed."""

from __future__ import annotations

import random
import urllib.parse
from pathlib import Path

import pytest
from whole_box import WholeBox

from capture.client import CaptureClient
from webui.app import create_app
from webui.config import WebConfig
from webui.demo.trouble import DemoFailed
from webui.demo.visit import Family

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


def _routes() -> list[str]:
    """Every rule of the application itself, so that a new route is driven from its first day."""
    app = create_app(WebConfig(names=("localhost",), port=443, ca_path=None), CaptureClient(Path("/nonexistent/socket")))
    return sorted({rule.rule for rule in app.url_map.iter_rules()})


def _filled(rule: str, family: Family, recording: str) -> str:
    for name, value in (
        ("code", family.case),
        ("rec", recording),
        ("ask_id", "ask-2222222222222222"),
        ("receipt_id", "ask-2222222222222222"),
        ("person_id", family.child),
        ("filename", "main.css"),
        ("path:filename", "main.css"),
    ):
        rule = rule.replace(f"<{name}>", urllib.parse.quote(value))
    assert "<" not in rule, f"this test does not know how to fill {rule}"
    return rule


def _fields(family: Family) -> dict[str, str | list[str]]:
    """What any of the page's forms could want, all at once, and what nobody should be able to want."""
    return {
        "present": [family.adult, family.child],
        "mode": "film",
        "decision": "given",
        "participant_id": family.adult,
        "given_by": family.adult,
        "scope": "film",
        "state": "recording",
        "start": "1",
        "press": "1",
        "button": "down",
    }


@pytest.mark.promise("P1")
def test_no_request_in_any_order_opens_the_camera(whole_box: WholeBox) -> None:
    whole_box.ready()
    family = whole_box.family()
    whole_box.arm(family)
    box, laptop = whole_box.capture, whole_box.laptop
    # These end what the test needs; they are driven last.
    ending = (
        "/cases/<code>/participants/<person_id>",
        "/cases/<code>/participants/<person_id>/remove",
        "/cases/<code>/consents",
        "/disarm",
        "/sign-out",
        "/shutdown",
    )
    rules = [rule for rule in _routes() if rule not in ending]
    asked = [(method, rule) for method in _METHODS for rule in rules] * 2
    random.Random(7).shuffle(asked)
    answered: dict[tuple[str, str], int] = {}
    for method, rule in [*asked, *[(method, rule) for rule in ending for method in _METHODS]]:
        path = _filled(rule, family, "rec-2222222222222222")
        status = laptop.request(method, path, _fields(family)).status
        answered[method, rule] = status
        assert status < 500 or status == 501, (method, rule, status)
        state = box.status() if rule != "/shutdown" else None
        if state is None:
            break
        assert not state.is_sensor_open, (method, rule)
        assert state.tally == "off", (method, rule)
        assert state.state in ("armed", "idle"), (method, rule, state.state)
    # The page was signed in and its forms were whole: arming itself went through.
    assert answered["POST", "/cases/<code>/arm"] in (302, 303)
    log = (box.folder / "audit.log").read_text("ascii")
    assert '"event":"armed"' in log
    assert "recording_opening" not in log
    assert "framing_started" not in log
    assert list((box.folder / "vault").iterdir()) == []


@pytest.mark.promise("P5")
def test_the_page_can_stop_without_a_sign_in(whole_box: WholeBox) -> None:
    whole_box.ready()
    whole_box.arm(whole_box.family())
    whole_box.capture.press(1.15)
    whole_box.capture.wait_for("recording")
    stranger = whole_box.new_laptop()
    stranger.get("/")
    stranger.post("/stop", {})
    status = whole_box.capture.wait_for("armed")
    assert not status.is_sensor_open


@pytest.mark.promise("P1")
def test_a_browser_that_is_not_signed_in_can_arm_nothing(whole_box: WholeBox) -> None:
    whole_box.ready()
    family = whole_box.family()
    stranger = whole_box.new_laptop()
    stranger.get("/sign-in")
    try:
        reply = stranger.post(f"/cases/{family.case}/arm", {"present": [family.adult], "mode": "film"})
    except DemoFailed:
        pass
    else:
        assert reply.location.startswith("/sign-in")
    assert whole_box.capture.status().state == "idle"
