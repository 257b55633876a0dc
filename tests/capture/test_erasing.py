"""Erasing: by a press alone, carried through whatever fails, and never more than was named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from capture_box import wait_until
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.audit.log import AuditEvent
from capture.audit.memory import lines_behind
from capture.audit.verify import Verdict, verify_log
from capture.erasing.asking import Erasures, ErasureWaiting
from capture.errors import NotErasable, NotFound, NotNow, VigcamError
from capture.ids import RecordingId, new_practitioner_id
from capture.log_memory import remembered_head
from capture.model import RecordingState
from capture.recorder.model import AskOutcome, Phase
from device.disk import SystemDisk


def _filmed(folder: Path, disk: FaultyDisk) -> tuple[FilmingBox, RecordingId]:
    box = FilmingBox(folder, disk).start()
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.press()
    box.wait_for(Phase.ARMED)
    return box, box.rows()[0].recording_id


def _erasures(box: FilmingBox) -> Erasures:
    return box.erasures()


def _erase(box: FilmingBox, recording_id: RecordingId, before_the_press: Callable[[], None] = lambda: None) -> str:
    """Asked for, and pressed; how it ended."""
    erasures = _erasures(box)
    waiting = erasures.begin(box.practitioner, (recording_id,), recording_id)
    before_the_press()
    erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))

    def look() -> str:
        try:
            answer = erasures.poll(box.practitioner, waiting.ask_id)
        except VigcamError as error:
            return error.code
        return "" if isinstance(answer, ErasureWaiting) else "erased"

    outcome = wait_until(look)
    erasures.close()
    return outcome


def _die_in(disk: FaultyDisk, calls: int) -> None:
    disk.die_at(len(disk.calls) + calls)


@pytest.fixture
def filmed(tmp_path: Path) -> Iterator[tuple[FilmingBox, RecordingId]]:
    box, recording_id = _filmed(tmp_path, FaultyDisk(SystemDisk()))
    yield box, recording_id
    box.shut()
    box.box.close()


@pytest.mark.promise("P9")
def test_nobody_erases_what_another_filmed_or_without_its_words(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, recording_id = filmed
    erasures = _erasures(box)
    with pytest.raises(NotFound):
        erasures.begin(new_practitioner_id(), (recording_id,), recording_id)
    with pytest.raises(NotErasable):
        erasures.begin(box.practitioner, (recording_id,), "yes")
    assert box.control.state.asks == ()


@pytest.mark.promise("P9")
def test_erasing_twice_is_erasing_once(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, recording_id = filmed
    assert _erase(box, recording_id) == "erased"
    assert box.rows()[0].state is RecordingState.ERASED
    with pytest.raises(NotFound):
        _erasures(box).begin(box.practitioner, (recording_id,), recording_id)


@pytest.mark.promise("P10")
def test_the_log_says_what_is_asked_for_then_begun_and_then_done(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, recording_id = filmed
    before = box.box.audit.head.sequence
    assert _erase(box, recording_id) == "erased"
    asked, begun, done = (line for line in lines_behind(box.folder / "audit.log", 0) if line.seq > before)
    assert (asked.event, begun.event, done.event) == (AuditEvent.ERASE_ASKED, AuditEvent.ERASED, AuditEvent.ERASED)
    assert (asked.fields["practitioner"], asked.fields["recordings"]) == (box.practitioner, 1)
    assert begun.fields == {"ask": asked.fields["ask"], "recording": recording_id, "stage": "begun"}
    assert done.fields == {"recording": recording_id, "stage": "done"}


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_a_refused_press_erases_nothing_and_the_page_and_the_log_are_told_why(filmed: tuple[FilmingBox, RecordingId]) -> None:
    box, recording_id = filmed
    erasures = _erasures(box)
    waiting = erasures.begin(box.practitioner, (recording_id,), recording_id)
    [ask] = box.control.state.asks
    erasures.refuse(replace(ask, ask_id="ask-another"), AskOutcome.EXPIRED)
    assert isinstance(erasures.poll(box.practitioner, waiting.ask_id), ErasureWaiting)
    erasures.refuse(ask, AskOutcome.CLASH)
    with pytest.raises(NotNow) as refused:
        erasures.poll(box.practitioner, waiting.ask_id)
    assert refused.value.reasons == ("ask_clash",)
    box.box.audit.append(AuditEvent.PRESS)  # behind it all is on disk
    told = [line for line in lines_behind(box.folder / "audit.log", 0) if line.event is AuditEvent.ERASE_REFUSED]
    assert [line.fields for line in told] == [
        {"ask": "ask-another", "why": "expired"},
        {"ask": waiting.ask_id, "why": "clash"},
    ]
    assert box.rows()[0].state is RecordingState.SEALED


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_an_erasure_cut_at_any_step_is_carried_through_at_the_next_start(tmp_path: Path) -> None:
    number, was_cut = 0, True
    while was_cut:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        box, recording_id = _filmed(folder, disk)
        outcome = _erase(box, recording_id, partial(_die_in, disk, number))
        was_cut = outcome != "erased"
        disk.heal()
        is_begun = '"stage":"begun"' in (folder / "audit.log").read_text()
        box.shut()
        box.restart_records()
        box.start()
        what = f"call {number}"
        row = box.rows()[0]
        if row.state is RecordingState.ERASED:
            assert is_begun, what
            assert not list((folder / "vault").iterdir()), what
        else:
            assert number < 3, what  # the log could not be told: nothing was touched
            assert (folder / "vault" / f"{recording_id}.mp4.age").stat().st_size == row.sealed_bytes, what
        report = verify_log(folder / "audit.log", folder / "vault")
        assert (report.verdict, report.findings) == (Verdict.GOOD, ()), what
        box.shut()
        box.box.close()
        number += 1
    assert number > 8


@pytest.mark.promise("P10")
def test_the_page_hears_of_an_erasure_once_the_catalogue_remembers_the_line_that_tells_of_it(
    filmed: tuple[FilmingBox, RecordingId],
) -> None:
    box, recording_id = filmed
    assert _erase(box, recording_id) == "erased"
    place = remembered_head(box.box.catalogue)
    assert place is not None
    told = [line for line in lines_behind(box.folder / "audit.log", 0) if line.fields.get("stage") == "done"]
    assert place.sequence >= told[0].seq
