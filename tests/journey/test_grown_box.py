"""A box that has grown: what was written quickly is what a daemon would have written, all of it is shown, and it still films.

How long it takes, `make bench SUITE=governance` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from grown_box import GrownBox, Shape

from capture import messages as m
from capture.audit.verify import Verdict, verify_log
from capture.model import RecordingState, Scope

SHAPE = Shape(cases=52, consents=52 * 14, recordings=104)
"""More cases than one page of them shows, and more recordings of all."""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrownBox]:
    made = GrownBox(tmp_path_factory.mktemp("grown") / "box", SHAPE)
    try:
        made.capture.start()
        made.capture.sign_in()
        yield made
    finally:
        made.capture.close()


@pytest.mark.promise("P10")
def test_its_log_holds_from_the_first_line_to_the_last(grown: GrownBox) -> None:
    log = grown.capture.folder / "audit.log"
    report = verify_log(log, None)
    assert report.verdict is Verdict.GOOD
    assert report.lines > SHAPE.consents + SHAPE.recordings
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert not {"statement_lost", "tail_lost", "log_cut", "erased"} & set(events)


def test_every_case_is_listed_once_newest_first(grown: GrownBox) -> None:
    box, found, after, is_last = grown.capture, [], "", False
    while not is_last:
        page = box.client.call(m.ListCases(session=box.session, after=after), m.CaseList)
        found += [(case.code, case.recordings) for case in page.cases]
        after, is_last = page.cases[-1].code, page.is_last
    assert found == [(case.code, 2) for case in reversed(grown.cases)]


def test_every_case_opens_with_what_counts(grown: GrownBox) -> None:
    box = grown.capture
    for case in grown.cases[::10]:
        found = box.client.call(m.GetCase(session=box.session, case=case.code), m.CaseFound)
        assert [person.participant_id for person in found.participants] == [case.adult, case.child]
        assert {(one.participant_id, one.scope) for one in found.consents} == {
            (person, scope) for person in (case.adult, case.child) for scope in Scope
        }


def test_every_recording_is_listed_once_newest_first(grown: GrownBox) -> None:
    box = grown.capture
    made = [recording for case in grown.cases for recording in case.recordings]
    for code, expected in (("", made), (grown.cases[3].code, grown.cases[3].recordings)):
        found, before, is_last = [], "", False
        while not is_last:
            page = box.client.call(m.ListRecordings(session=box.session, case=code, before=before), m.RecordingList)
            assert {one.state for one in page.recordings} == {RecordingState.SEALED}
            found += [one.recording_id for one in page.recordings]
            before, is_last = page.recordings[-1].recording_id, page.is_last
        assert found == expected[::-1]


@pytest.mark.promise("P3")
def test_its_consents_give_leave_to_film(grown: GrownBox) -> None:
    case = grown.cases[0]
    grown.capture.arm(case.code, case.adult, case.child)
    assert grown.capture.status().armed_case == case.code
