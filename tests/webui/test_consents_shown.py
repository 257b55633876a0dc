"""What the pages of a case say of each yes is what the gate would say: a family must not read of a yes that does not count."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from web_box import Browser, RealBox, case_with_consents, consent_of

pytestmark = pytest.mark.promise("P3")

DAY_MS = 86_400_000


def shown(browser: Browser, path: str) -> str:
    """A page as somebody reads it."""
    text = re.sub(r"<template.*?</template>|<[^>]+>", " ", browser.get(path).text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text))


def of_child(text: str) -> str:
    """What a case's page says of Child A, who is its last person."""
    return text.rpartition("Correct or remove Child A")[2].partition("Record a yes")[0]


def second_holder(browser: Browser, code: str) -> str:
    adult = {"label": "Adult B", "role": "parent", "responsibility": "shared", "basis": ""}
    assert browser.post(f"/cases/{code}/participants", adult).status_code == 303
    return re.findall(r'<h3 id="([^"]+)">Adult B', browser.get(f"/cases/{code}").text)[0]


def test_a_yes_by_who_lost_parental_responsibility_is_shown_as_a_no_with_the_reason(signed_in: Browser) -> None:
    code, adult, _ = case_with_consents(signed_in)
    assert "Filming: yes, until" in of_child(shown(signed_in, f"/cases/{code}"))
    lost = {"role": "parent", "responsibility": "none", "basis": "", "evidence_by": ""}
    assert signed_in.post(f"/cases/{code}/participants/{adult}", lost).status_code == 303
    text = shown(signed_in, f"/cases/{code}")
    assert "Filming: no: the yes does not count now. Who said it does not have parental responsibility" in of_child(text)
    assert "yes, until" in text.partition("Child A")[0]  # what an adult said of themselves stands
    assert "A yes was said, but the box does not count it." in shown(signed_in, f"/cases/{code}/receipt")


def test_a_yes_that_ran_out_is_shown_as_a_no(signed_in: Browser, box: RealBox) -> None:
    code, adult, _ = case_with_consents(signed_in)
    assert (
        signed_in.post(f"/cases/{code}/consents", consent_of(adult, adult, scope=["supervision"], valid_days="1")).status_code
        == 303
    )
    now_ms = int(time.time() * 1000)
    try:
        signed_in.post("/clock", {"wall_ms": str(now_ms + 2 * DAY_MS), "confirmed": "1"})
        text = shown(signed_in, f"/cases/{code}")
    finally:
        signed_in.post("/clock", {"wall_ms": str(now_ms), "confirmed": "1"})
    assert "The practitioner's supervisor looks at the film: no: the yes ran out" in text
    assert "Filming: yes, until" in text


def test_who_takes_a_childs_yes_back_is_written_down_not_who_gave_it(signed_in: Browser) -> None:
    code, _, child = case_with_consents(signed_in)
    other = second_holder(signed_in, code)
    page = signed_in.get(f"/cases/{code}").text
    for words in ("Adult A takes it back: Filming, Child A", "Adult B takes it back: Filming, Child A"):
        assert f'aria-label="{words}"' in page
    assert 'aria-label="Take back: Filming, Adult A"' in page
    form = page.partition('aria-label="Adult B takes it back: Filming, Child A"')[0].rpartition("<form")[2]
    fields: dict[str, object] = dict(re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', form))
    assert (fields["participant_id"], fields["given_by"], fields["decision"]) == (child, other, "withdrawn")
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    assert "Filming: taken back (Adult B," in of_child(shown(signed_in, f"/cases/{code}"))
    receipt = shown(signed_in, f"/cases/{code}/receipt")
    assert "Taken back by Adult B on" in receipt


def test_a_child_who_was_asked_may_be_who_takes_it_back(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)  # this child's own agreement is noted
    assert 'aria-label="Child A takes it back: Filming, Child A"' in signed_in.get(f"/cases/{code}").text


def test_who_was_filmed_takes_it_back_and_the_case_says_what_is_locked_and_why(signed_in: Browser, box: RealBox) -> None:
    code, adult, child = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    box.film(1.2)
    assert signed_in.post("/disarm").status_code == 303
    assert "locked until" not in shown(signed_in, f"/cases/{code}")
    fields = {"decision": "withdrawn", "participant_id": child, "scope": "film", "given_by": adult, "notice_language": "en"}
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    text = shown(signed_in, f"/cases/{code}")
    assert "1 film of this case is locked until it is erased. Somebody who was filmed took back their consent to filming." in text
    assert "Locked: can only be erased" in shown(signed_in, f"/recordings?case={code}")
    assert "Nobody looks at it any more, and it can only be erased." in shown(signed_in, f"/cases/{code}/receipt")
    assert signed_in.post(f"/cases/{code}/consents", consent_of(child, adult)).status_code == 303
    assert "1 film of this case is locked until it is erased." in shown(signed_in, f"/cases/{code}")


def test_before_arming_each_person_is_shown_with_what_they_said_of_filming(signed_in: Browser) -> None:
    code, adult, child = case_with_consents(signed_in)
    second_holder(signed_in, code)
    fields = {"decision": "withdrawn", "participant_id": child, "scope": "film", "given_by": adult, "notice_language": "en"}
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    text = shown(signed_in, f"/cases/{code}/arm")
    assert "Adult A Said yes to filming" in text
    assert "Adult B Was not asked about filming: cannot be filmed" in text
    assert "Child A Took back the yes to filming: cannot be filmed" in text
