"""A take from the camera's threads to the disk: nothing blocks the camera, no loss is hidden, no error is called sealed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from factory import repeated
from movies import decode
from take_box import ENCODED, TakeBox

from capture.container.muxer import FragmentMuxer
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.payload import CHUNK_BYTES
from capture.take.take import MOST_MARKS
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import AudioFormat, AudioPacket, CameraReport, VideoPacket


@pytest.fixture
def box(tmp_path: Path) -> TakeBox:
    return TakeBox(tmp_path)


def test_take_becomes_a_sealed_recording_with_every_picture(box: TakeBox) -> None:
    box.film(2.5)
    summary = box.finish(75)
    box.vault.publish(box.part)
    assert summary == replace(
        summary, duration_ms=2_500, frames_generated=75, frames_kept=75, width=320, height=180, has_sound=True, first_error=None
    )
    assert decode(box.movie()).numbers == [number % 60 for number in range(75)]


def test_summary_names_size_and_hash_of_the_file_as_it_lies(box: TakeBox) -> None:
    box.film(1.5)
    summary = box.finish(45)
    data = box.part.path.read_bytes()
    assert (summary.sealed_bytes, summary.sealed_hash) == (len(data), hashlib.sha256(data).hexdigest())


def test_listener_hears_of_the_first_picture_once_and_of_all_pictures_by_the_way(box: TakeBox) -> None:
    box.film(2)
    box.finish(60)
    assert box.listener.told == ["first_frame", "finished"]
    assert box.listener.seen == 60
    assert box.listener.threads == {"take-writer"}


@pytest.mark.promise("P8")
def test_every_fragment_is_synced_and_the_longest_sync_is_measured(box: TakeBox) -> None:
    box.disk.stall("sync_data", 0.05)
    box.film(2.9)
    summary = box.finish(87)
    assert box.disk.calls.count("sync_data") == 6
    assert 50 <= summary.longest_sync_ms < 5_000


@pytest.mark.promise("P8")
def test_the_last_sync_counts_among_the_longest(box: TakeBox) -> None:
    box.disk.stall("sync", 0.3)
    box.film(1.2)
    assert box.finish(36).longest_sync_ms >= 300


@pytest.mark.promise("P11")
def test_pictures_that_the_sensor_lost_are_in_the_summary(box: TakeBox) -> None:
    for packet in repeated(ENCODED, 2):
        if isinstance(packet, AudioPacket):
            continue
        lost = 20 if packet.frame_number >= 35 else 0
        box.deliver(replace(packet, frame_number=packet.frame_number + lost, time_us=packet.time_us + lost * 33_333))
    summary = box.finish(80)
    assert (summary.frames_generated, summary.frames_kept) == (80, 60)


@pytest.mark.promise("P11")
def test_stalled_disk_never_blocks_the_camera_and_what_is_dropped_is_counted(box: TakeBox) -> None:
    box.disk.stall("sync_data", 1.5)
    begun = time.monotonic()
    box.film(9)
    assert time.monotonic() - begun < 1, "the camera's thread waited for the disk"
    box.disk.heal()
    summary = box.finish(270)
    assert 0 < summary.frames_kept < 270
    assert summary.first_error is None
    box.vault.publish(box.part)
    assert len(decode(box.movie()).numbers) == summary.frames_kept


def test_marks_are_given_in_media_time(box: TakeBox) -> None:
    start_us = box.clock.boottime_ns() // 1_000 - 3_000_000
    for packet in repeated(ENCODED, 3):
        if isinstance(packet, VideoPacket):
            box.deliver(replace(packet, time_us=start_us + packet.time_us))
    box.take.mark((start_us + 1_250_000) * 1_000)
    box.take.mark((start_us - 5_000_000) * 1_000)
    box.take.mark((start_us + 60_000_000) * 1_000)
    marks = box.finish(90).marks_ms
    # The last picture came at 2.967 s, so the least delay seen is a little over 33 ms.
    assert marks[0] == pytest.approx(1_216, abs=30)
    assert marks[1:] == (0, 3_000)


def test_whoever_marks_again_and_again_marks_no_more_than_can_be_listed(box: TakeBox) -> None:
    box.film(3)
    for _ in range(MOST_MARKS + 1):
        box.take.mark(box.clock.boottime_ns())
    assert len(box.finish(90).marks_ms) == MOST_MARKS


def test_falling_below_the_floor_is_told_once_and_the_take_can_still_be_sealed(tmp_path: Path) -> None:
    box = TakeBox(tmp_path, floor_bytes=1 << 60)
    box.film(3)
    summary = box.finish(90)
    assert box.listener.told == ["first_frame", "disk_floor", "finished"]
    assert summary.first_error is None
    box.vault.publish(box.part)
    assert len(decode(box.movie()).numbers) == 90


def test_unsupported_format_stops_the_take_and_what_came_before_is_sealed(box: TakeBox) -> None:
    box.film(1)
    box.take.video(replace(ENCODED.video[3], time_us=5))
    box.take.video(replace(ENCODED.video[4], time_us=6))
    summary = box.finish(32)
    assert box.listener.told == ["first_frame", "format_unsupported", "finished"]
    assert (summary.first_error, summary.frames_kept) == (None, 30)
    assert summary.sealed_hash


def test_what_the_camera_did_stands_once_in_the_system_log(box: TakeBox, caplog: pytest.LogCaptureFixture) -> None:
    box.film(1)
    for picture in ENCODED.video[3:5]:
        box.take.video(replace(picture, time_us=5))
    box.finish(32)
    assert [record.getMessage() for record in caplog.records] == ["take_format_unsupported why=pictures out of order"]


def test_camera_that_breaks_is_reported_and_what_came_before_is_sealed(box: TakeBox) -> None:
    box.film(1)
    box.take.failed("camera_unavailable")
    summary = box.finish(30)
    assert box.listener.told == ["first_frame", "camera_unavailable", "finished"]
    assert summary.sealed_hash


def test_take_without_a_single_picture_is_no_error_and_is_not_sealed(box: TakeBox) -> None:
    summary = box.finish(0)
    assert (summary.frames_kept, summary.sealed_hash, summary.first_error) == (0, "", None)
    box.vault.discard(box.part)
    assert list(box.part.path.parent.iterdir()) == []


def test_finishing_twice_finishes_once(box: TakeBox) -> None:
    box.film(1)
    box.finish(30)
    box.take.finish(CameraReport(30))
    assert box.listener.told.count("finished") == 1


def test_closed_take_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    box = TakeBox(tmp_path)
    box.film(1)
    box.finish(30)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("left", [1, 7, 8, 9])
def test_padding_fills_the_open_chunk_or_where_no_box_fits_the_next_one_too(tmp_path: Path, left: int) -> None:
    pictures = [packet for packet in repeated(ENCODED, 0.6) if isinstance(packet, VideoPacket)][:14]
    silent = AudioFormat(48_000, 1, b"\x11\x88", 1_024)
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.audio_format(silent)
    assert [muxer.video(picture) for picture in pictures][-1]
    fragment_bytes = sum(map(len, muxer.fragment()))
    part = Vault(tmp_path, SystemDisk()).begin(new_recording_id(), [Identity.generate().recipient])
    part.write(bytes(CHUNK_BYTES - left - fragment_bytes))
    writer = TakeWriter(part, ENCODED.profile, SystemClock())
    writer.audio_format(silent)
    assert [writer.video(picture) for picture in pictures][-1]
    assert part.room == CHUNK_BYTES
    assert part.chunks_emitted == (1 if left >= 8 else 2)
    part.abandon()
