"""Erasing from the page: what is due is proposed, a batch takes one press, and the family gets a receipt. Here on a box of its
own, so that nobody else's films go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from faults import order, recall
from web_box import Browser, RealBox, case_with_consents, open_descriptors, wait_for

from capture.errors import SignInRefused
from capture.messages import SignInBegin, SignInWaiting
from webui.app import create_app
from webui.config import WebConfig

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def own_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBox]:
    """Its disk obeys the orders in a folder beside it."""
    folder = tmp_path_factory.mktemp("erasing")
    box = RealBox(folder / "box", (str(Path(__file__).parents[1] / "faulty_daemon.py"), str(folder / "orders")))
    yield box
    box.close()


@pytest.fixture(scope="module")
def me(own_box: RealBox) -> Browser:
    browser = Browser(create_app(WebConfig(names=("localhost", "127.0.0.1"), port=8443), own_box.client))
    browser.stay_signed_in(own_box)
    return browser


def film(browser: Browser, box: RealBox, code: str, *present: str) -> str:
    assert browser.post(f"/cases/{code}/arm", {"present": list(present), "mode": "film"}).status_code == 303
    recording = box.film(0.6)
    assert browser.post("/disarm").status_code == 303
    return recording


def press_for(browser: Browser, box: RealBox, wait_page: str) -> str:
    """The page after the press."""
    wait_for(lambda: box.status().waiting_for_press == "erase", "the box to ask")
    box.press()
    wait_for(lambda: browser.get(f"{wait_page}/state").json["stage"] == "erased", "the erasure")
    return browser.get(wait_page).text


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


@pytest.fixture(scope="module")
def two_films(me: Browser, own_box: RealBox) -> tuple[str, str, str]:
    code, *present = case_with_consents(me)
    return code, film(me, own_box, code, *present), film(me, own_box, code, *present)


@pytest.mark.promise("P9")
def test_the_film_just_made_can_be_discarded_only_with_its_code_and_a_press(
    me: Browser, own_box: RealBox, two_films: tuple[str, str, str]
) -> None:
    code, _, last = two_films
    text = me.get("/").text
    assert re.search(r'id="just-filmed"[^>]*data-shown="yes"[^>]*(?<!hidden)>', text)
    assert me.get("/erasures/just-filmed").location == f"/recordings/{last}/erase"
    assert "this is the only copy" in me.get(f"/recordings/{last}/erase").text
    answer = me.post(f"/recordings/{last}/erase", {"words": code})
    assert answer.status_code == 409
    assert own_box.status().waiting_for_press == ""
    assert (own_box.folder / "vault" / f"{last}.mp4.age").exists()


@pytest.mark.promise("P9")
def test_a_batch_lists_what_is_there_and_ticks_nothing(me: Browser, two_films: tuple[str, str, str]) -> None:
    code, one, two = two_films
    text = me.get(f"/cases/{code}/erase").text
    assert f'value="{one}"' in text
    assert f'value="{two}"' in text
    assert " checked" not in text
    assert "the only copy" in text
    answer = me.post(f"/cases/{code}/erase", {"words": code})
    assert answer.status_code == 400
    assert 'href="#recording"' in answer.text


@pytest.mark.promise("P9")
def test_only_copies_take_the_cases_code_and_keep_their_ticks_when_it_is_wrong(
    me: Browser, two_films: tuple[str, str, str]
) -> None:
    code, one, two = two_films
    for words in ("", "yes", one):
        answer = me.post(f"/cases/{code}/erase", {"recording": [one, two], "words": words})
        assert answer.status_code == 409
        assert 'href="#words"' in answer.text
        assert "type the code of the case" in answer.text
        assert answer.text.count(" checked") == 2


def test_a_film_of_another_case_is_not_erased_from_this_ones_page(me: Browser, two_films: tuple[str, str, str]) -> None:
    _, one, _ = two_films
    other, *_ = case_with_consents(me)
    assert me.post(f"/cases/{other}/erase", {"recording": [one], "words": one}).status_code == 404
    assert "There is no film of this case" in me.get(f"/cases/{other}/erase").text


def test_what_is_due_stands_on_the_start_page_and_goes_when_the_work_goes_on(
    me: Browser, two_films: tuple[str, str, str], own_box: RealBox
) -> None:
    code, *_ = two_films
    assert "Due for erasing" not in me.get("/").text
    assert me.post(f"/cases/{code}/end", {"ended_on": TODAY.isoformat()}).status_code == 303
    assert "Due for erasing" not in me.get("/").text, "it is sixty days away"
    later = datetime.now(UTC) + timedelta(days=53)
    set_clock(me, later)
    said = plain(me.get("/").text)
    assert re.search(rf"Due for erasing Case {code} : due on \d+ \w+ \d+, in 7 days\. 2 films are on the box\.", said)
    set_clock(me, later + timedelta(days=6))
    assert "due tomorrow." in plain(me.get("/").text)
    set_clock(me, later + timedelta(days=7))
    assert "due today." in plain(me.get("/").text)
    set_clock(me, later + timedelta(days=20))
    assert re.search(r"was due on \d+ \w+ \d+\.", plain(me.get("/").text))
    assert own_box.status().waiting_for_press == ""
    set_clock(me, datetime.now(UTC))
    assert "Due for erasing" not in me.get("/").text, "a clock that is right again takes the proposal back"


def set_clock(browser: Browser, at: datetime) -> None:
    answer = browser.post("/clock", {"wall_ms": str(int(at.timestamp() * 1000)), "confirmed": "1"}, Accept="application/json")
    assert answer.status_code == 204, answer.text


def stage(browser: Browser, wait_page: str) -> str:
    return str(browser.get(f"{wait_page}/state").json["stage"])


@pytest.mark.promise("P9")
def test_why_no_press_counted_is_told_however_often_the_page_asks(
    me: Browser, own_box: RealBox, two_films: tuple[str, str, str]
) -> None:
    code, one, two = two_films
    wait_page = me.post(f"/cases/{code}/erase", {"recording": [one, two], "words": code}).location
    wait_for(lambda: own_box.status().waiting_for_press == "erase", "the box to ask")
    with pytest.raises(SignInRefused):
        own_box.client.call(SignInBegin(username="prac-zzzzzz", passphrase="somebody else's"), SignInWaiting)
    wait_for(lambda: stage(me, wait_page) == "refused", "both to be refused")
    for _ in range(2):
        said = plain(me.get(wait_page).text)
        assert "Somebody else asked for a press at the same moment" in said
        assert "All of them are still there." in said
    assert stage(me, wait_page) == "refused"


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_one_press_erases_the_batch_and_gives_a_receipt_to_print(
    me: Browser, own_box: RealBox, two_films: tuple[str, str, str]
) -> None:
    code, one, two = two_films
    assert "No film of this case was erased yet" in me.get(f"/cases/{code}/erased").text
    answer = me.post(f"/cases/{code}/erase", {"recording": [one, two], "words": code.lower()})
    assert answer.status_code == 303, plain(answer.text)
    assert "erases all 2 recordings" in me.get(answer.location).text
    text = press_for(me, own_box, answer.location)
    assert list((own_box.folder / "vault").iterdir()) == []
    link = re.search(r'href="(/cases/[^"]+/erased/era-[^"]+)"', text).group(1)
    receipt = plain(me.get(link).text)
    for must in (code, one, two, "ERASED", "had taken no copy of it over.", "Line ", "we do not promise"):
        assert must in receipt
    assert "crypto" not in receipt.lower()
    assert link in me.get(f"/cases/{code}/erased").text
    shown = me.get(f"/recordings/{one}").text
    assert "Marked moments" not in shown
    assert f"/cases/{code}/erased" in shown
    assert me.get(f"/recordings/{one}/erase").location == f"/recordings/{one}"
    assert me.get("/erasures/just-filmed").location == "/"
    assert 'data-shown="no"' in me.get("/").text


def test_a_receipt_is_shown_with_its_own_case_alone(me: Browser, own_box: RealBox) -> None:
    code, *present = case_with_consents(me)
    other, *_ = case_with_consents(me)
    recording = film(me, own_box, code, *present)
    answer = me.post(f"/recordings/{recording}/erase", {"words": recording.upper()})
    link = re.search(r'href="(/cases/[^"]+/erased/era-[^"]+)"', press_for(me, own_box, answer.location)).group(1)
    assert me.get(link).status_code == 200
    assert me.get(link.replace(code, other)).status_code == 404
    assert me.get(f"/cases/{code}/erased/era-2222222222222222").status_code == 404
    assert me.get(f"/cases/{code}/erased/..%2fx").status_code in {400, 404}
    assert me.get("/cases/VIG-2222/erased").status_code == 404


@pytest.mark.promise("P9")
def test_what_broke_off_behind_the_press_is_not_called_still_there(me: Browser, own_box: RealBox) -> None:
    code, *present = case_with_consents(me)
    recording = film(me, own_box, code, *present)
    orders = own_box.folder.with_name("orders")
    order(orders, "unlink", "fail EIO .mp4.age")
    wait_page = me.post(f"/recordings/{recording}/erase", {"words": recording}).location
    wait_for(lambda: own_box.status().waiting_for_press == "erase", "the box to ask")
    own_box.press()
    wait_for(lambda: stage(me, wait_page) == "unfinished", "the disk to refuse")
    for _ in range(2):
        said = plain(me.get(wait_page).text)
        assert "The box's storage cannot be used" in said
        assert "still there. Switch the box off and on" in said
        assert "The recording is still there" not in said
    recall(orders, "unlink")
    again = me.post(f"/recordings/{recording}/erase", {"words": recording}).location
    assert "Receipt for the family" in press_for(me, own_box, again)


@pytest.mark.promise("P9")
def test_what_was_looked_at_until_the_press_is_closed_though_nobody_waits_for_the_answer(me: Browser, own_box: RealBox) -> None:
    code, *present = case_with_consents(me)
    recording = film(me, own_box, code, *present)
    assert me.post(f"/recordings/{recording}/erase", {"words": recording}).status_code == 303
    assert me.get(f"/recordings/{recording}/video.mp4").status_code == 200
    assert open_descriptors(own_box) == 1
    wait_for(lambda: own_box.status().waiting_for_press == "erase", "the box to ask")
    own_box.press()
    wait_for(lambda: not (own_box.folder / "vault" / f"{recording}.mp4.age").exists(), "the erasure")
    me.get("/live")
    assert open_descriptors(own_box) == 0


def test_nobody_who_is_not_signed_in_sees_what_is_due_or_was_erased(own_box: RealBox, tmp_path: Path) -> None:
    stranger = Browser(create_app(WebConfig(names=("localhost",), port=8443), own_box.client))
    assert "just-filmed" not in stranger.get("/").text
    for path in ("/cases/VIG-2222/erase", "/cases/VIG-2222/erased", "/erasures/just-filmed"):
        assert stranger.get(path).location == "/sign-in"
