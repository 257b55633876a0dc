"""Who stays signed in and who does not: another browser, a planted cookie, a box that locked itself, two tries of one browser."""

from __future__ import annotations

import pytest
from web_box import BASE, Browser, RealBox, open_descriptors, wait_for

from webui import keeping
from webui.sessions import COOKIE, WebSession


@pytest.fixture
def guest(practitioner: Browser) -> Browser:
    """A second browser at the same page."""
    return Browser(practitioner.app)


def ask(browser: Browser, box: RealBox) -> None:
    answer = browser.post("/sign-in", {"username": box.who.username, "passphrase": box.who.passphrase})
    assert answer.status_code == 303, answer.text


def session_of(browser: Browser) -> WebSession:
    return browser.app.session_interface._by_id[browser.client.get_cookie(COOKIE, "localhost").value]


def test_a_session_id_known_before_the_words_were_typed_fetches_no_sign_in(guest: Browser, box: RealBox) -> None:
    guest.get("/sign-in")
    spy = Browser(guest.app)
    spy.client.set_cookie(COOKIE, guest.client.get_cookie(COOKIE, "localhost").value, domain="localhost")
    ask(guest, box)
    assert spy.get("/sign-in/state").json["stage"] == "expired"
    box.press()
    wait_for(lambda: guest.get("/sign-in/state").json["stage"] == "signed_in", "the sign-in")
    assert spy.get("/cases").location == "/sign-in"
    assert guest.get("/cases").status_code == 200


def test_who_signs_in_ends_what_the_one_before_has_open_at_once(
    guest: Browser, signed_in: Browser, box: RealBox, recording: str
) -> None:
    film = f"/recordings/{recording}/video.mp4"
    assert signed_in.get(film, Range="bytes=0-1").status_code == 206
    assert open_descriptors(box) > 0
    guest.sign_in(box)
    assert open_descriptors(box) == 0
    assert signed_in.get(film, Range="bytes=0-1").status_code == 401


def test_a_transfer_that_finds_the_box_locked_signs_its_browser_out(
    signed_in: Browser, visitor: Browser, box: RealBox, recording: str
) -> None:
    film = f"/recordings/{recording}/video.mp4"
    under_way = signed_in.client.get(film, base_url=BASE, buffered=False)
    visitor.sign_in(box)  # at a server of its own: this one learns of it only from the daemon
    session_of(signed_in).kept_alive_s -= 2 * keeping.EVERY_S
    assert len(b"".join(under_way.iter_encoded())) < int(under_way.headers["Content-Length"])
    assert signed_in.get(film, Range="bytes=0-1").status_code == 401
    assert open_descriptors(box) == 0


def test_an_answer_under_way_ends_when_its_browser_signs_out(guest: Browser, box: RealBox) -> None:
    guest.sign_in(box)
    mine = session_of(guest)
    keep = keeping.keeper(guest.app.extensions["vigcam"], mine, mine.signed_in)
    keep()
    guest.post("/sign-out")
    with pytest.raises(Exception, match="sign_in_needed"):
        keep()


@pytest.mark.promise("P5")
def test_the_camera_can_be_stopped_from_a_page_whose_session_the_box_has_ended(
    signed_in: Browser, visitor: Browser, box: RealBox
) -> None:
    visitor.sign_in(box)
    session_of(signed_in).kept_alive_s -= 2 * keeping.EVERY_S
    assert signed_in.post("/stop").location == "/"


def test_the_start_page_is_shown_to_whom_the_box_has_signed_out(signed_in: Browser, visitor: Browser, box: RealBox) -> None:
    visitor.sign_in(box)
    session_of(signed_in).kept_alive_s -= 2 * keeping.EVERY_S
    page = signed_in.get("/")
    assert page.status_code == 200
    assert "The camera is OFF" in page.text
    assert "Sign out" not in page.text


def test_asking_anew_takes_the_same_browsers_first_try_back(guest: Browser, box: RealBox) -> None:
    ask(guest, box)
    guest.get("/sign-in")
    guest.sign_in(box)
    assert guest.get("/cases").status_code == 200


def test_starting_again_from_the_waiting_page_leaves_nothing_waiting(guest: Browser, box: RealBox) -> None:
    ask(guest, box)
    assert 'action="/sign-in/again"' in guest.get("/sign-in/wait").text
    wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask")
    assert guest.post("/sign-in/again").location == "/sign-in"
    assert box.status().waiting_for_press == ""
    assert guest.get("/sign-in/state").json["stage"] == "expired"


def test_looking_at_the_form_again_takes_nothing_back(guest: Browser, box: RealBox) -> None:
    ask(guest, box)
    guest.get("/sign-in")
    guest.post("/sign-in", {"username": "", "passphrase": ""})
    assert guest.get("/sign-in/state").json["stage"] == "press"
    guest.post("/sign-in/again")
