"""A browser that was signed out by what was changed in the enrolment window: the next form there is read all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jumping_box import JumpingBox
from web_box import Browser, wait_for

from webui.app import create_app
from webui.config import WebConfig
from webui.keeping import EVERY_S


@pytest.fixture
def box(tmp_path: Path) -> Iterator[JumpingBox]:
    box = JumpingBox(tmp_path / "box")
    box.start(held=True)
    box.enrol()
    yield box
    box.close()


def test_a_form_of_the_window_is_read_though_an_earlier_one_signed_out_who_sent_it(box: JumpingBox) -> None:
    slept_s = [0.0]
    app = create_app(WebConfig(names=("localhost",), port=8443), box.client, lambda: time.monotonic() + slept_s[0])
    page = Browser(app)
    page.post("/sign-in", {"username": box.username, "passphrase": box.passphrase})
    box.press()
    wait_for(lambda: page.get("/sign-in/state").json["stage"] == "signed_in", "the sign-in")
    form = {"csrf_token": page.token(), "setup_code": box.provisioned.setup_code}
    assert page.post("/administration/reset", {**form, "practitioner": box.username}).status_code == 200
    slept_s[0] = EVERY_S + 1
    again = page.client.post(
        "/administration/hand-over/package",
        base_url="https://localhost:8443",
        data={**form, "case": "VIG-7F3", "taker": "prac-7k2m9x"},
        headers={"Origin": "https://localhost:8443"},
    )
    assert again.status_code == 400
    assert "Enter the code of the case" in again.text
    assert "prac-7k2m9x" in again.text, "what was filled in is still there"
    assert page.get("/cases").status_code == 303, "and nobody is signed in"
