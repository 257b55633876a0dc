"""A whole visit on a phone by tapping alone, and on each of its pages, error pages among them, axe-core's rules of WCAG 2.2 AA.

Then the same page by a keyboard alone, and what its policy forbids, tried in the browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from phone import Phone
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from web_box import RealBox, wait_for
from web_server import Server
from web_window import Watched


@pytest.fixture(scope="module")
def phone(chromium: Chromium, web: Server) -> Iterator[Phone]:
    phone = Phone(chromium, web)
    yield phone
    phone.context.close()


def _enter(phone: Phone, box: RealBox) -> None:
    page = phone.go("/no-such-page")
    phone.look("There is no such page")
    phone.go("/enrol")
    phone.look("Add a practitioner")
    phone.tap("Make user name and words")
    phone.look("Add a practitioner", "Enter the set-up code")
    phone.go("/administration/hand-over")
    phone.look("Hand a case over")
    phone.tap("Make the package")
    phone.look("Hand a case over", "Enter the code of the case")
    phone.go("/about")
    phone.look("About this box")
    phone.tap("Sign in", "link")
    phone.look("Sign in")
    phone.tap("Continue")
    phone.look("Sign in", "Enter your six words")
    page.get_by_label("User name").fill(box.who.username)
    page.get_by_label("Your six words", exact=True).fill(box.who.passphrase)
    phone.tap("Continue")
    phone.look("Press the button on the box")
    wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask")
    box.press()
    phone.look("What the box does now")


def _agree(phone: Phone) -> None:
    page = phone.page
    phone.tap("Cases", "link")
    phone.look("Cases")
    phone.tap("Cases handed over to you", "link")
    phone.look("Cases handed over to you")
    phone.tap("All your cases", "link")
    phone.tap("Open a case")
    phone.look("Case " + _code(page))
    phone.tap("Add the adult")
    phone.look("Case " + _code(page), "Choose a label from the list")
    page.locator("#label").select_option("Adult A")
    page.get_by_label("Parent", exact=True).check()
    page.get_by_label("Holds parental responsibility").check()
    phone.tap("Add the adult")
    page.get_by_text("Add a child", exact=True).tap()
    phone.tap("Add the child")
    page.locator("#child-label").select_option("Child A")
    phone.tap("Add the child")
    phone.tap("Record the yes")
    phone.look("Case " + _code(page), "Choose who said yes")
    for person in ("Adult A", "Child A"):
        form = page.locator("#consent-form")
        form.get_by_label("Filming").check()
        form.get_by_label("The practitioner looks at the film alone to prepare").check()
        form.get_by_role("group", name="Whose picture").get_by_label(person).check()
        form.get_by_role("group", name="Who said yes?").get_by_label("Adult A").check()
        form.get_by_label("Signed on paper").check()
        phone.tap("Record the yes")
        expect(page.get_by_text("The consent was recorded.")).to_be_visible()
    expect(page.get_by_text("yes, until")).to_have_count(4)
    phone.look("Case " + _code(page))
    _put_on_record(phone)


def _put_on_record(phone: Phone) -> None:
    page, code = phone.page, _code(phone.page)
    phone.tap(re.compile("Correct or remove Adult A"), "link")
    phone.look(f"Adult A of case {code}")
    phone.tap("Keep the correction")
    phone.tap("Helping question and notes", "link")
    phone.look(f"Notes on case {code}")
    page.get_by_label("Helping question").fill("What does she look at?")
    phone.tap("Keep the notes")
    page.get_by_label("Large print").check()
    phone.tap("Note what the family needs")
    phone.tap("Note the end of the work")
    phone.look(f"Case {code}", "Enter the day on which the work ended")
    phone.go(f"/cases/{code}")
    phone.look(f"Case {code}")


def _code(page: Page) -> str:
    page.wait_for_url(re.compile(r"/cases/VIG-"))
    return page.url.split("/")[4]


def _film(phone: Phone, box: RealBox) -> None:
    page = phone.page
    code = _code(page)
    phone.tap("Arm the box for a visit")
    phone.look(f"Arm the box for case {code}")
    phone.tap("Arm the box")
    phone.look(f"Arm the box for case {code}", "Tick everybody")
    page.get_by_label("Adult A").check()
    page.get_by_label("Child A").check()
    phone.tap("Arm the box")
    phone.look("What the box does now")
    expect(page.get_by_text("The box is armed.")).to_be_visible()
    box.press(1.2)
    expect(page.locator("#live")).to_contain_text("It is filming, with sound.")
    expect(page.get_by_text("The box is armed.")).to_have_count(0)
    phone.look("What the box does now")
    wait_for(lambda: box.status().filmed_s >= 1, "a second of film")
    box.press()
    expect(page.locator("#live")).to_contain_text("The camera is OFF")
    expect(page.get_by_role("link", name="Discard the film that was just made")).to_be_visible(timeout=15_000)
    phone.tap("Disarm")


def _take_over_and_erase(phone: Phone, box: RealBox, folder: Path) -> None:
    page = phone.page
    phone.tap("Recordings", "link")
    phone.look("Recordings")
    page.locator("main table a").first.tap()
    page.wait_for_url(re.compile("/recordings/rec-"))
    heading = page.locator("h1").inner_text()
    phone.look(heading)
    phone.tap("Compare and confirm")
    phone.look(heading, "Choose the file")
    with page.expect_download() as download:
        phone.tap("Download the film (MP4)", "link")
    download.value.save_as(folder / "film.mp4")
    phone.tap("Erase this recording")
    phone.look("Erase this recording?")
    phone.tap("Erase: then press the button on the box")
    phone.look("Erase this recording?", "type its whole code")
    phone.tap("Keep it", "link")
    page.get_by_label("Choose the file").set_input_files(folder / "film.mp4")
    expect(page.get_by_text("Checked. Now tell the box.")).to_be_visible()
    phone.tap("Compare and confirm")
    expect(page.get_by_text("both copies are the same")).to_be_visible()
    phone.tap("Erase this recording")
    phone.tap("Erase: then press the button on the box")
    phone.look("Press the button on the box")
    wait_for(lambda: box.status().waiting_for_press == "erase", "the box to ask")
    box.press()
    phone.look("Erased")
    phone.go("/clock")
    phone.tap("Set the clock")
    phone.look("Set the clock", "Enter today's date")


def test_no_page_of_a_whole_visit_on_a_phone_breaks_a_rule_of_wcag_2_2_aa(phone: Phone, box: RealBox, tmp_path: Path) -> None:
    _enter(phone, box)
    _agree(phone)
    _film(phone, box)
    _take_over_and_erase(phone, box, tmp_path)
    assert phone.broken == {}
    assert phone.complaints == []


def test_the_camera_is_armed_by_the_keyboard_alone(phone: Phone, box: RealBox) -> None:
    page = phone.go("/cases")
    _type_to(page, "VIG-", "Enter")
    page.wait_for_url(re.compile(r"/cases/VIG-"))
    _type_to(page, "Arm the box for a visit", "Enter")
    page.wait_for_url(re.compile("/arm$"))
    _type_to(page, "Adult A", "Space")
    _type_to(page, "Child A", "Space")
    _type_to(page, "Arm the box", "Enter")
    page.wait_for_url(phone.base + "/")
    assert box.status().state == "armed"
    _type_to(page, "Disarm", "Enter")
    wait_for(lambda: box.status().state == "idle", "the box to be disarmed")


def _type_to(page: Page, name: str, key: str) -> None:
    """Tab until something of that name has the focus, then press the key. Pages end: it must come within so many stops."""
    named = "() => { const one = document.activeElement; return (one.labels?.[0] ?? one).textContent.trim(); }"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(named).startswith(name):
            page.keyboard.press(key)
            return
    raise AssertionError(f"no way by Tab to {name}")


@pytest.mark.parametrize(
    "attack",
    [
        "const one = document.createElement('script'); one.textContent = 'window.bad = 1'; document.body.append(one);",
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.bad = 1\">');",
        "const one = document.createElement('a'); one.href = 'javascript:bad = 1'; document.body.append(one); one.click();",
        "const one = document.createElement('iframe'); one.src = '/about'; document.body.append(one);",
        "document.body.setAttribute('onclick', 'window.bad = 1'); document.body.click();",
    ],
)
def test_what_somebody_might_get_into_a_page_is_not_run(chromium: Chromium, web: Server, attack: str) -> None:
    context = chromium.new_context(ignore_https_errors=True)
    window = Watched(context, web)
    page = window.go("/sign-in")
    assert window.complaints == []
    page.evaluate(f"() => {{ try {{ {attack} }} catch (error) {{ console.error(String(error)); }} }}")
    # The driver hears of the console while it is asked something.
    wait_for(lambda: page.evaluate("1") and window.complaints, "the browser to refuse it")
    assert page.evaluate("window.bad") is None
    context.close()
