"""The recording rows: kept whole, listed newest first, and never coming back from erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from capture.catalogue import Catalogue
from capture.errors import CatalogueBroken, NotFound, NotNow
from capture.ids import CaseCode, PractitionerId, RecordingId, VisitId
from capture.model import Confidence, Recording, RecordingState, StopReason, WallTime
from capture.recordings import Recordings

PRAC = PractitionerId("prac-abcdef")
CASE = CaseCode("VIG-AAAA")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def recordings(catalogue: Catalogue) -> Recordings:
    return Recordings(catalogue)


def recording(name: str, **changes: Any) -> Recording:
    begun = Recording(
        recording_id=RecordingId(name),
        case=CASE,
        visit_id=VisitId("vis-aaaaaaaaaa"),
        practitioner=PRAC,
        state=RecordingState.FILMING,
        started=WallTime(ms=5, confidence=Confidence.BROWSER),
        boot_id="a" * 32,
        started_boottime_ns=7,
    )
    return msgspec.structs.replace(begun, **changes)


def sealed(name: str, **changes: Any) -> Recording:
    facts = {
        "state": RecordingState.SEALED,
        "stop_reason": StopReason.PRESS,
        "duration_ms": 61_000,
        "sealed_bytes": 2**40,
        "frames_generated": 1_830,
        "frames_kept": 1_829,
        "marks_ms": (10, 61_000),
        "longest_sync_ms": 12.5,
    }
    return recording(name, **(facts | changes))


def test_every_fact_of_a_recording_comes_back_as_it_was(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.update(sealed("rec-1"))
    assert recordings.get(RecordingId("rec-1")) == sealed("rec-1")


def test_an_id_is_given_once(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    with pytest.raises(CatalogueBroken):
        recordings.add(sealed("rec-1"))
    assert recordings.get(RecordingId("rec-1")).state is RecordingState.FILMING


def test_unknown_recordings_are_not_found(recordings: Recordings) -> None:
    unknown = RecordingId("rec-0")
    for use in (recordings.get, recordings.mark_interrupted, recordings.mark_transferred, recordings.mark_erased):
        with pytest.raises(NotFound):
            use(unknown)
    with pytest.raises(NotFound):
        recordings.update(sealed("rec-0"))


def test_recordings_are_listed_newest_first_in_pages_whatever_their_wall_time(recordings: Recordings) -> None:
    for number in range(5):
        recordings.add(recording(f"rec-{number}", started=WallTime(ms=100 - number, confidence=Confidence.NONE)))
    first, is_last = recordings.page(PRAC, limit=3)
    assert [item.recording_id for item in first] == ["rec-4", "rec-3", "rec-2"]
    assert not is_last
    rest, is_last = recordings.page(PRAC, before="rec-2", limit=3)
    assert [item.recording_id for item in rest] == ["rec-1", "rec-0"]
    assert is_last


def test_a_page_that_is_exactly_full_is_the_last(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    assert recordings.page(PRAC, limit=1)[1]


def test_a_page_shows_only_the_case_asked_for_and_only_ones_own(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.add(recording("rec-2", case=CaseCode("VIG-BBBB")))
    recordings.add(recording("rec-3", practitioner=PractitionerId("prac-others")))
    assert [item.recording_id for item in recordings.page(PRAC)[0]] == ["rec-2", "rec-1"]
    assert [item.recording_id for item in recordings.page(PRAC, case=CASE)[0]] == ["rec-1"]


def test_the_last_of_a_case_is_the_one_added_last(recordings: Recordings) -> None:
    assert recordings.last_for_case(CASE) is None
    assert recordings.last() is None
    for name in ("rec-1", "rec-2"):
        recordings.add(recording(name))
    recordings.add(recording("rec-3", case=CaseCode("VIG-BBBB")))
    assert recordings.last_for_case(CASE) == recording("rec-2")
    assert recordings.last() == recording("rec-3", case=CaseCode("VIG-BBBB"))


def test_what_was_being_filmed_at_a_power_cut_is_marked_interrupted(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.add(recording("rec-2"))
    recordings.update(sealed("rec-2"))
    assert [item.recording_id for item in recordings.filming()] == ["rec-1"]
    recordings.mark_interrupted(RecordingId("rec-1"))
    found = recordings.get(RecordingId("rec-1"))
    assert (found.state, found.stop_reason) == (RecordingState.INTERRUPTED, StopReason.INTERRUPTED)
    assert recordings.filming() == ()


def test_a_take_that_was_prepared_and_never_filmed_leaves_no_row(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.forget_unfilmed(RecordingId("rec-1"))
    assert recordings.page(PRAC) == ((), True)


@pytest.mark.promise("P9")
def test_a_take_that_was_filmed_is_never_forgotten(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    for state in (RecordingState.SEALED, RecordingState.ERASED):
        recordings.update(sealed("rec-1", state=state))
        with pytest.raises(NotNow):
            recordings.forget_unfilmed(RecordingId("rec-1"))
    assert recordings.get(RecordingId("rec-1")).state is RecordingState.ERASED


def test_what_should_lie_in_the_vault_is_neither_erased_nor_being_filmed(recordings: Recordings) -> None:
    for name in ("rec-1", "rec-2", "rec-3", "rec-4"):
        recordings.add(recording(name))
    recordings.update(sealed("rec-2"))
    recordings.mark_interrupted(RecordingId("rec-3"))
    recordings.update(sealed("rec-4"))
    recordings.mark_erased(RecordingId("rec-4"))
    assert [item.recording_id for item in recordings.present()] == ["rec-2", "rec-3"]


def test_a_sealed_recording_does_not_become_interrupted(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.update(sealed("rec-1"))
    with pytest.raises(NotNow):
        recordings.mark_interrupted(RecordingId("rec-1"))
    assert recordings.get(RecordingId("rec-1")) == sealed("rec-1")


def test_a_transfer_is_remembered(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    with pytest.raises(NotNow):
        recordings.mark_transferred(RecordingId("rec-1"))
    recordings.update(sealed("rec-1"))
    assert recordings.mark_transferred(RecordingId("rec-1")).is_transferred
    assert recordings.get(RecordingId("rec-1")).is_transferred


@pytest.mark.promise("P9")
def test_what_is_being_filmed_cannot_be_marked_erased(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    with pytest.raises(NotNow):
        recordings.mark_erased(RecordingId("rec-1"))
    assert recordings.get(RecordingId("rec-1")).state is RecordingState.FILMING


def test_an_erased_recording_stays_as_a_tombstone_and_never_comes_back(recordings: Recordings) -> None:
    recordings.add(recording("rec-1"))
    recordings.update(sealed("rec-1"))
    recordings.mark_erased(RecordingId("rec-1"))
    for back in (sealed("rec-1"), recording("rec-1")):
        with pytest.raises(NotNow):
            recordings.update(back)
    with pytest.raises(NotNow):
        recordings.mark_transferred(RecordingId("rec-1"))
    left = {"duration_ms": 0, "frames_generated": 0, "frames_kept": 0, "marks_ms": (), "longest_sync_ms": 0.0}
    tombstone = msgspec.structs.replace(sealed("rec-1", state=RecordingState.ERASED), **left)
    assert recordings.get(RecordingId("rec-1")) == tombstone, "ids, sizes and times stay, and nothing of what was in the film"
    assert recordings.counts_for_cases((CASE,)) == {}


@pytest.mark.parametrize(
    "harm", ["state = 'melted'", "marks_ms = 'no json'", "marks_ms = '[\"x\"]'", "started_confidence = 'sure'"]
)
def test_a_row_that_makes_no_sense_is_called_broken(recordings: Recordings, catalogue: Catalogue, harm: str) -> None:
    recordings.add(recording("rec-1"))
    catalogue.change(f"UPDATE recording SET {harm}")
    with pytest.raises(CatalogueBroken):
        recordings.get(RecordingId("rec-1"))
