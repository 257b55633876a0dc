"""What the page lets a practitioner put on record about a case, and what it shows of what may be done with a film."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from web_box import Browser, RealBox, case_with_consents, consent_of

SECRET = "tangerine-balloon"
TODAY = datetime.now(UTC).date()


def take_back(browser: Browser, code: str, person: str, scope: str) -> None:
    fields = {"decision": "withdrawn", "participant_id": person, "scope": scope, "given_by": person, "notice_language": "en"}
    assert browser.post(f"/cases/{code}/consents", fields).status_code == 303


def filmed(browser: Browser, box: RealBox) -> tuple[str, str, str, str]:
    """A case with a short film of both: its code, the adult, the child, the film."""
    code, adult, child = case_with_consents(browser)
    assert browser.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    recording = box.film(1.2)
    assert browser.post("/disarm").status_code == 303
    return code, adult, child, recording


def test_what_the_family_needs_stands_at_the_top_of_the_case(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/needs", {"needs": ["interpreter", "large print"]}).status_code == 303
    text = signed_in.get(f"/cases/{code}").text
    assert text.index("Large print, An interpreter") < text.index("People")


def test_a_need_that_is_not_offered_is_refused_and_nothing_is_kept(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/needs", {"needs": ["Anna likes tea"]}).status_code == 400
    assert "The family needs" not in signed_in.get(f"/cases/{code}").text


def test_when_films_are_erased_is_shown_from_the_first_day(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    assert "60 days after the work with the family ends" in signed_in.get(f"/cases/{code}").text


def test_the_end_of_the_work_gives_the_date_and_can_be_taken_back(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/end", {"ended_on": TODAY.isoformat()}).status_code == 303
    due = TODAY + timedelta(days=60)
    assert f"to be erased by {due.day} {due:%b} {due.year}" in signed_in.get(f"/cases/{code}").text
    assert signed_in.post(f"/cases/{code}/goes-on").status_code == 303
    assert "60 days after the work with the family ends" in signed_in.get(f"/cases/{code}").text


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ((TODAY + timedelta(days=2)).isoformat(), "lies in the future"),
        ("2025-06-01", "before the case was opened"),
        ("2026-02-30", "There is no such day"),
        ("soon", "Enter the day"),
        ("9999-12-31", "There is no such day"),
    ],
)
def test_an_end_that_cannot_be_is_refused_in_words(signed_in: Browser, day: str, said: str) -> None:
    code, *_ = case_with_consents(signed_in)
    answer = signed_in.post(f"/cases/{code}/end", {"ended_on": day})
    assert answer.status_code == 400
    assert said in answer.text
    assert "60 days after the work with the family ends" in signed_in.get(f"/cases/{code}").text


@pytest.mark.promise("P6")
def test_notes_come_back_as_they_were_written_and_lie_nowhere_in_clear(signed_in: Browser, box: RealBox) -> None:
    code, *_ = case_with_consents(signed_in)
    written = {"question": f"How does {SECRET} show that she is listening?", "remarks": "Two\r\nlines <b>."}
    assert signed_in.post(f"/cases/{code}/notes", written).status_code == 303
    text = signed_in.get(f"/cases/{code}/notes").text
    assert written["question"] in text
    assert "Two\nlines &lt;b&gt;." in text
    for path in box.folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET.encode() not in box.log_path.read_bytes()


def test_notes_that_are_too_long_come_back_to_be_shortened(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    answer = signed_in.post(f"/cases/{code}/notes", {"question": "x" * 4_001, "remarks": "kept"})
    assert answer.status_code == 400
    assert "shorten it" in answer.text
    assert "x" * 4_001 in answer.text
    assert "kept" in answer.text


def test_notes_of_every_length_allowed_are_taken(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/notes", {"question": "ä" * 2_000, "remarks": "\x7f" * 4_000}).status_code == 303
    assert "ä" * 2_000 in signed_in.get(f"/cases/{code}/notes").text


def test_a_witness_and_who_saw_the_evidence_are_shown(signed_in: Browser) -> None:
    code, adult, _ = case_with_consents(signed_in)
    fields = consent_of(adult, adult, scope=["supervision"], witness="health visitor")
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    amended = {"role": "parent", "responsibility": "holds", "basis": "birth certificate seen", "evidence_by": "social worker"}
    assert signed_in.post(f"/cases/{code}/participants/{adult}", amended).status_code == 303
    text = signed_in.get(f"/cases/{code}").text
    assert "also there: A health visitor" in text
    assert "seen by: A social worker" in re.sub(r"\s+", " ", text)


def test_nothing_is_ticked_before_somebody_ticks_it(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    form = signed_in.get(f"/cases/{code}").text.partition('id="consent-form"')[2].partition("</form>")[0]
    assert 'name="scope"' in form
    assert " checked" not in form


@pytest.mark.promise("P3")
def test_who_lost_parental_responsibility_has_given_nothing_for_the_child(signed_in: Browser) -> None:
    code, adult, child = case_with_consents(signed_in)
    lost = {"role": "parent", "responsibility": "none", "basis": "", "evidence_by": ""}
    assert signed_in.post(f"/cases/{code}/participants/{adult}", lost).status_code == 303
    answer = signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"})
    assert answer.status_code == 409
    assert "parental responsibility" in answer.text


@pytest.mark.promise("P3")
def test_somebody_removed_while_armed_ends_the_leave(signed_in: Browser, box: RealBox) -> None:
    code, adult, child = case_with_consents(signed_in)
    assert signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    assert signed_in.post(f"/cases/{code}/participants/{child}/remove").status_code == 303
    assert box.status().state == "idle"
    assert 'value="' + child not in signed_in.get(f"/cases/{code}/arm").text


def test_a_film_says_what_it_may_be_used_for_and_why_not(signed_in: Browser, box: RealBox) -> None:
    code, adult, child, recording = filmed(signed_in, box)
    for person in (adult, child):
        assert signed_in.post(f"/cases/{code}/consents", consent_of(person, adult, scope=["supervision"])).status_code == 303
    text = re.sub(r"\s+", " ", signed_in.get(f"/recordings/{recording}").text)
    assert "The supervisor looks at it:</span> <strong>yes</strong>" in text
    assert "The family gets a copy:</span> <strong>no</strong>" in text
    assert signed_in.get(f"/recordings/{recording}/video.mp4?download=1&purpose=supervision").status_code == 200
    assert signed_in.get(f"/recordings/{recording}/video.mp4?download=1&purpose=family_copy").status_code == 409
    for no_purpose in ("review", "sealed", "stills_for_family", "everything", ""):
        assert signed_in.get(f"/recordings/{recording}/video.mp4?download=1&purpose={no_purpose}").status_code == 404


@pytest.mark.promise("P3")
def test_a_film_is_shut_at_once_when_somebody_in_it_takes_back_the_yes_and_stays_shut(signed_in: Browser, box: RealBox) -> None:
    code, adult, child, recording = filmed(signed_in, box)
    assert signed_in.get(f"/recordings/{recording}/video.mp4", Range="bytes=0-99").status_code == 206
    take_back(signed_in, code, child, "film")
    for path in ("video.mp4", "video.mp4?download=1", "sealed.age", "hash"):
        assert signed_in.get(f"/recordings/{recording}/{path}").status_code == 409, path
    again = consent_of(child, adult)
    assert signed_in.post(f"/cases/{code}/consents", again).status_code == 303
    text = signed_in.get(f"/recordings/{recording}").text
    assert "It stays shut, and can only be erased" in text
    assert "<video" not in text
    assert "Erase this recording" in text
    assert signed_in.get(f"/recordings/{recording}/video.mp4").status_code == 409


@pytest.mark.promise("P3")
def test_looking_needs_a_yes_of_its_own_and_comes_back_with_it(signed_in: Browser, box: RealBox) -> None:
    code, adult, _, recording = filmed(signed_in, box)
    take_back(signed_in, code, adult, "practitioner_review")
    assert signed_in.get(f"/recordings/{recording}/video.mp4").status_code == 409
    time.sleep(0.01)
    assert signed_in.post(f"/cases/{code}/consents", consent_of(adult, adult, scope=["practitioner_review"])).status_code == 303
    assert signed_in.get(f"/recordings/{recording}/video.mp4").status_code == 200


def test_a_film_that_only_the_supervisor_may_see_is_handed_to_them_and_to_nobody_else(signed_in: Browser, box: RealBox) -> None:
    code, adult, child, recording = filmed(signed_in, box)
    found = signed_in.get(f"/recordings/{recording}/hash").json
    sent = {"mp4_sha256": found["mp4_sha256"], "received_bytes": str(found["mp4_bytes"])}
    for person in (adult, child):
        assert signed_in.post(f"/cases/{code}/consents", consent_of(person, adult, scope=["supervision"])).status_code == 303
    take_back(signed_in, code, adult, "practitioner_review")
    text = signed_in.get(f"/recordings/{recording}").text
    assert "<video" not in text
    assert "Download the film (MP4)" not in text
    assert "Download the sealed file" not in text
    assert "The supervisor has it" in text
    assert signed_in.get(f"/recordings/{recording}/video.mp4?download=1&purpose=supervision").status_code == 200
    for purpose in ("download", "family_copy"):
        assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": purpose}).status_code == 409
    assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": "supervision"}).status_code == 303
    assert f'"recording":"{recording}","purpose":"supervision"' in (box.folder / "audit.log").read_text()


def test_a_copy_that_is_handed_on_is_stated_and_does_not_count_as_taken_over(signed_in: Browser, box: RealBox) -> None:
    code, adult, child, recording = filmed(signed_in, box)
    for person in (adult, child):
        assert signed_in.post(f"/cases/{code}/consents", consent_of(person, adult, scope=["family_copy"])).status_code == 303
    found = signed_in.get(f"/recordings/{recording}/hash").json
    sent = {"mp4_sha256": found["mp4_sha256"], "received_bytes": str(found["mp4_bytes"])}
    page = signed_in.get(f"/recordings/{recording}").text
    assert "The family has it" in page
    assert "The supervisor has it" not in page
    assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": "supervision"}).status_code == 409
    assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": "review"}).status_code == 400
    assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": "family_copy"}).status_code == 303
    assert not re.search(r"Taken over\s*</dt>\s*<dd[^>]*>\s*Yes", signed_in.get(f"/recordings/{recording}").text)
    log = (box.folder / "audit.log").read_text()
    assert f'"recording":"{recording}","purpose":"family_copy"' in log
    assert signed_in.post(f"/recordings/{recording}/taken-over", {**sent, "purpose": "download"}).status_code == 303
    assert re.search(r"Taken over\s*</dt>\s*<dd[^>]*>\s*Yes", signed_in.get(f"/recordings/{recording}").text)
