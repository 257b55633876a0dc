"""Who may ask for which films to be erased, and which words it takes for what nobody verifiably holds a copy of."""

from __future__ import annotations

import msgspec
import pytest

from capture.erasing.rules import check
from capture.errors import NotErasable, NotFound, NotNow
from capture.ids import CaseCode, new_practitioner_id, new_recording_id, new_visit_id
from capture.model import Confidence, Recording, RecordingState, WallTime

MINE = new_practitioner_id()
CASE, OTHER_CASE = CaseCode("VIG-7F3K"), CaseCode("VIG-8G4M")


def film(case: CaseCode = CASE, **changed: object) -> Recording:
    made = Recording(
        recording_id=new_recording_id(),
        case=case,
        visit_id=new_visit_id(),
        practitioner=MINE,
        state=RecordingState.SEALED,
        started=WallTime(ms=0, confidence=Confidence.NONE),
        boot_id="a" * 32,
        started_boottime_ns=1,
    )
    return msgspec.structs.replace(made, **changed)


def copied(case: CaseCode = CASE) -> Recording:
    return film(case, is_transferred=True)


def test_what_was_taken_over_takes_no_words_however_many_and_of_whichever_cases() -> None:
    check([copied()], MINE, "")
    check([copied(), copied(OTHER_CASE), copied()], MINE, "")


@pytest.mark.promise("P9")
def test_a_single_film_takes_its_own_code_and_no_other_word() -> None:
    one = film()
    check([one], MINE, f"  {one.recording_id.upper()} ")
    for words in ("", "yes", CASE, film().recording_id, one.recording_id[:-1]):
        with pytest.raises(NotErasable) as refusal:
            check([one], MINE, words)
        assert refusal.value.reasons == ()


@pytest.mark.promise("P9")
@pytest.mark.parametrize("batch", [[film(), film()], [copied(), film()], [film(), copied(), copied()]])
def test_several_of_one_case_take_the_cases_code(batch: list[Recording]) -> None:
    check(batch, MINE, "vig-7f3k")
    for words in ("", "erase", OTHER_CASE, *(one.recording_id for one in batch)):
        with pytest.raises(NotErasable) as refusal:
            check(batch, MINE, words)
        assert refusal.value.reasons == ("erase_case_words",)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("words", ["", CASE, OTHER_CASE])
def test_an_only_copy_is_never_erased_together_with_another_familys_film(words: str) -> None:
    with pytest.raises(NotErasable) as refusal:
        check([copied(OTHER_CASE), film()], MINE, words)
    assert refusal.value.reasons == ("erase_several_cases",)


@pytest.mark.promise("P9")
def test_one_film_of_another_practitioner_spoils_the_batch() -> None:
    for wrong in (film(practitioner=new_practitioner_id()), film(state=RecordingState.ERASED)):
        with pytest.raises(NotFound):
            check([copied(), wrong], MINE, CASE)


def test_what_is_being_filmed_cannot_be_erased() -> None:
    with pytest.raises(NotNow):
        check([copied(), film(state=RecordingState.FILMING)], MINE, CASE)


@pytest.mark.parametrize("state", [RecordingState.SEALED, RecordingState.INTERRUPTED])
def test_a_film_that_nobody_may_open_any_more_can_still_be_erased(state: RecordingState) -> None:
    one = film(state=state, is_locked=True)
    check([one], MINE, one.recording_id)
