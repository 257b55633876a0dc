"""The consent gate: every rule once."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from paper_family import BABY, BABY_YES, BOTH, NOW, PARENT, PARENT_YES, VISITOR, consent, record

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Permit, Reason, permits
from capture.ids import ParticipantId
from capture.model import Confidence, Decision, ParentalResponsibility, Scope, WallTime

pytestmark = pytest.mark.promise("P3")


def ask(found: CaseRecord, present: tuple[ParticipantId, ...] = BOTH, at: WallTime = NOW) -> tuple[Reason, ...]:
    return permits(Scope.FILM, present, found, at).reasons


def test_everybody_present_with_film_consent_may_be_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES)) == ()


def test_nobody_present_is_not_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES), ()) == (Reason.NOBODY_PRESENT,)


def test_one_person_without_consent_among_those_present_is_enough_for_no() -> None:
    assert ask(record(PARENT_YES, BABY_YES), (*BOTH, VISITOR.participant_id)) == (Reason.CONSENT_MISSING,)


def test_somebody_who_is_not_of_the_case_is_not_filmed() -> None:
    assert ask(record(PARENT_YES, BABY_YES), (*BOTH, ParticipantId("stranger"))) == (Reason.PERSON_UNKNOWN,)


def test_two_people_of_one_id_are_nobody() -> None:
    twice = (PARENT, msgspec.structs.replace(PARENT, is_child=True))
    assert ask(record(PARENT_YES, people=twice), (PARENT.participant_id,)) == (Reason.PERSON_UNKNOWN,)


def test_untrusted_clock_means_no() -> None:
    at = WallTime(ms=NOW.ms, confidence=Confidence.NONE)
    assert ask(record(PARENT_YES, BABY_YES), at=at) == (Reason.CLOCK_UNTRUSTED,)


def test_consent_holds_until_the_last_millisecond_before_it_expires() -> None:
    assert ask(record(PARENT_YES, BABY_YES), at=WallTime(ms=NOW.ms + 4_999, confidence=Confidence.RTC)) == ()


def test_consent_that_expires_this_very_millisecond_is_expired() -> None:
    at = WallTime(ms=NOW.ms + 5_000, confidence=Confidence.RTC)
    assert ask(record(PARENT_YES, BABY_YES), at=at) == (Reason.CONSENT_EXPIRED,)


def test_consent_given_in_the_future_of_the_clock_does_not_count() -> None:
    later = consent(PARENT, given=WallTime(ms=NOW.ms + 1, confidence=Confidence.BROWSER))
    assert ask(record(later, BABY_YES)) == (Reason.CONSENT_IN_FUTURE,)


def test_consent_given_by_an_untrusted_clock_does_not_count() -> None:
    doubtful = consent(PARENT, given=WallTime(ms=NOW.ms, confidence=Confidence.NONE))
    assert ask(record(doubtful, BABY_YES)) == (Reason.CONSENT_TIME_UNTRUSTED,)


def test_consent_for_another_scope_is_no_consent_to_film() -> None:
    assert ask(record(consent(PARENT, scope=Scope.SUPERVISION), BABY_YES)) == (Reason.CONSENT_MISSING,)


def test_later_withdrawal_wins() -> None:
    assert ask(record(PARENT_YES, BABY_YES, consent(PARENT, decision=Decision.WITHDRAWN))) == (Reason.CONSENT_WITHDRAWN,)


def test_later_withdrawal_wins_whatever_its_wall_time_says() -> None:
    early = WallTime(ms=0, confidence=Confidence.NONE)
    withdrawn = consent(PARENT, decision=Decision.WITHDRAWN, given=early)
    assert ask(record(PARENT_YES, BABY_YES, withdrawn)) == (Reason.CONSENT_WITHDRAWN,)


def test_withdrawal_of_another_scope_leaves_film_alone() -> None:
    other = consent(PARENT, decision=Decision.WITHDRAWN, scope=Scope.TRAINING_EVENT)
    assert ask(record(PARENT_YES, BABY_YES, other)) == ()


def test_consent_given_anew_after_a_withdrawal_counts() -> None:
    withdrawn = consent(PARENT, decision=Decision.WITHDRAWN)
    assert ask(record(PARENT_YES, BABY_YES, withdrawn, PARENT_YES)) == ()


def test_a_doubtful_later_consent_does_not_fall_back_to_an_older_one() -> None:
    later = consent(PARENT, given=WallTime(ms=NOW.ms + 1, confidence=Confidence.BROWSER))
    assert ask(record(PARENT_YES, BABY_YES, later)) == (Reason.CONSENT_IN_FUTURE,)


def test_child_cannot_consent_for_itself() -> None:
    assert ask(record(PARENT_YES, consent(BABY))) == (Reason.GIVER_NOT_RESPONSIBLE,)


def test_a_child_who_holds_responsibility_cannot_consent_for_a_child() -> None:
    teenager = msgspec.structs.replace(PARENT, is_child=True)
    assert Reason.GIVER_NOT_RESPONSIBLE in ask(record(PARENT_YES, BABY_YES, people=(teenager, BABY)))


@pytest.mark.parametrize("responsibility", [item for item in ParentalResponsibility if item.value not in {"holds", "shared"}])
def test_adult_without_parental_responsibility_cannot_consent_for_a_child(responsibility: ParentalResponsibility) -> None:
    carer = msgspec.structs.replace(PARENT, responsibility=responsibility)
    assert ask(record(PARENT_YES, BABY_YES, people=(carer, BABY))) == (Reason.GIVER_NOT_RESPONSIBLE,)


def test_shared_parental_responsibility_is_enough() -> None:
    sharing = msgspec.structs.replace(PARENT, responsibility=ParentalResponsibility.SHARED)
    assert ask(record(PARENT_YES, BABY_YES, people=(sharing, BABY))) == ()


def test_the_giver_for_a_child_need_not_be_present() -> None:
    assert ask(record(BABY_YES), (BABY.participant_id,)) == ()


def test_giver_who_is_not_of_the_case_gives_nothing() -> None:
    assert ask(record(BABY_YES, people=(BABY,)), (BABY.participant_id,)) == (Reason.GIVER_UNKNOWN,)


def test_nobody_consents_for_another_adult() -> None:
    assert ask(record(PARENT_YES, consent(VISITOR, PARENT)), (VISITOR.participant_id,)) == (Reason.GIVER_NOT_SELF,)


def test_unverified_notice_without_an_interpreter_is_no_consent() -> None:
    assert ask(record(consent(PARENT, is_notice_verified=False), BABY_YES)) == (Reason.INTERPRETER_NEEDED,)


def test_unverified_notice_with_an_interpreter_is_consent() -> None:
    assert ask(record(consent(PARENT, is_notice_verified=False, is_interpreter_used=True), BABY_YES)) == ()


def test_every_reason_that_applies_is_named_once() -> None:
    found = record(consent(PARENT, expires_ms=NOW.ms), consent(BABY, expires_ms=NOW.ms))
    assert ask(found) == (Reason.CONSENT_EXPIRED, Reason.GIVER_NOT_RESPONSIBLE)


def test_codes_of_reasons_are_stable() -> None:
    assert {reason.value for reason in Reason} == {
        "clock_untrusted",
        "nobody_present",
        "person_unknown",
        "consent_missing",
        "consent_withdrawn",
        "consent_expired",
        "consent_in_future",
        "consent_time_untrusted",
        "consent_never_valid",
        "giver_unknown",
        "giver_not_self",
        "giver_not_responsible",
        "interpreter_needed",
        "statement_lost",
    }


@pytest.mark.parametrize("scope", Scope)
def test_a_case_that_lacks_a_statement_is_held_whatever_everybody_said(scope: Scope) -> None:
    found = record(*(msgspec.structs.replace(yes, scope=scope) for yes in (PARENT_YES, BABY_YES)))
    assert permits(scope, BOTH, found, NOW).is_given
    assert permits(scope, BOTH, replace(found, is_held=True), NOW).reasons == (Reason.STATEMENT_LOST,)


def test_an_answer_that_rests_on_nobodys_consent_is_no_yes() -> None:
    assert not Permit(()).is_given
    assert not Permit((Reason.CONSENT_EXPIRED,), (PARENT_YES,)).is_given
    assert Permit((), (PARENT_YES,)).is_given


@pytest.mark.parametrize(("lasts_ms", "reasons"), [(0, (Reason.CONSENT_EXPIRED, Reason.CONSENT_NEVER_VALID)), (1_001, ())])
def test_consent_that_ends_as_it_is_given_was_never_valid(lasts_ms: int, reasons: tuple[Reason, ...]) -> None:
    brief = consent(PARENT, expires_ms=PARENT_YES.given.ms + lasts_ms)
    assert ask(record(brief, BABY_YES)) == reasons


def test_the_first_consent_to_expire_ends_the_yes() -> None:
    found = record(PARENT_YES, consent(BABY, PARENT, expires_ms=NOW.ms + 7))
    assert permits(Scope.FILM, BOTH, found, NOW).expires_ms == NOW.ms + 7
