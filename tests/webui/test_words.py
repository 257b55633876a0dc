"""Words: every refusal and every choice has some, and the notice that people read says what it must."""

from __future__ import annotations

import hashlib
from enum import Enum

import pytest
from flask import Flask
from flask_babel import Babel

from capture import errors
from capture.consent.arming_rules import ArmingReason
from capture.consent.case_rules import EndReason
from capture.consent.consent_rules import FormReason
from capture.consent.gate import Reason
from capture.consent.opening_rules import OpeningReason
from capture.model import Confidence, Indication, ParentalResponsibility, RecordingState, RetentionClass, Role, Scope, StopReason
from capture.notices.texts import load_notices
from capture.recorder.model import AskOutcome, Phase
from webui import wording
from webui.reasons import reason_words
from webui.refusals import UNEXPECTED, problems_of, words_for

NEVER_AT_THE_PAGE = {"internal", "config_invalid", "not_a_recipient", "format_unsupported"}


@pytest.fixture(autouse=True)
def _language() -> object:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize("code", sorted(set(errors.BY_CODE) - NEVER_AT_THE_PAGE))
def test_every_refusal_of_the_daemon_has_words_of_its_own(code: str) -> None:
    words = words_for(errors.BY_CODE[code]())
    assert words is not UNEXPECTED
    assert len(str(words.advice)) > 10


DISK_FAULTS = (StopReason.DISK_FLOOR.value, StopReason.DISK_ERROR.value, errors.BoxUnusable.code, errors.CatalogueBroken.code)
OTHER_FAULTS = (StopReason.CAMERA_FAILED.value, "camera_unavailable", "lamp_fault", "button_stuck", "no_frames", "audit_broken")


@pytest.mark.parametrize("code", [*DISK_FAULTS, *OTHER_FAULTS])
def test_every_fault_of_the_box_has_words_of_its_own(code: str) -> None:
    assert len(str(wording.FAULTS[code])) > 10


def test_a_full_card_is_not_called_a_broken_one() -> None:
    assert "full" in str(wording.FAULTS["disk_floor"])
    assert "full" not in str(wording.FAULTS["disk_error"])


def test_an_unknown_refusal_gets_the_words_for_the_unexpected() -> None:
    assert words_for(errors.VigcamError()) is UNEXPECTED


@pytest.mark.parametrize("reason", [*Reason, *FormReason, *ArmingReason, *OpeningReason, *EndReason])
def test_every_reason_of_the_gate_has_words_of_its_own(reason: Enum) -> None:
    assert reason_words(reason.value) != reason_words("something else")


@pytest.mark.parametrize("outcome", list(AskOutcome))
def test_whatever_makes_a_press_count_for_nothing_has_words_of_its_own(outcome: AskOutcome) -> None:
    assert reason_words(f"ask_{outcome.value}") != reason_words("something else")


def test_each_reason_becomes_a_line_of_the_summary() -> None:
    refusal = errors.ConsentMissing(reasons=("consent_missing", "consent_expired"))
    assert len({str(problem.text) for problem in problems_of(refusal)}) == 2


def test_who_must_wait_is_told_for_how_long() -> None:
    assert any("31" in str(problem.text) for problem in problems_of(errors.TooManyAttempts(retry_after_s=30.2)))


@pytest.mark.parametrize("phase", list(Phase))
def test_every_state_of_the_recorder_has_words(phase: Phase) -> None:
    assert phase.value in wording.STATES


@pytest.mark.parametrize("state", [*wording.STATES, "something new"])
def test_the_page_never_says_off_while_the_sensor_is_open(state: str) -> None:
    assert "ON" in str(wording.state_words(state, is_sensor_open=True).headline)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Scope, wording.SCOPES),
        (Role, wording.ROLES),
        (ParentalResponsibility, wording.RESPONSIBILITIES),
        (Indication, wording.INDICATIONS),
        (RetentionClass, wording.RETENTIONS),
        (RecordingState, wording.RECORDING_STATES),
        (StopReason, wording.STOP_REASONS),
        (Confidence, wording.CONFIDENCES),
    ],
)
def test_every_closed_choice_has_words(kind: type[Enum], words: dict[Enum, str]) -> None:
    assert set(words) == set(kind)


@pytest.mark.parametrize(
    "said",
    [
        "Saying no changes nothing about the help and care",
        "You can stop the filming at any time",
        "The film belongs to your family",
        "No copies are made without your written consent",
        "with a supervisor",
        "Training other people",
        "still pictures to keep",
        "erased within two months of the end of your work together, or sooner if you ask",
        "take back any yes at any time",
        "CAMERA ON",
    ],
)
def test_the_notice_says_what_families_must_learn(said: str) -> None:
    assert said in " ".join(load_notices().current["en"].paragraphs)


def test_a_notices_hash_is_that_of_the_words_shown_and_changes_with_any_of_them() -> None:
    notice = load_notices().current["en"]
    shown = "\n\n".join((notice.title, *notice.paragraphs))
    assert notice.text_hash == hashlib.sha256(shown.encode()).hexdigest()
    assert (
        type(notice)(
            language="en", language_name="English", version="2", title=notice.title + ".", paragraphs=notice.paragraphs
        ).text_hash
        != notice.text_hash
    )


def test_a_notice_that_nobody_verified_says_so() -> None:
    notice = load_notices().current["en"]
    assert notice.is_verified
    unverified = type(notice)(language="xx", language_name="X", version="1", title="t", paragraphs=("p",))
    assert not unverified.is_verified
