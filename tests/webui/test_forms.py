"""Forms are parsed at the door: what is wrong is named field by field, what is right is a struct."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from capture.model import Decision, ParentalResponsibility, Role, Scope
from webui import forms
from webui.refusals import FormInvalid

ADULT = {"label": "Adult A", "role": "parent", "responsibility": "holds", "basis": "birth certificate seen"}
CONSENT = {
    "decision": "given",
    "participant_id": "par-aaaaaaaaaa",
    "scope": ["supervision", "film", "film"],
    "given_by": "par-bbbbbbbbbb",
    "indication": "on_the_box",
    "valid_days": "90",
    "notice_language": "en",
}


def form(fields: dict[str, object]) -> forms.Form:
    return MultiDict(fields)


def wrong_fields(parse: object, fields: dict[str, object]) -> set[str]:
    with pytest.raises(FormInvalid) as caught:
        parse(form(fields))  # type: ignore[operator]
    return {problem.field for problem in caught.value.problems}


def test_a_passphrase_is_never_shown_by_repr() -> None:
    assert "secret" not in repr(forms.sign_in(form({"username": "Prac-AAAAAA ", "passphrase": "secret words"})))


def test_a_user_name_is_read_in_any_letters() -> None:
    assert forms.sign_in(form({"username": " Prac-7K2M9X ", "passphrase": "a"})).username == "prac-7k2m9x"


def test_every_empty_field_is_named_at_once() -> None:
    assert wrong_fields(forms.sign_in, {}) == {"username", "passphrase"}
    assert wrong_fields(forms.taken_over, {}) == {"mp4_sha256", "received_bytes"}


@pytest.mark.parametrize("label", ["Mary", "Adult G", "adult a", "Child A", ""])
def test_no_name_gets_in_as_a_label(label: str) -> None:
    assert wrong_fields(forms.participant, {**ADULT, "label": label}) == {"label"}


def test_no_name_gets_in_as_a_basis() -> None:
    assert wrong_fields(forms.participant, {**ADULT, "basis": "seen by Mary"}) == {"basis"}


def test_a_childs_label_and_role_must_agree_and_a_child_is_responsible_for_nobody() -> None:
    child = forms.participant(form({"label": "Child A", "role": "child", "responsibility": "holds", "assent": "1"}))
    assert (child.role, child.is_child, child.responsibility) == (Role.CHILD, True, ParentalResponsibility.NONE)
    assert child.is_assent_noted
    assert wrong_fields(forms.participant, {"label": "Adult A", "role": "child"}) == {"child-label"}


def test_a_consent_names_each_scope_once_in_the_models_order() -> None:
    assert forms.consent(form(CONSENT)).scopes == (Scope.FILM, Scope.SUPERVISION)


def test_a_consent_without_a_scope_is_none() -> None:
    assert wrong_fields(forms.consent, {**CONSENT, "scope": []}) == {"scope"}
    assert wrong_fields(forms.consent, {**CONSENT, "scope": ["everything"]}) == {"scope"}


def test_withdrawing_asks_for_less_than_giving() -> None:
    taken_back = {key: CONSENT[key] for key in ("participant_id", "given_by", "notice_language")}
    found = forms.consent(form({**taken_back, "decision": "withdrawn", "scope": "film"}))
    assert found.decision is Decision.WITHDRAWN


@pytest.mark.parametrize("days", ["0", "731", "-1", "1e3", "", "９０"])
def test_a_consent_lasts_a_day_to_two_years(days: str) -> None:
    assert wrong_fields(forms.consent, {**CONSENT, "valid_days": days}) == {"valid_days"}


def test_arming_without_anybody_present_is_refused_here_already() -> None:
    assert wrong_fields(forms.arm, {"mode": "film"}) == {"present"}
    assert wrong_fields(forms.arm, {"present": ["par-aaaaaaaaaa"], "mode": "pre_record"}) == {"mode"}


def test_a_typed_time_counts_as_confirmed_and_knows_its_zone() -> None:
    fields = {"date": "2026-11-23", "time": "14:05", "offset": "60", "confirmed": "1"}
    found = forms.clock(form(fields))
    assert datetime.fromtimestamp(found.wall_ms / 1000, UTC) == datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
    assert found.is_confirmed
    assert wrong_fields(forms.clock, {**fields, "confirmed": ""}) == {"confirmed"}


def test_a_browsers_time_is_confirmed_only_if_it_says_so() -> None:
    assert not forms.clock(form({"wall_ms": "1"})).is_confirmed
    assert forms.clock(form({"wall_ms": "1", "confirmed": "1"})).is_confirmed


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "1969-12-31", "26-1-1"])
def test_a_date_that_is_none_or_before_1970_is_refused(day: str) -> None:
    assert wrong_fields(forms.clock, {"date": day, "time": "00:00", "offset": "720", "confirmed": "1"}) == {"date"}


@given(st.dictionaries(st.sampled_from(["date", "time", "offset", "wall_ms", "confirmed"]), st.text(max_size=30)))
def test_no_clock_form_whatever_breaks_the_parser(fields: dict[str, object]) -> None:
    with contextlib.suppress(FormInvalid):
        assert 0 <= forms.clock(form(fields)).wall_ms <= forms.LATEST_MS


def test_a_hash_is_read_in_capitals_too() -> None:
    assert forms.taken_over(form({"mp4_sha256": "AB" * 32, "received_bytes": "5"})).mp4_sha256 == "ab" * 32
