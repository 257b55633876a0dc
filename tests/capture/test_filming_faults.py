"""A disk that fails at each step of a take in turn: nothing durable is lost, nothing is called what it is not, nothing hangs."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.audit.verify import Verdict, verify_log
from capture.container.movie import open_movie
from capture.manifest import read_manifest
from capture.model import Recording, RecordingState
from capture.recorder.model import Phase
from capture.seal.stream import open_header
from device.disk import SystemDisk

SHARES = 4
"""The sweep is cut into so many tests, so that a failure names its place."""


def _one_film(box: FilmingBox) -> None:
    """From arming to rest, whatever becomes of it on the way."""
    box.arm()
    box.hold()
    if box.wait_for(Phase.RECORDING, Phase.IDLE, Phase.FAULTED) is Phase.RECORDING:
        box.press()
    box.wait_for(Phase.ARMED, Phase.IDLE, Phase.FAULTED)


def _frames_in_the_file(box: FilmingBox, recording: Recording) -> int:
    opened = box.vault.open(recording.recording_id)
    try:
        file_key, offset = open_header(box.vault.header(opened.fd), box.unlocked.identity)
        return len(open_movie(opened.fd, file_key, offset, opened.is_sealed).index.video.samples)
    finally:
        os.close(opened.fd)


def _one_story(box: FilmingBox) -> None:
    """Catalogue, vault and log agree, and claim no more than is so."""
    rows = {row.recording_id: row for row in box.rows()}
    assert set(box.vault.parts()) | set(box.vault.recordings()) == set(rows)
    for recording_id, row in rows.items():
        assert row.state in (RecordingState.SEALED, RecordingState.INTERRUPTED)
        if row.state is RecordingState.SEALED:
            manifest = read_manifest(box.vault.read_manifest(recording_id), box.box.device_key.public_hex)
            sealed = (box.folder / "vault" / f"{recording_id}.mp4.age").read_bytes()
            assert hashlib.sha256(sealed).hexdigest() == manifest.sealed_hash
        if row.frames_kept:
            assert _frames_in_the_file(box, row) >= row.frames_kept


def _calls_of_a_film(folder: Path) -> int:
    disk = FaultyDisk(SystemDisk())
    box = FilmingBox(folder, disk).start()
    before = len(disk.calls)
    _one_film(box)
    assert [row.state for row in box.rows()] == [RecordingState.SEALED]
    taken = len(disk.calls) - before
    box.shut()
    box.box.close()
    return taken


@pytest.mark.promise("P4")
@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
@pytest.mark.parametrize("share", range(SHARES))
def test_a_fault_at_any_step_of_a_take_loses_nothing_durable_and_claims_nothing_false(tmp_path: Path, share: int) -> None:
    (tmp_path / "good").mkdir()
    taken = _calls_of_a_film(tmp_path / "good")
    assert taken > 20
    for number in range(share, taken, SHARES):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        box = FilmingBox(folder, disk).start()
        disk.fail_at(len(disk.calls) + number, errno.EIO if number % 2 else errno.ENOSPC)
        _one_film(box)
        what = f"call {number} of {taken}"
        assert box.failure is None, what
        assert box.panel.wrongs == [], what
        assert not box.camera.is_open, what
        assert all(row.state is not RecordingState.FILMING for row in box.rows()), what
        box.shut()
        disk.heal()
        box.restart_records()
        box.start()
        _one_story(box)
        report = verify_log(folder / "audit.log", folder / "vault")
        assert (report.verdict, report.bad_line, report.findings) == (Verdict.GOOD, None, ()), what
        box.shut()
        box.box.close()


@pytest.mark.promise("P2")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("share", range(SHARES))
def test_after_a_cut_at_any_step_of_a_take_the_next_start_tells_one_story(tmp_path: Path, share: int) -> None:
    (tmp_path / "good").mkdir()
    taken = _calls_of_a_film(tmp_path / "good")
    for number in range(share, taken, SHARES):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        box = FilmingBox(folder, disk).start()
        disk.die_at(len(disk.calls) + number)
        _one_film(box)
        what = f"call {number} of {taken}"
        assert box.failure is None, what
        box.shut()
        disk.heal()
        box.restart_records()
        box.start()
        assert box.control.state.phase is Phase.IDLE
        _one_story(box)
        report = verify_log(folder / "audit.log", folder / "vault")
        assert (report.verdict, report.bad_line, report.findings) == (Verdict.GOOD, None, ()), what
        _one_film(box)
        assert box.rows()[0].state is RecordingState.SEALED, what
        box.shut()
        box.box.close()
