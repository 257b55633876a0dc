"""The queue between camera and writer: bounded, never blocking, and it wakes the writer no sooner than it must."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from factory import repeated
from take_box import ENCODED

from capture.take.queue import QUEUE_US, CameraFailed, Finish, TakeQueue
from device.ports import AudioPacket, CameraReport, VideoPacket


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
