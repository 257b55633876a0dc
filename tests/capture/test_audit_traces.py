"""What the lines of a log add up to, line by line: each recording's fate, each case's statements, what was lost and cut."""

from __future__ import annotations

from typing import Any

import pytest

from capture.audit.line import AuditEvent, AuditHead, AuditLine
from capture.audit.traces import Erasure, LogCut, StatementTrace, Trace, Traces
from capture.model import Confidence

pytestmark = pytest.mark.promise("P10")

FILM, CASE = "rec-1", "VIG-7F3K"
OPENED = (AuditEvent.RECORDING_OPENING, {"recording": FILM, "header_hash": "aa"})
SEALED = (AuditEvent.RECORDING_SEALED, {"recording": FILM, "sealed_hash": "bb"})


def read(*said: tuple[AuditEvent, dict[str, Any]]) -> Traces:
    traces = Traces()
    for seq, (event, fields) in enumerate(said, start=1):
        line = AuditLine(
            seq=seq,
            boot="a" * 32,
            boottime_ms=seq,
            wall_ms=seq,
            confidence=Confidence.BROWSER,
            event=event,
            fields=fields,
            prev="0" * 64,
            hash="0" * 64,
            sig="0" * 128,
        )
        traces.take(line)
    return traces


def film(*said: tuple[AuditEvent, dict[str, Any]]) -> Trace:
    return read(*said).recordings[FILM]


def erased(stage: str = "") -> tuple[AuditEvent, dict[str, Any]]:
    return (AuditEvent.ERASED, {"recording": FILM, "stage": stage} if stage else {"recording": FILM})


def stated(number: int, digest: str, event: AuditEvent = AuditEvent.CONSENT_GIVEN) -> tuple[AuditEvent, dict[str, Any]]:
    return (event, {"case": CASE, "statement": number, "statement_hash": digest})


def test_a_film_is_known_by_its_header_from_its_opening_and_by_its_end_from_the_line_that_seals_it() -> None:
    assert film(OPENED) == Trace(header_hash="aa")
    assert film(OPENED, SEALED) == Trace(header_hash="aa", is_sealed=True, sealed_seq=2, sealed_hash="bb")


def test_an_interrupted_film_is_known_as_such() -> None:
    assert film(OPENED, (AuditEvent.RECORDING_INTERRUPTED, {"recording": FILM})) == Trace(header_hash="aa", is_interrupted=True)


def test_a_new_header_counts_from_its_announcement_and_is_settled_by_its_end() -> None:
    new = {"recording": FILM, "header_hash": "cc", "sealed_hash": "dd"}
    begun = film(OPENED, SEALED, (AuditEvent.RECORDING_REWRAPPED, {**new, "stage": "begun"}))
    assert (begun.header_hash, begun.sealed_hash, begun.is_rewrapping) == ("cc", "dd", True)
    done = film(OPENED, SEALED, (AuditEvent.RECORDING_REWRAPPED, {**new, "stage": "done"}))
    assert (done.header_hash, done.sealed_hash, done.is_rewrapping) == ("cc", "dd", False)
    assert done.is_sealed


@pytest.mark.parametrize(
    ("stages", "fate"),
    [
        (["begun"], Erasure.BEGUN),
        (["done"], Erasure.DONE),
        (["begun", "done"], Erasure.DONE),
        (["begun", "found_gone"], Erasure.DONE),
        (["done", "found_gone"], Erasure.DONE),
        (["found_gone"], Erasure.LOST),
        ([""], Erasure.LOST),
        (["found_gone", "found_gone"], Erasure.LOST),
    ],
)
def test_a_film_that_is_gone_was_erased_only_if_that_was_begun(stages: list[str], fate: Erasure) -> None:
    trace = film(OPENED, SEALED, *map(erased, stages))
    assert trace.erasure is fate
    assert trace.sealed_hash == "bb"


def test_other_lines_about_a_film_change_nothing_of_it_and_make_none() -> None:
    opened = (AuditEvent.RECORDING_OPENED, {"recording": FILM})
    assert film(OPENED, opened) == Trace(header_hash="aa")
    assert read(opened).recordings == {}


def test_films_are_kept_apart() -> None:
    found = read(OPENED, (AuditEvent.RECORDING_OPENING, {"recording": "rec-2", "header_hash": "ee"}), SEALED).recordings
    assert found["rec-2"] == Trace(header_hash="ee")
    assert found[FILM].is_sealed


def test_what_a_line_leaves_out_is_empty_and_no_error() -> None:
    for event in (AuditEvent.RECORDING_OPENING, AuditEvent.RECORDING_SEALED, AuditEvent.RECORDING_REWRAPPED):
        trace = film((event, {"recording": FILM}))
        assert (trace.header_hash, trace.sealed_hash) == ("", "")
    assert read((AuditEvent.CONSENT_GIVEN, {"statement_hash": "aa", "statement": "x"})).statements == {
        "": [StatementTrace("", 0, "aa", 1)]
    }


@pytest.mark.parametrize("said", [{}, {"statement": "two"}])
def test_a_statement_without_a_number_has_none(said: dict[str, Any]) -> None:
    found = read((AuditEvent.CONSENT_GIVEN, {"case": CASE, "statement_hash": "aa", **said}))
    assert found.statements == {CASE: [StatementTrace(CASE, 0, "aa", 1)]}


def test_each_statement_is_known_by_its_case_number_hash_and_line_whatever_event_tells_of_it() -> None:
    found = read(stated(1, "aa", AuditEvent.CASE_OPENED), (AuditEvent.PRESS, {}), stated(2, "bb", AuditEvent.ARMED))
    assert found.statements == {CASE: [StatementTrace(CASE, 1, "aa", 1), StatementTrace(CASE, 2, "bb", 3)]}
    assert found.lost == []


def test_a_statement_that_was_told_as_lost_is_expected_no_more_and_only_that_one() -> None:
    lost = stated(2, "bb", AuditEvent.STATEMENT_LOST)
    found = read(stated(1, "aa"), stated(2, "bb"), stated(2, "cc"), stated(3, "bb"), lost)
    assert [(one.number, one.hash) for one in found.statements[CASE]] == [(1, "aa"), (2, "cc"), (3, "bb")]
    assert found.lost == [StatementTrace(CASE, 2, "bb", 5)]


def test_one_lost_of_a_case_that_said_nothing_else_is_told_all_the_same() -> None:
    found = read(stated(1, "aa", AuditEvent.STATEMENT_LOST))
    assert found.lost == [StatementTrace(CASE, 1, "aa", 1)]
    assert found.statements == {CASE: []}


def test_the_box_is_the_one_that_was_provisioned() -> None:
    assert read((AuditEvent.BOX_PROVISIONED, {"box": "box-1"}), (AuditEvent.PRESS, {})).box_id == "box-1"
    assert read((AuditEvent.BOX_PROVISIONED, {})).box_id == ""


@pytest.mark.parametrize(("torn", "kept"), [(0, 2), (1, 2)])
def test_a_cut_tells_the_last_line_that_was_left_not_counting_the_torn_one_told_first(torn: int, kept: int) -> None:
    press = (AuditEvent.PRESS, {})
    cut = (AuditEvent.LOG_CUT, {"sequence": 9, "hash": "ff"})
    found = read(press, press, *[(AuditEvent.TAIL_LOST, {})] * torn, cut)
    assert found.cuts == [LogCut(3 + torn, kept, AuditHead(9, "ff"))]
    assert found.tails_lost == torn


def test_a_torn_line_told_of_long_before_does_not_count_into_a_cut() -> None:
    found = read((AuditEvent.TAIL_LOST, {}), (AuditEvent.PRESS, {}), (AuditEvent.LOG_CUT, {"sequence": 9}))
    assert found.cuts == [LogCut(3, 2, AuditHead(9, ""))]


def test_every_torn_tail_is_counted() -> None:
    assert read(*[(AuditEvent.TAIL_LOST, {})] * 3).tails_lost == 3


def test_what_was_said_before_a_start_or_an_end_is_settled() -> None:
    press = (AuditEvent.PRESS, {})
    assert read(press).settled_seq == 0
    assert read((AuditEvent.STARTED, {}), press).settled_seq == 1
    assert read((AuditEvent.STARTED, {}), press, (AuditEvent.STOPPED, {}), press).settled_seq == 3
