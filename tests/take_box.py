"""One take under way on a real disk behind faults, and a listener that remembers. Knows no daemon and no camera."""

from __future__ import annotations

import threading
from pathlib import Path

import factory
from factory import Encoded, repeated
from faults import FaultyDisk

from capture.container.movie import open_movie
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.stream import open_header
from capture.take.sealed_part import SealedPart
from capture.take.take import Take, TakeSummary
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import AudioPacket, CameraReport, VideoPacket

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


class TakeBox:
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
