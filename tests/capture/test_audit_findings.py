"""What is wrong with a vault is told in words that somebody can act on: each harm by its own, and nothing else beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox, flip

from capture.audit.log import AuditEvent
from capture.audit.verify import Verdict
from capture.ids import RecordingId
from capture.manifest import sign_manifest

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AuditBox]:
    made = AuditBox(tmp_path / "box")
    yield made
    made.log.close()


def _change(path: Path, at: int) -> None:
    path.write_bytes(flip(path.read_bytes(), at))


def _footage(box: AuditBox, recording: RecordingId) -> None:
    _change(box.sealed(recording), -1)


def _header(box: AuditBox, recording: RecordingId) -> None:
    _change(box.sealed(recording), 30)


def _length(box: AuditBox, recording: RecordingId) -> None:
    path = box.sealed(recording)
    path.write_bytes(path.read_bytes()[:-1])


def _recording(box: AuditBox, recording: RecordingId) -> None:
    box.sealed(recording).unlink()


def _manifest(box: AuditBox, recording: RecordingId) -> None:
    box.log.append(AuditEvent.STOPPED)
    box.manifest_path(recording).unlink()


def _vanished(box: AuditBox, recording: RecordingId) -> None:
    box.vault.erase(recording)
    box.log.append(AuditEvent.ERASED, recording=recording, stage="found_gone")


def _remains(box: AuditBox, recording: RecordingId) -> None:
    box.log.append(AuditEvent.ERASED, recording=recording, stage="done")


def _foreign_manifest(box: AuditBox, recording: RecordingId) -> None:
    other = box.film()
    box.manifest_path(recording).write_bytes(box.manifest_path(other).read_bytes())


def _manifest_is_a_folder(box: AuditBox, recording: RecordingId) -> None:
    box.manifest_path(recording).unlink()
    box.manifest_path(recording).mkdir()


def _film_is_a_folder(box: AuditBox, recording: RecordingId) -> None:
    box.sealed(recording).unlink()
    box.sealed(recording).mkdir()


def _manifest_is_a_pipe(box: AuditBox, recording: RecordingId) -> None:
    box.manifest_path(recording).unlink()
    os.mkfifo(box.manifest_path(recording))


def _endless_manifest(box: AuditBox, recording: RecordingId) -> None:
    os.truncate(box.manifest_path(recording), 1 << 40)


def _bad_block(box: AuditBox, recording: RecordingId) -> None:
    box.sealed(recording).unlink()
    box.sealed(recording).symlink_to("/proc/self/mem")  # a file of which the first byte cannot be read: EIO


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_manifest_is_a_folder, {"FILM.json is no file"}),
        (_film_is_a_folder, {"FILM.mp4.age is no file"}),
        (_manifest_is_a_pipe, {"FILM.json is no file"}),
        (_endless_manifest, {"manifest not in the one allowed spelling"}),
        (_bad_block, {"cannot be read: Input/output error"}),
        (_footage, {"the sealed file is not the one of the manifest"}),
        (
            _header,
            {
                "the sealed file is not the one of the manifest",
                "the sealed file's header is not the one of the manifest",
                "the header of FILM.mp4.age is not the one in the log: the file was exchanged or damaged",
            },
        ),
        (
            _length,
            {"the sealed file has WHOLE - 1 bytes, the manifest says WHOLE", "the sealed file is not the one of the manifest"},
        ),
        (_recording, {"missing, and never erased by the log"}),
        (_manifest, {"sealed by the log, but its manifest is missing"}),
        (_vanished, {"missing, and nobody had asked to erase it"}),
        (_remains, {"erased by the log, and still there"}),
        (_foreign_manifest, {"the manifest is another recording's or another box's"}),
    ],
)
def test_each_harm_is_told_in_its_own_words(box: AuditBox, harm: Callable[[AuditBox, RecordingId], None], told: set[str]) -> None:
    recording = box.film()
    whole = box.sealed(recording).stat().st_size
    spoken = {recording: "FILM", str(whole): "WHOLE", str(whole - 1): "WHOLE - 1"}
    harm(box, recording)
    report = box.verify()
    assert report.verdict is Verdict.DAMAGED
    assert {one.where for one in report.findings} == {recording}
    whats = [one.what for one in report.findings]
    for found, name in spoken.items():
        whats = [what.replace(found, name) for what in whats]
    assert sorted(whats) == sorted(told)


def test_a_film_that_cannot_be_read_keeps_no_other_from_being_checked(box: AuditBox) -> None:
    unreadable, changed = sorted([box.film(), box.film()])
    _bad_block(box, unreadable)
    _footage(box, changed)
    assert {one.where for one in box.verify().findings} == {unreadable, changed}


def test_a_vault_that_is_gone_is_told(box: AuditBox) -> None:
    box.film()
    shutil.rmtree(box.vault_folder)
    report = box.verify()
    assert [(one.where, one.what) for one in report.findings] == [("vault", "is missing, with every film that the log has")]
    assert (report.verdict, report.recordings) == (Verdict.DAMAGED, 0)


def test_a_manifest_of_a_film_that_nobody_knows_is_told(box: AuditBox) -> None:
    recording = box.film()
    unknown = RecordingId("rec-2222222222222222")
    manifest = box.manifest(unknown, "0" * 64, "0" * 64, 1)
    box.manifest_path(unknown).write_bytes(sign_manifest(manifest, box.key))
    assert [(one.where, one.what) for one in box.verify().findings] == [(unknown, "a manifest without its recording")]
    assert box.verify().recordings == 2
    assert recording not in {one.where for one in box.verify().notes}


def test_an_erasure_that_was_not_finished_is_a_note(box: AuditBox) -> None:
    recording = box.film()
    box.log.append(AuditEvent.ERASED, recording=recording, stage="begun")
    assert _notes(box) == [(recording, "its erasure was begun and not finished")]


def test_a_film_left_before_its_first_frame_is_a_note(box: AuditBox) -> None:
    recording = RecordingId("rec-2222222222222222")
    box.part(recording).write_bytes(b"")
    assert _notes(box) == [(recording, "begun and left before the first frame")]


def test_a_film_of_which_only_the_log_says_that_it_was_sealed_is_a_note_right_after_that_line(box: AuditBox) -> None:
    recording = box.film()
    box.manifest_path(recording).unlink()
    assert _notes(box) == [(recording, "it has no manifest: the log alone vouches for it")]


def test_a_whole_film_that_nothing_calls_sealed_is_a_note(box: AuditBox) -> None:
    recording = box.begin(b"film" * 50_000)
    box.part(recording).rename(box.sealed(recording))
    assert _notes(box) == [(recording, "complete, but nothing vouches for its end")]


def test_a_header_that_is_being_replaced_is_a_note(box: AuditBox) -> None:
    recording = box.film()
    box.log.append(AuditEvent.RECORDING_REWRAPPED, recording=recording, stage="begun", header_hash="0" * 64, sealed_hash="0" * 64)
    assert _notes(box) == [(recording, "its header is being replaced: the next start ends that")]


def _notes(box: AuditBox) -> list[tuple[str, str]]:
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    return [(one.where, one.what) for one in report.notes]


def test_every_note_is_told_not_only_the_last(box: AuditBox) -> None:
    films = sorted(box.film() for _ in range(2))
    for recording in films:
        box.log.append(AuditEvent.ERASED, recording=recording, stage="begun")
    assert [where for where, _ in _notes(box)] == films
