"""Forms before they are signed: what is refused with which reason, and that what is signed is what was filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from known_notices import NOTICES, UNVERIFIED, VERIFIED
from paper_family import BABY, NOW, PARENT, VISITOR, record
from record_box import ADULT, CHILD, DAY_MS, film

from capture.consent.consent_rules import (
    MAX_PARTICIPANTS,
    ConsentForm,
    ParticipantForm,
    check_consent,
    check_new_participant,
    to_consent,
    to_participant,
)
from capture.errors import BadRequest, NotFound
from capture.ids import ConsentId, ParticipantId
from capture.model import Decision, Participant

pytestmark = pytest.mark.promise("P3")

FULL = msgspec.structs.replace(CHILD, assent_noted=True, basis="court order", evidence_by="a colleague")


def crowd(size: int) -> tuple[Participant, ...]:
    return tuple(msgspec.structs.replace(VISITOR, participant_id=ParticipantId(f"person-{number}")) for number in range(size))


def refusal(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(BadRequest) as refused:
        act()
    return refused.value.reasons


def test_a_case_takes_a_twelfth_person_and_no_thirteenth() -> None:
    check_new_participant(ADULT, record(people=crowd(MAX_PARTICIPANTS - 1)))
    assert refusal(lambda: check_new_participant(ADULT, record(people=crowd(MAX_PARTICIPANTS)))) == ("participants_full",)


def test_somebody_in_the_role_of_a_child_who_is_none_is_refused_with_the_reason() -> None:
    adult = msgspec.structs.replace(CHILD, is_child=False)
    assert refusal(lambda: check_new_participant(adult, record())) == ("role_contradicts",)


@pytest.mark.parametrize("form", [ADULT, CHILD, FULL])
def test_a_person_is_signed_for_as_they_were_put_down(form: ParticipantForm) -> None:
    person = msgspec.to_builtins(to_participant(form, ParticipantId("per-1")))
    assert person == {"participant_id": "per-1", **msgspec.to_builtins(form)}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notice_version": "7"}, "notice_unknown"),
        ({"notice_language": "yy"}, "notice_unknown"),
        ({"notice_hash": "0" * 64}, "notice_differs"),
        ({"notice_hash": UNVERIFIED.text_hash}, "notice_differs"),
    ],
)
def test_a_text_that_is_not_known_word_for_word_is_no_notice(changes: dict[str, str], reason: str) -> None:
    form = msgspec.structs.replace(film(PARENT.participant_id, PARENT.participant_id), **changes)
    assert refusal(lambda: check_consent(form, record(), NOTICES, NOW)) == (reason,)


def test_every_reason_is_told_at_once() -> None:
    form = film(VISITOR.participant_id, PARENT.participant_id, notice=UNVERIFIED)
    assert refusal(lambda: check_consent(form, record(), NOTICES, NOW)) == ("giver_not_self", "interpreter_needed")


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize(("person", "giver"), [("stranger", "parent"), ("parent", "stranger")])
def test_neither_side_may_be_somebody_who_is_not_of_the_case(decision: Decision, person: str, giver: str) -> None:
    form = film(ParticipantId(person), ParticipantId(giver), decision=decision)
    with pytest.raises(NotFound):
        check_consent(form, record(), NOTICES, NOW)


def test_for_somebody_who_was_removed_may_be_withdrawn_and_not_given() -> None:
    found = replace(record(people=(PARENT,)), removed=(BABY,))
    check_consent(film(BABY.participant_id, PARENT.participant_id, decision=Decision.WITHDRAWN), found, NOTICES, NOW)
    with pytest.raises(NotFound):
        check_consent(film(BABY.participant_id, PARENT.participant_id), found, NOTICES, NOW)


@pytest.mark.parametrize(("decision", "lasts_ms"), [(Decision.GIVEN, 30 * DAY_MS), (Decision.WITHDRAWN, 0)])
def test_what_is_signed_is_what_was_filled_in_and_ends_when_it_says(decision: Decision, lasts_ms: int) -> None:
    form = msgspec.structs.replace(
        film(BABY.participant_id, PARENT.participant_id, decision=decision, is_interpreter_used=True), witness="a colleague"
    )
    signed = to_consent(form, ConsentId("con-1"), NOTICES, NOW)
    said, wanted = msgspec.to_builtins(signed), msgspec.to_builtins(form)
    del wanted["valid_days"]
    assert {name: said[name] for name in wanted} == wanted
    assert (signed.consent_id, signed.given, signed.expires_ms) == ("con-1", NOW, NOW.ms + lasts_ms)


def _form(version: str, language: str) -> ConsentForm:
    form = film(PARENT.participant_id, PARENT.participant_id)
    return msgspec.structs.replace(form, notice_version=version, notice_language=language)


@pytest.mark.parametrize(
    ("language", "version", "is_verified"),
    [(VERIFIED.language, "1", True), (UNVERIFIED.language, "1", False), (VERIFIED.language, "7", False)],
)
def test_a_text_counts_as_verified_only_where_it_is_known_to_be(language: str, version: str, is_verified: bool) -> None:
    assert to_consent(_form(version, language), ConsentId("con-1"), NOTICES, NOW).is_notice_verified is is_verified
