"""What a take says of its disk: that it filled up, how long it took at the worst; and what is durable before a camera opens."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from disk_record import RecordingDisk
from disk_replay import cut_at, kept_after
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.audit.chain import read_chain
from capture.container.movie import open_movie
from capture.manifest import read_manifest
from capture.model import Manifest, RecordingState, StopReason
from capture.recorder.model import Phase
from capture.seal.stream import open_header
from device.disk import SystemDisk


class FillingDisk(SystemDisk):
    """A real disk that has room until a film is begun on it."""

    def free_bytes(self, folder: Path) -> int:
        return 1 << 20 if any(folder.glob("*.part")) else 1 << 40


def _manifest(box: FilmingBox) -> Manifest:
    return read_manifest(box.vault.read_manifest(box.rows()[0].recording_id), box.box.device_key.public_hex)


def _close(box: FilmingBox) -> None:
    box.shut()
    box.box.close()


@pytest.mark.promise("P8")
def test_a_disk_that_fills_up_stops_the_film_which_is_sealed_and_says_why(tmp_path: Path) -> None:
    box = FilmingBox(tmp_path, FillingDisk(), seconds=2.5).start()
    box.arm()
    box.hold()
    assert box.wait_for(Phase.FAULTED) is Phase.FAULTED
    assert box.control.state.fault == "disk_floor"
    assert not box.camera.is_open
    row = box.rows()[0]
    assert (row.state, row.stop_reason, _manifest(box).stop_reason) == (
        RecordingState.SEALED,
        StopReason.DISK_FLOOR,
        StopReason.DISK_FLOOR,
    )
    opened = box.vault.open(row.recording_id)
    file_key, offset = open_header(box.vault.header(opened.fd), box.unlocked.identity)
    assert len(open_movie(opened.fd, file_key, offset, opened.is_sealed).index.video.samples) == row.frames_kept > 0
    _close(box)


@pytest.mark.promise("P8")
def test_the_longest_sync_of_a_take_is_on_its_row_in_its_manifest_and_in_the_status(tmp_path: Path) -> None:
    disk = FaultyDisk(SystemDisk())
    box = FilmingBox(tmp_path, disk).start()
    disk.stall("sync_data", 0.25, ".part")
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.press()
    box.wait_for(Phase.ARMED)
    longest_ms = box.rows()[0].longest_sync_ms
    assert longest_ms >= 250
    assert (_manifest(box).longest_sync_ms, box.filming.longest_sync_ms) == (longest_ms, longest_ms)
    _close(box)
    box.restart_records()
    assert box.start().filming.longest_sync_ms == longest_ms
    _close(box)


@pytest.mark.promise("P8")
@pytest.mark.promise("P10")
def test_when_the_camera_opens_no_card_can_lose_the_header_its_name_or_its_line_in_the_log(tmp_path: Path) -> None:
    disk: RecordingDisk[int] = RecordingDisk(SystemDisk())
    box = FilmingBox(tmp_path, disk).start()
    tape = disk.roll(tmp_path, [tmp_path / "audit.log"], lambda: box.camera.openings)
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.press()
    box.wait_for(Phase.ARMED)
    recording_id = box.rows()[0].recording_id
    header_hash = _manifest(box).header_hash
    _close(box)
    opened_at = tape.before.index(1)
    for kept in kept_after(cut_at(tape, opened_at), samples=0):
        (tmp_path / "log").write_bytes(kept.contents[Path("audit.log")])
        assert read_chain(tmp_path / "log").traces.recordings[recording_id].header_hash == header_hash
        header = kept.contents[Path("vault") / f"{recording_id}.mp4.age.part"].partition(b"\n--- ")
        mac = header[2][: header[2].index(b"\n") + 1]
        assert hashlib.sha256(header[0] + header[1] + mac).hexdigest() == header_hash
