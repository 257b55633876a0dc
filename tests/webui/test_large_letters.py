"""The pages of governance on a small phone, as a person meets them: large letters, forms that come back with problems."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from web_box import Browser, RealBox, case_with_consents
from web_server import Server
from web_window import Watched

WIDTH = 360
PAGES = (
    "/",
    "/about",
    "/clock",
    "/cases",
    "/hand-overs",
    "/recordings",
    "/recordings/{rec}",
    "/recordings/{rec}/erase",
    "/cases/{case}",
    "/cases/{case}/arm",
    "/cases/{case}/notes",
    "/cases/{case}/removed",
    "/cases/{case}/erase",
    "/cases/{case}/erased",
    "/cases/{case}/receipt",
    "/cases/{case}/participants/{person}",
)
FORMS = (
    ("/clock", "Set the clock"),
    ("/cases/{case}", "Record the yes"),
    ("/cases/{case}", "Note the end of the work"),
    ("/cases/{case}/arm", "Arm the box"),
    ("/recordings/{rec}", "Compare and confirm"),
    ("/recordings/{rec}/erase", "Erase: then press the button on the box"),
    ("/cases/{films}/erase", "Erase: then press the button on the box"),
)
LINKS = """() => [...document.querySelectorAll('.nhsuk-error-summary__list li')].map((line) => {
    const to = document.querySelector(line.querySelector('a')?.getAttribute('href') ?? 'no-such-thing');
    return [line.innerText, to !== null && to.checkVisibility(), to ? to.getBoundingClientRect().top : 0];
})"""


class Phone(Watched):
    """Signed in at a box with a film (`rec`, of the case `films`), and a case in which an adult may say yes for nobody else."""

    def __init__(self, chromium: Chromium, web: Server, places: dict[str, str]) -> None:
        super().__init__(chromium.new_context(ignore_https_errors=True, viewport={"width": WIDTH, "height": 740}), web)
        self.places = places

    def see(self, path: str) -> Page:
        return self.go(path.format_map(self.places))


@pytest.fixture(scope="module")
def phone(chromium: Chromium, web: Server, box: RealBox, practitioner: Browser, recording: str) -> Iterator[Phone]:
    practitioner.stay_signed_in(box)
    code, adult, _ = case_with_consents(practitioner)
    other = {"label": "Adult B", "role": "carer", "responsibility": "none", "basis": ""}
    assert practitioner.post(f"/cases/{code}/participants", other).status_code == 303
    films = practitioner.get(f"/recordings/{recording}").text.partition("<h1>Recording of case ")[2][:8]
    phone = Phone(chromium, web, {"case": code, "person": adult, "rec": recording, "films": films})
    phone.sign_in(box)
    yield phone
    phone.context.close()


def assert_each_problem_leads_to_its_field(page: Page) -> None:
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    found = page.evaluate(LINKS)
    assert found
    assert [text for text, leads_there, _ in found if not leads_there] == []
    assert [top for *_, top in found] == sorted(top for *_, top in found), "the summary has another order than the form"


@pytest.mark.parametrize("letters", ["100%", "200%"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_governance_needs_scrolling_sideways_however_large_the_letters(phone: Phone, path: str, letters: str) -> None:
    page = phone.see(path)
    page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", letters)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


@pytest.mark.parametrize(("path", "button"), FORMS)
def test_a_form_that_was_sent_empty_leads_to_each_field_in_the_order_of_the_form(phone: Phone, path: str, button: str) -> None:
    page = phone.see(path)
    page.get_by_role("button", name=button, exact=True).click()
    assert_each_problem_leads_to_its_field(page)


def test_an_adult_who_is_added_with_nothing_chosen_leads_to_each_field(phone: Phone) -> None:
    page = phone.see("/cases/{case}")
    page.get_by_text("Add an adult", exact=True).click()
    page.get_by_role("button", name="Add the adult").click()
    assert_each_problem_leads_to_its_field(page)


@pytest.mark.promise("P3")
def test_a_yes_for_a_child_by_who_may_not_say_it_leads_to_who_said_yes(phone: Phone) -> None:
    form = phone.see("/cases/{case}").locator("#consent-form")
    form.get_by_role("group", name="Whose picture").get_by_label("Child A").check()
    form.get_by_label("Filming").check()
    form.get_by_role("group", name="Who said yes?").get_by_label("Adult B").check()
    form.get_by_label("Signed on paper").check()
    form.get_by_role("button", name="Record the yes").click()
    assert_each_problem_leads_to_its_field(phone.page)
    expect(phone.page.locator("#given_by-error")).to_contain_text("parental responsibility")


@pytest.mark.promise("P3")
def test_arming_with_somebody_who_was_not_asked_leads_to_who_is_in_the_room(phone: Phone) -> None:
    page = phone.see("/cases/{case}/arm")
    page.get_by_label("Adult B").check()
    page.get_by_role("button", name="Arm the box").click()
    assert_each_problem_leads_to_its_field(page)
    expect(page.locator("#present-error")).to_contain_text("not been asked")


def test_a_film_leads_to_its_case(phone: Phone) -> None:
    phone.see("/recordings/{rec}").get_by_role("link", name=phone.places["films"]).click()
    expect(phone.page.get_by_role("heading", name=f"Case {phone.places['films']}")).to_be_visible()


def test_the_browser_found_nothing_to_complain_about(phone: Phone) -> None:
    assert phone.complaints == []
