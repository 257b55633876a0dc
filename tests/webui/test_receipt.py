"""The receipt for a family: every person and every use is named, what was not said yes to is a no, and it stands alone."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import msgspec
import pytest
from case_exports import ADULT, CHILD, NOW_MS, consent, exports, family, placed, recording
from flask import Flask, render_template
from hypothesis import HealthCheck, given, settings
from web_box import BASE

from capture.client import CaptureClient
from capture.consent.gate import Reason
from capture.consent.standing import TOLD_BY_TIMES
from capture.messages.exports import KnownPerson, PlacedConsent
from capture.model import Confidence, Consent, Decision, Indication, RecordingState, Scope, WallTime
from webui import wording
from webui.app import create_app
from webui.config import WebConfig
from webui.exports.case_export import CaseExport
from webui.exports.receipt import Standing, receipt
from webui.views.exports import _receipt_file


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    nobody = CaptureClient(tmp_path_factory.mktemp("receipt") / "nobody.sock")
    return create_app(WebConfig(names=("localhost",), port=8443), nobody)


def words(app: Flask, export: CaseExport) -> str:
    """The receipt's file as somebody reads it."""
    with app.test_request_context(base_url=BASE):
        text = _receipt_file(export).decode()
    text = re.sub(r"</?bdi[^>]*>", "", text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)))


def with_events(*events: Consent) -> CaseExport:
    placed = (PlacedConsent(consent=one, sequence=at, statement_hash="0" * 64) for at, one in enumerate(events, start=1))
    return family(consents=tuple(placed))


def test_every_use_is_named_for_every_person() -> None:
    for person in receipt(family()).people:
        assert [answer.scope for answer in person.answers] == list(Scope)


def test_what_nobody_asked_about_is_a_no() -> None:
    adult = receipt(family()).people[0]
    standing = {answer.scope: answer.standing for answer in adult.answers}
    assert standing[Scope.FILM] is Standing.YES
    assert standing[Scope.SUPERVISION] is Standing.TAKEN_BACK
    assert standing[Scope.TRAINING_EVENT] is Standing.NEVER


def test_a_yes_that_ran_out_is_a_no_by_the_time_of_the_receipt() -> None:
    adult = receipt(with_events(consent(1, ADULT, Scope.FILM, expires_ms=NOW_MS))).people[0]
    assert adult.answers[0].standing is Standing.RAN_OUT


def test_a_yes_that_the_box_does_not_count_is_a_no_and_says_why(app: Flask) -> None:
    said = PlacedConsent(
        consent=consent(1, CHILD, Scope.FILM), sequence=1, statement_hash="0" * 64, against=("giver_not_responsible",)
    )
    export = family(consents=(said,))
    child = receipt(export).people[1]
    assert child.answers[0].standing is Standing.NOT_COUNTED
    assert "Filming NO A yes was said, but the box does not count it. Who said it does not have parental" in words(app, export)


NO_YES = {Reason.NOBODY_PRESENT, Reason.CONSENT_MISSING, Reason.CONSENT_WITHDRAWN}


@pytest.mark.parametrize("code", [reason.value for reason in Reason if reason not in TOLD_BY_TIMES | NO_YES])
def test_every_reason_that_can_speak_against_a_yes_has_words_for_a_family(app: Flask, code: str) -> None:
    with app.test_request_context(base_url=BASE):
        assert wording.not_counted(code)


def test_a_films_state_is_told_in_words(app: Flask) -> None:
    films = (
        recording("rec-2222222222222222", RecordingState.INTERRUPTED, duration_ms=0),
        recording("rec-3333333333333333", is_locked=True),
        recording("rec-4444444444444444", RecordingState.FILMING, duration_ms=0),
    )
    text = words(app, family(recordings=films, transfers=()))
    assert "UTC KEPT rec-2222222222222222. It is locked on the box. The power was lost while it was being filmed" in text
    assert "took back their yes to being filmed. Nobody looks at it any more, and it can only be erased." in text
    assert "UTC FILMING NOW rec-4444444444444444. It was being filmed when this was made." in text
    assert "0:00" not in text


def test_what_somebody_entered_turns_no_sentence_around(app: Flask) -> None:
    label = "\u0623\u0645 (\u0623)\u202e"
    arabic = msgspec.structs.replace(family().people[0].participant, label=label)
    export = family(people=(KnownPerson(participant=arabic),), consents=placed([consent(1, ADULT, Scope.FILM, witness=label)]))
    with app.test_request_context(base_url=BASE):
        text = _receipt_file(export).decode()
    assert text.count(label) == text.count(f"<bdi>{label}</bdi>") == 3


def test_of_what_was_taken_back_it_says_by_whom_and_no_word_of_how_a_yes_is_said(app: Flask) -> None:
    text = words(app, with_events(consent(1, CHILD, Scope.FILM, Decision.WITHDRAWN, indication=Indication.ON_THE_BOX)))
    assert "Taken back by Adult A on 20 September 2026." in text
    assert "Said yes here" not in text
    assert "Text read" not in text


def test_it_says_who_said_it_how_with_whom_and_which_text(app: Flask) -> None:
    text = words(app, with_events(consent(1, CHILD, Scope.FILM)))
    assert "Until 19 December 2026." in text
    assert "Said by Adult A on 20 September 2026. Signed on paper. Witness: A health visitor. With an interpreter." in text
    assert "Text read: English, version 2026-11." in text


def test_only_where_there_were_other_answers_it_says_so(app: Flask) -> None:
    once = with_events(consent(1, ADULT, Scope.FILM))
    twice = with_events(consent(1, ADULT, Scope.FILM), consent(2, ADULT, Scope.FILM))
    assert "There were other answers before" not in words(app, once)
    assert "There were other answers before" in words(app, twice)


def test_it_says_when_films_are_erased_and_what_a_card_may_keep(app: Flask) -> None:
    text = words(app, family())
    assert "due to be erased by 18 December 2026" in text
    assert "A memory card may keep old copies" in text
    assert "the box never does it by itself" in text


def test_while_the_work_goes_on_it_says_the_rule(app: Flask) -> None:
    assert "Within 42 days of the end of your work together." in words(app, family(erase_due_ms=None, kept_days=42))


def test_it_says_how_to_take_a_yes_back(app: Flask) -> None:
    assert "You can take back any yes at any time, and need give no reason." in words(app, family())


def test_an_erased_film_and_one_that_was_handed_on_say_so(app: Flask) -> None:
    text = words(app, family())
    assert (
        "ERASED rec-3333333333333333. It is no longer on the box. The box signed a receipt for it, which can be printed too."
        in text
    )
    assert (
        "KEPT rec-2222222222222222. It is locked on the box. The practitioner took a copy over. Handed to: the supervisor."
        in text
    )


def test_it_never_calls_consent_the_lawful_basis(app: Flask) -> None:
    assert "lawful" not in words(app, family()).lower()
    assert "legal basis" not in words(app, family()).lower()


def test_from_right_to_left_it_says_so_and_its_style_knows_no_left_and_right(tmp_path: Path) -> None:
    config = WebConfig(names=("localhost",), port=8443, locale="ar")
    arabic = create_app(config, CaptureClient(tmp_path / "nobody.sock"))
    with arabic.test_request_context(base_url=BASE):
        text = _receipt_file(family()).decode()
    assert '<html lang="ar" dir="rtl">' in text
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"\b(left|right)\b", style)


def test_the_file_needs_no_other_file_and_runs_nothing(app: Flask) -> None:
    with app.test_request_context(base_url=BASE):
        text = _receipt_file(family()).decode()
    assert "@media print" in text
    assert not re.search(r"<script|<link|src=|href=|url\(", text)


@given(exports)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_case_has_a_receipt(app: Flask, export: CaseExport) -> None:
    assert "Changing your mind" in words(app, export)


def test_a_label_cannot_become_markup(app: Flask) -> None:
    adult = family().people[0].participant
    named = type(adult)(participant_id=ADULT, label="<img src=x>", role=adult.role, is_child=False)
    with app.test_request_context(base_url=BASE):
        shown = receipt(family(people=(type(family().people[0])(participant=named),)))
        text = render_template("receipt_file.html", shown=shown, style="")
    assert "<img" not in text


def test_a_time_that_the_box_did_not_know_is_said_to_be_uncertain(app: Flask) -> None:
    unsure = consent(1, ADULT, Scope.FILM, given=WallTime(ms=NOW_MS, confidence=Confidence.NONE))
    assert "The box did not know the time for certain." in words(app, with_events(unsure))
