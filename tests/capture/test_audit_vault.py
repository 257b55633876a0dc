"""Vault against log: what is changed, exchanged, missing, foreign or half done is told, each by its recording."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox, flip

from capture.audit.log import AuditEvent
from capture.audit.verify import AuditReport, Verdict, verify_log
from capture.ids import new_recording_id
from capture.manifest import sign_manifest
from capture.seal.small import seal_bytes

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AuditBox]:
    made = AuditBox(tmp_path / "box")
    yield made
    made.log.close()


def wheres(report: AuditReport) -> set[str]:
    return {finding.where for finding in report.findings}


def test_sealed_recordings_and_an_interrupted_one_are_good(box: AuditBox) -> None:
    box.film()
    box.film()
    interrupted = box.begin(b"film" * 100_000)
    box.log.append(AuditEvent.RECORDING_INTERRUPTED, recording=interrupted)
    report = box.verify()
    assert (report.verdict, report.recordings, report.findings, report.notes) == (Verdict.GOOD, 2, (), ())


def test_any_changed_byte_of_a_sealed_file_is_found(box: AuditBox) -> None:
    recording = box.film()
    path = box.sealed(recording)
    data = path.read_bytes()
    for at in (0, 30, 200, 70_000, len(data) - 1):
        path.write_bytes(flip(data, at))
        assert wheres(box.verify()) == {recording}, at


def test_shortened_sealed_file_is_found(box: AuditBox) -> None:
    recording = box.film()
    path = box.sealed(recording)
    path.write_bytes(path.read_bytes()[:-65_552])
    assert any("bytes, the manifest says" in finding.what for finding in box.verify().findings)


def test_changed_manifest_is_found(box: AuditBox) -> None:
    recording = box.film()
    path = box.manifest_path(recording)
    path.write_bytes(path.read_bytes().replace(b'"frames_kept":149', b'"frames_kept":150'))
    assert wheres(box.verify()) == {recording}


def test_exchanged_recordings_are_found(box: AuditBox) -> None:
    first, second = box.film(b"one" * 1_000), box.film(b"two" * 1_000)
    one, two = box.sealed(first).read_bytes(), box.sealed(second).read_bytes()
    box.sealed(first).write_bytes(two)
    box.sealed(second).write_bytes(one)
    assert wheres(box.verify()) == {first, second}


def test_recording_exchanged_together_with_its_manifest_is_found(box: AuditBox) -> None:
    first, second = box.film(), box.film()
    shutil.copy(box.sealed(second), box.sealed(first))
    shutil.copy(box.manifest_path(second), box.manifest_path(first))
    report = box.verify()
    assert wheres(report) == {first}
    assert any("another recording's" in finding.what for finding in report.findings)


def test_other_header_than_the_logged_one_is_found_though_the_manifest_vouches_for_it(box: AuditBox) -> None:
    recording = box.film()
    other = seal_bytes(b"another film", [box.identity.recipient])
    box.sealed(recording).write_bytes(other)
    manifest = box.manifest(recording, "0" * 64, "0" * 64, len(other))
    box.manifest_path(recording).write_bytes(sign_manifest(manifest, box.key))
    assert any("not the one in the log" in finding.what for finding in box.verify().findings)


def test_removed_recording_is_found(box: AuditBox) -> None:
    recording = box.film()
    box.sealed(recording).unlink()
    box.manifest_path(recording).unlink()
    assert wheres(box.verify()) == {recording}


def test_removed_manifest_is_found(box: AuditBox) -> None:
    recording = box.film()
    box.log.append(AuditEvent.STOPPED)
    box.manifest_path(recording).unlink()
    assert wheres(box.verify()) == {recording}


def test_removed_interrupted_recording_is_found(box: AuditBox) -> None:
    recording = box.begin(b"film" * 100_000)
    box.log.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording)
    box.part(recording).unlink()
    assert wheres(box.verify()) == {recording}


def test_recording_that_this_box_never_filmed_is_found(box: AuditBox) -> None:
    recording = new_recording_id()
    box.part(recording).write_bytes(seal_bytes(b"smuggled in", [box.identity.recipient]))
    assert wheres(box.verify()) == {recording}


def test_manifest_of_another_box_is_found(box: AuditBox, tmp_path: Path) -> None:
    other = AuditBox(tmp_path / "other")
    recording = other.film()
    other.log.close()
    shutil.copy(other.sealed(recording), box.sealed(recording))
    shutil.copy(other.manifest_path(recording), box.manifest_path(recording))
    assert wheres(box.verify()) == {recording}


def test_log_cut_below_what_a_manifest_knows_is_found(box: AuditBox) -> None:
    recording = box.film()
    lines = box.path.read_bytes().splitlines(keepends=True)
    box.path.write_bytes(lines[0])
    assert any("the log was cut" in finding.what for finding in box.verify().findings)
    assert recording in wheres(box.verify())


def test_erased_recording_is_good_and_its_remains_are_found(box: AuditBox) -> None:
    recording = box.film()
    kept = box.sealed(recording).read_bytes()
    box.log.append(AuditEvent.ERASED, recording=recording, stage="begun")
    box.vault.erase(recording)
    box.log.append(AuditEvent.ERASED, recording=recording, stage="done")
    assert (box.verify().verdict, box.verify().notes) == (Verdict.GOOD, ())
    box.sealed(recording).write_bytes(kept)
    assert wheres(box.verify()) == {recording}


def test_erasure_that_a_cut_caught_is_good_once_the_next_start_has_noted_it(box: AuditBox) -> None:
    recording = box.film()
    box.log.append(AuditEvent.ERASED, recording=recording, stage="begun")
    box.vault.erase(recording)
    box.log.append(AuditEvent.ERASED, recording=recording, stage="found_gone")
    assert (box.verify().verdict, box.verify().notes) == (Verdict.GOOD, ())


@pytest.mark.promise("P9")
def test_recording_that_vanished_is_damage_even_when_a_start_has_noted_it(box: AuditBox) -> None:
    recording = box.film()
    box.vault.erase(recording)
    box.log.append(AuditEvent.ERASED, recording=recording, stage="found_gone")
    assert wheres(box.verify()) == {recording}


def test_file_that_is_not_the_one_the_log_sealed_is_found_though_a_manifest_vouches_for_it(box: AuditBox) -> None:
    recording = new_recording_id()
    part = box.vault.begin(recording, [box.identity.recipient])
    box.log.append(AuditEvent.RECORDING_OPENING, recording=recording, header_hash=part.header_hash)
    part.finish(b"film")
    box.vault.publish(part)
    box.log.append(AuditEvent.RECORDING_SEALED, recording=recording, sealed_hash="0" * 64)
    manifest = box.manifest(recording, part.header_hash, part.sealed_hash, part.sealed_bytes)
    box.vault.write_manifest(recording, sign_manifest(manifest, box.key))
    assert [finding.what for finding in box.verify().findings] == ["the sealed file is not the one in the log"]


def test_box_that_seals_a_recording_while_it_is_verified_is_good(box: AuditBox) -> None:
    for number in range(1, 31):
        filming = threading.Thread(target=box.film, args=(b"film" * 1_000,))
        filming.start()
        report = box.verify()
        filming.join()
        assert (report.verdict, report.findings) == (Verdict.GOOD, ()), number
    assert box.verify().recordings == 30


def test_erasure_cut_short_is_a_note(box: AuditBox) -> None:
    recording = box.film()
    box.log.append(AuditEvent.ERASED, recording=recording, stage="begun")
    path = box.sealed(recording)
    path.write_bytes(bytes(400) + path.read_bytes()[400:])
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert {note.where for note in report.notes} == {recording}


def test_power_cut_between_seal_and_manifest_is_a_note(box: AuditBox) -> None:
    recording = new_recording_id()
    part = box.vault.begin(recording, [box.identity.recipient])
    box.log.append(AuditEvent.RECORDING_OPENING, recording=recording, header_hash=part.header_hash)
    part.finish(b"film")
    box.vault.publish(part)
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert {note.where for note in report.notes} == {recording}


def test_kill_between_the_sealing_line_and_the_manifest_is_a_note(box: AuditBox) -> None:
    recording = box.film()
    box.manifest_path(recording).unlink()
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert {note.where for note in report.notes} == {recording}


def test_power_cut_between_seal_and_manifest_stays_a_note_once_the_next_start_has_noted_it(box: AuditBox) -> None:
    recording = box.film()
    box.manifest_path(recording).unlink()
    box.log.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording, why="power_or_process_lost")
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert {note.where for note in report.notes} == {recording}


@pytest.mark.parametrize("size", [0, 10, 100, None])
def test_power_cut_before_the_first_frame_is_a_note(box: AuditBox, size: int | None) -> None:
    recording = new_recording_id()
    part = box.vault.begin(recording, [box.identity.recipient])
    part.abandon()
    path = box.part(recording)
    path.write_bytes(path.read_bytes()[:size])
    report = box.verify()
    assert report.verdict is Verdict.GOOD
    assert {note.where for note in report.notes} == {recording}


@pytest.mark.parametrize(("kept", "zeros"), [(0, 184), (100, 84), (0, 4_096)])
def test_header_that_a_power_cut_left_as_zeros_is_a_note(box: AuditBox, kept: int, zeros: int) -> None:
    recording = new_recording_id()
    box.vault.begin(recording, [box.identity.recipient]).abandon()
    path = box.part(recording)
    path.write_bytes(path.read_bytes()[:kept] + bytes(zeros))
    report = box.verify()
    assert (report.verdict, report.findings) == (Verdict.GOOD, ())


def test_file_without_header_that_could_hold_footage_and_is_not_in_the_log_is_found(box: AuditBox) -> None:
    recording = new_recording_id()
    box.part(recording).write_bytes(bytes(70_000))
    assert wheres(box.verify()) == {recording}


def test_broken_log_still_lets_the_manifests_be_checked(box: AuditBox) -> None:
    good, bad = box.film(b"one" * 1_000), box.film(b"two" * 1_000)
    box.log.close()
    data = box.path.read_bytes()
    box.path.write_bytes(flip(data, data.index(b'"seq":2,') + 2))
    box.sealed(bad).write_bytes(flip(box.sealed(bad).read_bytes(), 500))
    report = box.verify()
    assert report.bad_line is not None
    assert report.bad_line.number == 2
    assert wheres(report) == {bad}
    assert good not in wheres(report)


def test_progress_counts_every_byte_that_is_hashed(box: AuditBox) -> None:
    box.film()
    box.film()
    seen: list[tuple[int, int]] = []
    verify_log(box.path, box.vault_folder, watch=lambda done, total: seen.append((done, total)))
    total = sum(path.stat().st_size for path in box.vault_folder.glob("*.mp4.age"))
    assert seen[-1] == (total, total)
