"""A practitioner's way through the page, with a real daemon behind it: sign-in, clock, case, consents, arming, erasing."""

from __future__ import annotations

import re
import time

import pytest
from web_box import Browser, RealBox, case_with_consents, consent_of, wait_for

from webui.sessions import COOKIE


def cookie_of(browser: Browser) -> str:
    return browser.client.get_cookie(COOKIE, "localhost").value


def test_the_start_page_says_in_words_that_the_camera_is_off(visitor: Browser) -> None:
    text = visitor.get("/").text
    assert re.search(r"headline[^>]*>The camera is OFF<", text)
    assert 'aria-live="polite"' in text


def test_live_is_the_status_and_304_while_nothing_changes(visitor: Browser) -> None:
    first = visitor.get("/live")
    assert first.json["is_sensor_open"] is False
    etag = first.headers["ETag"]
    assert not etag.startswith("W/")
    answers = [visitor.get("/live", If_None_Match=etag) for _ in range(3)]
    assert any(answer.status_code == 304 and not answer.data for answer in answers)


def test_a_wrong_set_up_code_adds_nobody(visitor: Browser) -> None:
    answer = visitor.post("/enrol", {"setup_code": "aaaa-bbbb"})
    assert answer.status_code == 403
    assert "nhsuk-error-summary" in answer.text


def test_enrolment_shows_six_words_once(visitor: Browser, box: RealBox) -> None:
    answer = visitor.post("/enrol", {"setup_code": box.setup_code})
    words = re.search(r'id="enrolled-passphrase">([^<]+)<', answer.text).group(1)
    assert len(words.split()) == 6
    assert answer.headers["Cache-Control"] == "no-store"
    assert words not in visitor.get("/enrol").text


def test_empty_sign_in_fields_come_back_with_a_summary_that_links_to_them(visitor: Browser) -> None:
    answer = visitor.post("/sign-in", {})
    assert answer.status_code == 400
    assert 'href="#username"' in answer.text
    assert 'href="#passphrase"' in answer.text
    assert "<title>Error:" in answer.text


def test_signing_in_needs_words_and_a_press_and_gives_a_new_session(visitor: Browser, box: RealBox, signed_in: Browser) -> None:
    visitor.get("/sign-in")
    before = cookie_of(visitor)
    answer = visitor.post("/sign-in", {"username": box.who.username, "passphrase": box.who.passphrase})
    assert (answer.status_code, answer.location) == (303, "/sign-in/wait")
    page = visitor.get("/sign-in/wait")
    assert 'http-equiv="refresh"' in page.text
    assert visitor.get("/sign-in/state").json["stage"] == "press"
    assert visitor.get("/cases").location == "/sign-in"
    wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask")
    box.press()
    wait_for(lambda: visitor.get("/sign-in/wait").status_code == 303, "the sign-in, without a script")
    assert cookie_of(visitor) != before
    assert visitor.get("/cases").status_code == 200
    assert box.who.passphrase not in visitor.get("/cases").text


def test_wrong_words_are_refused_only_after_the_press_and_alike(visitor: Browser, box: RealBox, signed_in: Browser) -> None:
    texts = []
    for username in (box.who.username, "prac-zzzzzz"):
        assert visitor.post("/sign-in", {"username": username, "passphrase": "wrong words"}).status_code == 303
        wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask")
        box.press()
        answer = wait_for(lambda: (found := visitor.get("/sign-in/wait")).status_code >= 400 and found, "the refusal")
        assert answer.status_code == 401
        texts.append(re.sub(r'(content|value|nonce)="[^"]*"', "", answer.text))
    assert texts[0] == texts[1]
    assert "user name or the six words" in texts[0]


def test_the_clock_is_offered_by_a_script_only_where_it_is_needed(signed_in: Browser) -> None:
    assert "js/clock.js" not in signed_in.get("/").text
    answer = signed_in.post("/clock", {"wall_ms": str(int(time.time() * 1000))}, Accept="application/json")
    assert answer.status_code == 204


def test_an_unlikely_time_is_asked_back(signed_in: Browser) -> None:
    answer = signed_in.post("/clock", {"wall_ms": "1000"}, Accept="application/json")
    assert (answer.status_code, answer.json["error"]) == (409, "clock_unlikely")
    form = signed_in.post("/clock", {"wall_ms": "1000"})
    assert form.status_code == 409
    assert 'type="date"' in form.text


def test_a_case_shows_the_notice_with_version_and_hash_and_nothing_ticked(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    text = signed_in.get(f"/cases/{code}").text
    assert "The film belongs to your family" in text
    assert re.search(r"[0-9a-f]{64}", text)
    form = text[text.index('id="consent-form"') :]
    assert " checked" not in form[: form.index("</form>")]


def test_a_consent_is_shown_and_taken_back_with_one_button(signed_in: Browser) -> None:
    code, adult, _ = case_with_consents(signed_in)
    text = signed_in.get(f"/cases/{code}").text
    assert text.count("yes, until") == 4
    # The adult's own with one button each; for the child one for whoever may take it back: the adult, or the child who agreed.
    assert [text.count(words) for words in ('"Take back: ', '"Adult A takes it back: ', '"Child A takes it back: ')] == [2, 2, 2]
    fields = {"decision": "withdrawn", "participant_id": adult, "scope": "film", "given_by": adult, "notice_language": "en"}
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    after = signed_in.get(f"/cases/{code}").text
    assert after.count("yes, until") == 3
    assert "taken back" in after


def test_a_childs_consent_by_somebody_without_responsibility_comes_back_as_a_problem(signed_in: Browser) -> None:
    code, _, child = case_with_consents(signed_in)
    carer = {"label": "Adult B", "role": "carer", "responsibility": "none", "basis": ""}
    assert signed_in.post(f"/cases/{code}/participants", carer).status_code == 303
    carer_id = signed_in.get(f"/cases/{code}").text.split('<h3 id="')[3].partition('"')[0]
    answer = signed_in.post(f"/cases/{code}/consents", consent_of(child, carer_id))
    assert 400 <= answer.status_code < 500
    assert "nhsuk-error-summary" in answer.text


@pytest.mark.promise("P3")
def test_arming_without_consent_names_the_reason_and_arms_nothing(signed_in: Browser, box: RealBox) -> None:
    code, adult, child = case_with_consents(signed_in)
    other = {"label": "Adult B", "role": "other", "responsibility": "none", "basis": ""}
    signed_in.post(f"/cases/{code}/participants", other)
    stranger = signed_in.get(f"/cases/{code}").text.split('<h3 id="')[3].partition('"')[0]
    answer = signed_in.post(f"/cases/{code}/arm", {"present": [adult, child, stranger], "mode": "film"})
    assert answer.status_code == 409
    assert "has not been asked for their consent to this" in answer.text
    assert box.status().state == "idle"


def test_arming_shows_the_recovery_key_and_disarming_takes_it_back(signed_in: Browser, box: RealBox) -> None:
    code, adult, child = case_with_consents(signed_in)
    assert box.status().recovery_fingerprint in signed_in.get(f"/cases/{code}/arm").text
    assert signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).location == "/"
    assert box.status().state == "armed"
    assert box.status().is_sensor_open is False
    assert "Armed. Hold the button" in signed_in.get("/").text
    assert signed_in.post("/disarm").status_code == 303
    assert box.status().state == "idle"


@pytest.mark.promise("P5")
def test_a_stranger_at_the_page_may_stop_and_nothing_else(visitor: Browser, box: RealBox) -> None:
    assert visitor.post("/stop").location == "/"
    assert visitor.post("/disarm").location == "/sign-in"
    assert visitor.post("/shutdown").location == "/sign-in"
    assert box.status_or_none()


def test_there_is_no_picture_but_while_the_framing_is_checked(signed_in: Browser) -> None:
    assert signed_in.get("/framing.jpg").status_code in {404, 409}


def test_a_recording_shows_its_facts_and_lost_pictures_always(signed_in: Browser, recording: str) -> None:
    text = signed_in.get(f"/recordings/{recording}").text
    for fact in ("Somebody pressed the button", "Pictures lost", "Longest wait for the card", "from a practitioner"):
        assert fact in text
    assert recording in signed_in.get("/recordings").text


@pytest.mark.promise("P9")
def test_what_was_never_taken_over_is_not_erased_without_its_code(signed_in: Browser, box: RealBox) -> None:
    code, adult, child = case_with_consents(signed_in)
    signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"})
    rec = box.film(1.0)
    signed_in.post("/disarm")
    assert 'name="words"' in signed_in.get(f"/recordings/{rec}/erase").text
    refused = signed_in.post(f"/recordings/{rec}/erase", {"words": "yes"})
    assert refused.status_code == 409
    assert 'href="#words"' in refused.text
    asked = signed_in.post(f"/recordings/{rec}/erase", {"words": rec.upper()})  # as a phone's keyboard likes to write it
    assert asked.status_code == 303
    assert signed_in.get(f"{asked.location}/state").json["stage"] == "press"
    assert signed_in.get(f"/recordings/{rec}").status_code == 200
    assert signed_in.get(f"/recordings/{rec}/video.mp4", Range="bytes=0-1").status_code == 206  # looked at once more
    wait_for(lambda: box.status().waiting_for_press == "erase", "the box to ask")
    box.press()
    wait_for(lambda: signed_in.get(f"{asked.location}/state").json["stage"] == "erased", "the erasure")
    receipt = signed_in.get(asked.location).text
    assert "<h1>Erased</h1>" in receipt
    assert rec in receipt
    assert not (box.folder / "vault" / f"{rec}.mp4.age").exists()
    assert rec not in {key.recording_id for key in signed_in.app.extensions["vigcam"].movies._files}


@pytest.mark.parametrize("address", ["/recordings?case=Call+this+number", "/recordings?before=x", "/cases?after=x"])
def test_an_address_puts_no_words_of_others_onto_a_page(signed_in: Browser, address: str) -> None:
    answer = signed_in.get(address)
    assert answer.status_code == 400
    assert "Call this number" not in answer.text


def test_an_erasure_of_another_browser_cannot_be_looked_at(signed_in: Browser) -> None:
    assert signed_in.get("/erasures/ask-aaaaaaaaaaaaaaaa").status_code == 404


def test_about_says_what_the_box_is_and_gives_no_certificate_it_does_not_have(visitor: Browser, box: RealBox) -> None:
    assert box.status().box_id in visitor.get("/about").text
    assert visitor.get("/ca.pem").status_code == 404


def test_signing_out_ends_the_session_at_both_ends(visitor: Browser, box: RealBox, signed_in: Browser) -> None:
    visitor.sign_in(box)
    before = cookie_of(visitor)
    assert visitor.post("/sign-out").location == "/"
    assert cookie_of(visitor) != before
    assert visitor.get("/cases").location == "/sign-in"
    assert box.status().is_signed_in is False
    assert signed_in.get("/cases").location == "/sign-in"


def test_no_two_people_of_a_case_get_one_label_or_nobody_could_tell_whose_yes_is_whose(signed_in: Browser) -> None:
    code = signed_in.post("/cases", {"retention": "therapeutic_transient"}).location.rsplit("/", 1)[-1]
    adult = {"label": "Adult A", "role": "parent", "responsibility": "holds", "basis": ""}
    assert signed_in.post(f"/cases/{code}/participants", adult).status_code == 303
    again = signed_in.post(f"/cases/{code}/participants", adult)
    assert again.status_code == 400
    assert "has that label already" in again.text
    assert again.text.count('<h3 id="par-') == 1
