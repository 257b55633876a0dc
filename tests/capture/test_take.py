"""A take from the camera's threads to the disk: nothing blocks the camera, no loss is hidden, no error is called sealed."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import factory
import pytest
from factory import Encoded, repeated
from faults import FaultyDisk
from movies import decode

from capture.container.movie import open_movie
from capture.container.muxer import FragmentMuxer
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.payload import CHUNK_BYTES
from capture.seal.stream import open_header
from capture.take.queue import QUEUE_US, CameraFailed, Finish, TakeQueue
from capture.take.sealed_part import SealedPart
from capture.take.take import Take, TakeSummary
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import AudioFormat, AudioPacket, CameraReport, VideoPacket

ENCODED = factory.encode()


class Listener:
    """Remembers what it was told, and in which thread."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.seen = 0
        self.threads: set[str] = set()
        self.summary: TakeSummary | None = None
        self.is_finished = threading.Event()

    def first_frame(self) -> None:
        self._hear("first_frame")

    def frame_seen(self, boottime_ns: int) -> None:
        self.seen += 1

    def take_failed(self, code: str) -> None:
        self._hear(code)

    def take_finished(self, summary: TakeSummary) -> None:
        self._hear("finished")
        self.summary = summary
        self.is_finished.set()

    def _hear(self, what: str) -> None:
        self.told.append(what)
        self.threads.add(threading.current_thread().name)


class FilmingBox:
    """A vault on a real disk behind faults, and a take that is under way."""

    def __init__(self, folder: Path, floor_bytes: int = 0) -> None:
        self.disk = FaultyDisk(SystemDisk())
        self.vault = Vault(folder, self.disk)
        self.identity = Identity.generate()
        self.part: SealedPart = self.vault.begin(new_recording_id(), [self.identity.recipient])
        self.listener = Listener()
        self.clock = SystemClock()
        self.take = Take(self.part, ENCODED.profile, self.disk, self.clock, self.listener, floor_bytes)

    def film(self, seconds: float, encoded: Encoded = ENCODED) -> None:
        if encoded.audio_format:
            self.take.audio_format(encoded.audio_format)
        for packet in repeated(encoded, seconds):
            self.deliver(packet)

    def deliver(self, packet: VideoPacket | AudioPacket) -> None:
        if isinstance(packet, VideoPacket):
            self.take.video(packet)
        else:
            self.take.audio(packet)

    def finish(self, frames_generated: int) -> TakeSummary:
        self.take.finish(CameraReport(frames_generated))
        assert self.listener.is_finished.wait(20)
        assert self.take.wait(5)
        assert self.listener.summary is not None
        return self.listener.summary

    def movie(self) -> bytes:
        opened = self.vault.open(self.part.recording)
        file_key, payload_offset = open_header(self.vault.header(opened.fd), self.identity)
        movie = open_movie(opened.fd, file_key, payload_offset, opened.is_sealed)
        return movie.read_at(0, movie.size)


@pytest.fixture
def box(tmp_path: Path) -> FilmingBox:
    return FilmingBox(tmp_path)


def test_take_becomes_a_sealed_recording_with_every_picture(box: FilmingBox) -> None:
    box.film(2.5)
    summary = box.finish(75)
    box.vault.publish(box.part)
    assert summary == replace(
        summary, duration_ms=2_500, frames_generated=75, frames_kept=75, width=320, height=180, has_sound=True, first_error=None
    )
    assert decode(box.movie()).numbers == [number % 60 for number in range(75)]


def test_summary_names_size_and_hash_of_the_file_as_it_lies(box: FilmingBox) -> None:
    box.film(1.5)
    summary = box.finish(45)
    data = box.part.path.read_bytes()
    assert (summary.sealed_bytes, summary.sealed_hash) == (len(data), hashlib.sha256(data).hexdigest())


def test_listener_hears_of_the_first_picture_once_and_of_all_pictures_by_the_way(box: FilmingBox) -> None:
    box.film(2)
    box.finish(60)
    assert box.listener.told == ["first_frame", "finished"]
    assert box.listener.seen == 60
    assert box.listener.threads == {"take-writer"}


@pytest.mark.promise("P8")
def test_every_fragment_is_synced_and_the_longest_sync_is_measured(box: FilmingBox) -> None:
    box.disk.stall("sync_data", 0.05)
    box.film(2.9)
    summary = box.finish(87)
    assert box.disk.calls.count("sync_data") == 6
    assert 50 <= summary.longest_sync_ms < 5_000


@pytest.mark.promise("P8")
def test_the_last_sync_counts_among_the_longest(box: FilmingBox) -> None:
    box.disk.stall("sync", 0.3)
    box.film(1.2)
    assert box.finish(36).longest_sync_ms >= 300


@pytest.mark.promise("P11")
def test_pictures_that_the_sensor_lost_are_in_the_summary(box: FilmingBox) -> None:
    for packet in repeated(ENCODED, 2):
        if isinstance(packet, AudioPacket):
            continue
        lost = 20 if packet.frame_number >= 35 else 0
        box.deliver(replace(packet, frame_number=packet.frame_number + lost, time_us=packet.time_us + lost * 33_333))
    summary = box.finish(80)
    assert (summary.frames_generated, summary.frames_kept) == (80, 60)


@pytest.mark.promise("P11")
def test_stalled_disk_never_blocks_the_camera_and_what_is_dropped_is_counted(box: FilmingBox) -> None:
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


def test_marks_are_given_in_media_time(box: FilmingBox) -> None:
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


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("operation", ["write", "sync_data"])
def test_disk_error_ends_the_take_and_is_never_called_sealed(box: FilmingBox, operation: str, error: int) -> None:
    box.film(1.2)
    box.disk.wait_for("sync_data", 2)
    box.disk.fail(operation, error)
    for packet in repeated(ENCODED, 4):
        if isinstance(packet, VideoPacket) and packet.frame_number >= 36:
            box.deliver(packet)
    summary = box.finish(120)
    assert box.listener.told == ["first_frame", "disk_error", "finished"]
    assert (summary.first_error, summary.sealed_hash) == ("disk_error", "")
    # Two fragments were written; the end of the second fills no chunk yet, so it is in no file.
    assert summary.frames_kept == 13
    assert box.vault.parts() == [box.part.recording]
    with pytest.raises(AssertionError):
        box.vault.publish(box.part)


def test_after_a_disk_error_nothing_more_is_written_and_what_was_plays(box: FilmingBox) -> None:
    box.film(2.2)
    box.disk.wait_for("sync_data", 4)
    box.disk.fail("sync_data")
    box.film(1)  # time runs back: would be refused, but the error comes first or nothing is written at all
    box.disk.heal()
    size = box.part.path.stat().st_size
    for packet in repeated(ENCODED, 9):
        if isinstance(packet, VideoPacket) and packet.frame_number >= 70:
            box.deliver(packet)
    box.finish(270)
    assert decode(box.movie()).numbers[:40] == list(range(40))
    assert box.part.path.stat().st_size >= size


def test_disk_that_cannot_even_close_still_ends_the_take(box: FilmingBox) -> None:
    box.disk.fail("write")
    box.disk.fail("close")
    box.film(2)
    assert box.finish(60).first_error == "disk_error"


def test_disk_error_while_closing_leaves_it_interrupted(box: FilmingBox) -> None:
    box.film(1.2)
    box.disk.wait_for("sync_data", 2)
    box.disk.fail("sync")
    summary = box.finish(36)
    assert (summary.first_error, summary.sealed_hash) == ("disk_error", "")


def test_every_write_and_sync_in_turn_may_fail_and_none_is_called_sealed(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    good = FilmingBox(tmp_path / "good")
    begun = len(good.disk.calls)
    good.film(1.6)
    good.finish(48)
    steps = [number for number, call in enumerate(good.disk.calls) if number >= begun and call != "free_bytes"]
    assert len(steps) > 6
    for number in steps:
        folder = tmp_path / str(number)
        folder.mkdir()
        box = FilmingBox(folder)
        box.disk.fail_at(number)
        box.film(1.6)
        summary = box.finish(48)
        assert (summary.first_error, summary.sealed_hash) == ("disk_error", ""), good.disk.calls[number]
        assert not box.part.is_finished


def test_falling_below_the_floor_is_told_once_and_the_take_can_still_be_sealed(tmp_path: Path) -> None:
    box = FilmingBox(tmp_path, floor_bytes=1 << 60)
    box.film(3)
    summary = box.finish(90)
    assert box.listener.told == ["first_frame", "disk_floor", "finished"]
    assert summary.first_error is None
    box.vault.publish(box.part)
    assert len(decode(box.movie()).numbers) == 90


def test_unsupported_format_stops_the_take_and_what_came_before_is_sealed(box: FilmingBox) -> None:
    box.film(1)
    box.take.video(replace(ENCODED.video[3], time_us=5))
    box.take.video(replace(ENCODED.video[4], time_us=6))
    summary = box.finish(32)
    assert box.listener.told == ["first_frame", "format_unsupported", "finished"]
    assert (summary.first_error, summary.frames_kept) == (None, 30)
    assert summary.sealed_hash


def test_what_the_camera_did_stands_once_in_the_system_log(box: FilmingBox, caplog: pytest.LogCaptureFixture) -> None:
    box.film(1)
    for picture in ENCODED.video[3:5]:
        box.take.video(replace(picture, time_us=5))
    box.finish(32)
    assert [record.getMessage() for record in caplog.records] == ["take_format_unsupported why=pictures out of order"]


def test_camera_that_breaks_is_reported_and_what_came_before_is_sealed(box: FilmingBox) -> None:
    box.film(1)
    box.take.failed("camera_unavailable")
    summary = box.finish(30)
    assert box.listener.told == ["first_frame", "camera_unavailable", "finished"]
    assert summary.sealed_hash


def test_take_without_a_single_picture_is_no_error_and_is_not_sealed(box: FilmingBox) -> None:
    summary = box.finish(0)
    assert (summary.frames_kept, summary.sealed_hash, summary.first_error) == (0, "", None)
    box.vault.discard(box.part)
    assert list(box.part.path.parent.iterdir()) == []


def test_fault_in_the_writer_itself_is_told_and_is_never_called_sealed(box: FilmingBox) -> None:
    box.film(1)
    summary = box.finish(1 << 40)  # more than the trailer's field can hold
    assert box.listener.told == ["first_frame", "internal", "finished"]
    assert (summary.first_error, summary.sealed_hash) == ("internal", "")
    assert box.vault.parts() == [box.part.recording]


def test_finishing_twice_finishes_once(box: FilmingBox) -> None:
    box.film(1)
    box.finish(30)
    box.take.finish(CameraReport(30))
    assert box.listener.told.count("finished") == 1


def test_closed_take_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    box = FilmingBox(tmp_path)
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


class TestQueue:
    """The queue alone, where nobody takes anything out."""

    def test_holds_three_seconds_and_then_drops_up_to_a_keyframe(self) -> None:
        queue = TakeQueue(ENCODED.profile)
        pictures = [packet for packet in repeated(ENCODED, 6) if isinstance(packet, VideoPacket)]
        for packet in pictures:
            queue.put_video(packet)
        kept = len(pictures) - queue.frames_dropped
        assert pictures[kept - 1].time_us == pytest.approx(QUEUE_US, abs=34_000)
        for _ in range(31):
            queue.get(0)
        # There is room again, but only a keyframe may follow what was dropped.
        queue.put_video(replace(pictures[100], time_us=3_900_000))
        queue.put_video(replace(pictures[120], time_us=4_000_000))
        queue.put_video(replace(pictures[121], time_us=4_033_333))
        rest = [item for _ in range(kept - 31 + 2) for item in queue.get(0)]
        assert rest[-2:] == [replace(pictures[120], time_us=4_000_000), replace(pictures[121], time_us=4_033_333)]

    def test_writer_sleeps_until_a_picture_is_due_and_then_gets_everything_in_order(self) -> None:
        queue = TakeQueue(ENCODED.profile)
        got: list[object] = []

        def write() -> None:
            while not got or not isinstance(got[-1], Finish):
                got.extend(queue.get(500_000))

        queue.put_order(CameraFailed("first"))
        queue.get(500_000)
        packets = [packet for packet in repeated(ENCODED, 0.6) if isinstance(packet, VideoPacket)]
        early, due = packets[:15], packets[15]
        for packet in early:
            queue.put_video(packet)
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        writer.join(0.2)
        assert not got
        queue.put_video(due)
        queue.put_order(Finish(CameraReport(16)))
        writer.join(10)
        assert got == [*early, due, Finish(CameraReport(16))]

    def test_writer_looks_at_what_there_is_when_the_camera_gives_no_more(self) -> None:
        queue = TakeQueue(ENCODED.profile)
        queue.put_audio(AudioPacket(b"sound", 0, 1_024))
        assert queue.get(500_000) == [AudioPacket(b"sound", 0, 1_024)]

    def test_writer_gets_nothing_beyond_the_picture_that_is_due(self) -> None:
        queue = TakeQueue(ENCODED.profile)
        packets = list(repeated(ENCODED, 2))
        for packet in packets:
            if isinstance(packet, VideoPacket):
                queue.put_video(packet)
            else:
                queue.put_audio(packet)
        last = next(
            number for number, packet in enumerate(packets) if isinstance(packet, VideoPacket) and packet.time_us >= 500_000
        )
        assert queue.get(500_000) == packets[: last + 1]
        assert queue.get(0)[0] == packets[last + 1]

    def test_holds_a_bounded_number_of_bytes_whatever_the_times_say(self) -> None:
        queue = TakeQueue(ENCODED.profile)
        for _ in range(200):
            queue.put_video(VideoPacket(bytes(100_000), 0, 0, is_keyframe=True))
            queue.put_audio(AudioPacket(bytes(100_000), 0, 1_024))
        assert queue.frames_dropped > 150
        assert queue.audio_packets_dropped > 150
