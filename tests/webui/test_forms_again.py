"""A form that comes back: at the input that it is about, with what was entered, and with no secret of it."""

from __future__ import annotations

import re

from web_box import Browser, case_with_consents

NASTY = '"><script>alert(1)</script>'


def opened(text: str, summary: str) -> bool:
    """Whether the part of the page under this summary stands open."""
    return bool(re.search(rf'<details class="nhsuk-details" open>\s*<summary[^>]*>\s*<span[^>]*>{summary}<', text))


def test_a_child_without_a_label_is_told_beside_the_childs_own_label(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    text = signed_in.post(f"/cases/{code}/participants", {"label": "", "role": "child", "assent": "1"}).text
    assert 'href="#child-label"' in text
    assert 'id="child-label-error"' in text
    assert 'id="label-error"' not in text
    assert opened(text, "Add a child")
    assert not opened(text, "Add an adult")
    assert re.search(r'name="assent"[^>]* checked', text)


def test_an_adult_comes_back_with_what_was_chosen(signed_in: Browser) -> None:
    code, *_ = case_with_consents(signed_in)
    sent = {"label": "Adult C", "role": "parent", "basis": "court order seen"}
    text = signed_in.post(f"/cases/{code}/participants", sent).text
    assert opened(text, "Add an adult")
    assert not opened(text, "Add a child")
    for kept in ("Adult C", "court order seen"):
        assert re.search(rf'<option value="{kept}" selected', text)
    assert re.search(r'name="role"[^>]*value="parent" checked', text)


def test_a_consent_comes_back_with_its_ticks_and_opens_no_other_form(signed_in: Browser) -> None:
    code, adult, _ = case_with_consents(signed_in)
    sent = {"decision": "given", "participant_id": adult, "scope": ["supervision", "family_copy"], "valid_days": "365"}
    text = signed_in.post(f"/cases/{code}/consents", {**sent, "notice_language": "en", "interpreter": "1"}).text
    assert re.findall(r'name="scope"[^>]*value="(\w+)" checked', text) == ["supervision", "family_copy"]
    assert re.search(rf'name="participant_id"[^>]*value="{adult}" checked', text)
    assert re.search(r'name="interpreter"[^>]* checked', text)
    assert re.search(r'<option value="365" selected', text)
    assert not opened(text, "Add an adult")


def test_who_is_in_the_room_need_not_be_ticked_twice(signed_in: Browser) -> None:
    code, adult, child = case_with_consents(signed_in)
    text = signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "no such"}).text
    assert len(re.findall(r'name="present"[^>]* checked', text)) == 2


def test_a_typed_time_comes_back_as_it_was_typed(signed_in: Browser) -> None:
    text = signed_in.post("/clock", {"date": "2031-02-30", "time": "14:05", "offset": "60", "confirmed": "1"}).text
    assert 'value="2031-02-30"' in text
    assert 'value="14:05"' in text
    assert re.search(r'<option value="60" selected', text)


def test_the_user_name_comes_back_and_the_words_never(lonely: Browser) -> None:
    text = lonely.post("/sign-in", {"username": "prac-7k2m9x", "passphrase": "six secret words of mine alone"}).text
    assert "secret" not in text
    text = lonely.post("/sign-in", {"username": "prac-7k2m9x", "passphrase": ""}).text
    assert 'value="prac-7k2m9x"' in text
    text = lonely.post("/sign-in", {"username": "", "passphrase": "six secret words"}).text
    assert "secret" not in text


def test_a_set_up_code_does_not_come_back(signed_in: Browser) -> None:
    answer = signed_in.post("/enrol", {"setup_code": "aaaa-bbbb"})
    assert "aaaa-bbbb" not in answer.text
    assert 'href="#setup_code"' in answer.text


def test_what_comes_back_is_never_markup(signed_in: Browser, recording: str) -> None:
    code, *_ = case_with_consents(signed_in)
    for path, fields in {
        "/sign-in": ("username", "passphrase"),
        "/clock": ("date", "time", "offset"),
        f"/cases/{code}/participants": ("label", "role", "responsibility", "basis"),
        f"/cases/{code}/consents": ("participant_id", "scope", "given_by", "indication", "valid_days", "notice_language"),
        f"/cases/{code}/arm": ("present", "mode"),
        f"/recordings/{recording}/taken-over": ("mp4_sha256", "received_bytes"),
    }.items():
        answer = signed_in.post(path, {name: "" if name == "passphrase" else NASTY for name in fields})
        assert 400 <= answer.status_code < 500
        assert "<script>alert" not in answer.text
