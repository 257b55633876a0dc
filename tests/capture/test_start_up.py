"""What a start finds in the vault and in the catalogue, however odd, becomes one story; nothing is touched that nobody named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import factory
import msgspec
import pytest
from factory import make_recording
from filming_box import FilmingBox

from capture.ids import new_recording_id
from capture.model import Recording, RecordingState
from capture.start_up import mark_interrupted


@pytest.fixture
def box(tmp_path: Path) -> Iterator[FilmingBox]:
    made = FilmingBox(tmp_path)
    yield made
    made.box.close()


def _row(box: FilmingBox, state: RecordingState = RecordingState.FILMING) -> Recording:
    arming = box.visit()
    return Recording(
        recording_id=new_recording_id(),
        case=arming.case,
        visit_id=arming.visit_id,
        practitioner=arming.practitioner,
        state=state,
        started=box.box.wall,
        boot_id="a" * 32,
        started_boottime_ns=1,
    )


def _begin_again(box: FilmingBox) -> dict[str, RecordingState]:
    mark_interrupted(box.eraser)
    return {row.recording_id: row.state for row in box.rows()}


def test_unknown_files_stop_no_start_and_are_left_as_they_are(box: FilmingBox) -> None:
    vault = box.folder / "vault"
    odd = ["notes.txt", "rec-.mp4.age", "rec-2222222222222222.json.new", "lost+found.mp4.age.part", "rec-3333333333333333.json"]
    for name in odd:
        (vault / name).write_bytes(b"somebody put this here")
    (vault / "rec-4444444444444444.mp4.age.d").mkdir()
    assert _begin_again(box) == {}
    assert all((vault / name).read_bytes() == b"somebody put this here" for name in odd)


@pytest.mark.promise("P9")
def test_footage_without_a_row_is_left_as_it_is(box: FilmingBox) -> None:
    sealed = make_recording(box.vault, [box.box.recovery], 1, factory.encode())
    part = box.vault.begin(new_recording_id(), [box.box.recovery])
    part.abandon()
    _begin_again(box)
    assert box.vault.recordings() == [sealed]
    assert box.vault.parts() == [part.recording]


@pytest.mark.promise("P8")
def test_a_closed_file_whose_manifest_was_never_written_counts_as_interrupted(box: FilmingBox) -> None:
    row = _row(box)
    box.recordings.add(row)
    make_recording(box.vault, [box.box.recovery], 1, factory.encode(), row.recording_id)
    assert _begin_again(box) == {row.recording_id: RecordingState.INTERRUPTED}


def test_a_row_that_was_being_filmed_and_has_no_file_is_forgotten(box: FilmingBox) -> None:
    box.recordings.add(_row(box))
    assert _begin_again(box) == {}


@pytest.mark.promise("P10")
def test_an_erasure_that_was_cut_after_the_file_is_told_and_entered_once(box: FilmingBox) -> None:
    row = msgspec.structs.replace(_row(box), state=RecordingState.SEALED)
    box.recordings.add(row)
    for _ in range(2):
        assert _begin_again(box) == {row.recording_id: RecordingState.ERASED}
    assert (box.folder / "audit.log").read_text().count("found_gone") == 1


@pytest.mark.promise("P10")
def test_what_the_log_could_not_be_told_is_told_at_the_next_start_and_only_then(box: FilmingBox) -> None:
    row = _row(box, RecordingState.INTERRUPTED)
    box.recordings.add(row)
    make_recording(box.vault, [box.box.recovery], 1, factory.encode(), row.recording_id)
    box.recordings.owe_line(row.recording_id)
    box.recordings.owe_line(row.recording_id)
    for _ in range(2):
        _begin_again(box)
    assert (box.folder / "audit.log").read_text().count('"recording_interrupted"') == 1
