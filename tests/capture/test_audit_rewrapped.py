"""The log follows a film's header from hand to hand: what it announced, what it said is done, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_over_box import HandOverBox

from capture.audit.log import AuditEvent
from capture.audit.verify import Verdict
from capture.ids import RecordingId
from capture.seal.header import parse_header

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[HandOverBox]:
    box = HandOverBox(tmp_path)
    yield box
    box.close()


def handed_over(box: HandOverBox) -> tuple[RecordingId, RecordingId]:
    """A sealed film and an interrupted one, taken over; their files still have their old headers."""
    films = box.film(), box.cut()
    box.bring(box.rewrapped())
    box.take_over()
    return films


def file(box: HandOverBox, recording: RecordingId) -> Path:
    return next(path for path in (box.folder / "vault").glob(f"{recording}.mp4.age*"))


def test_box_that_handed_a_case_over_verifies(box: HandOverBox) -> None:
    handed_over(box)
    assert box.verify().verdict is Verdict.GOOD
    box.swap_all()
    report = box.verify()
    assert (report.verdict, report.notes) == (Verdict.GOOD, ())


def test_header_that_was_announced_and_not_yet_written_is_a_note(box: HandOverBox) -> None:
    film, _ = handed_over(box)
    box.box.audit.append(
        AuditEvent.RECORDING_REWRAPPED,
        recording=film,
        stage="begun",
        old_header_hash="0" * 64,
        header_hash="1" * 64,
        sealed_hash="2" * 64,
    )
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert [(note.where, "header" in note.what) for note in report.notes] == [(film, True)]


@pytest.mark.parametrize("place", [0, 1])
def test_old_header_put_back_is_found(box: HandOverBox, place: int) -> None:
    films = handed_over(box)
    path = file(box, films[place])
    old = path.read_bytes()
    box.swap_all()
    path.write_bytes(old)
    report = box.verify()
    assert report.verdict is Verdict.DAMAGED
    assert {finding.where for finding in report.findings} == {films[place]}


@pytest.mark.parametrize("place", [0, 1])
def test_header_replaced_behind_the_logs_back_is_found(box: HandOverBox, place: int) -> None:
    films = handed_over(box)
    new = {one.recording_id: one.header for one in box.new_headers.all()}[films[place]]
    box.vault.replace_header(films[place], new)
    assert {finding.where for finding in box.verify().findings} == {films[place]}


def test_film_changed_behind_its_new_header_is_found(box: HandOverBox) -> None:
    film, _ = handed_over(box)
    box.swap_all()
    data = bytearray(file(box, film).read_bytes())
    data[parse_header(bytes(data)).length + 40] ^= 1
    file(box, film).write_bytes(data)
    assert {finding.where for finding in box.verify().findings} == {film}


def test_erased_film_stays_erased_after_a_new_header(box: HandOverBox) -> None:
    film, _ = handed_over(box)
    box.swap_all()
    box.box.audit.append(AuditEvent.ERASED, recording=film, stage="begun")
    box.vault.erase(film)
    box.box.audit.append(AuditEvent.ERASED, recording=film, stage="done")
    assert box.verify().verdict is Verdict.GOOD
