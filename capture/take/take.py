"""A take: what the camera delivers, on its way to the vault in a thread of its own. Never blocks the camera, never hides a loss.

The first error is remembered and handed out with the summary; after it nothing more is written. Only a summary without an error
may be called sealed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread
from typing import Protocol, assert_never

from capture.errors import FormatUnsupported
from capture.take.queue import CameraFailed, Finish, Item, TakeQueue
from capture.take.sealed_part import SealedPart
from capture.take.writer import TakeWriter
from device.ports import AudioFormat, AudioPacket, CameraReport, Clock, Disk, Profile, VideoPacket

_log = logging.getLogger(__name__)

DISK_FLOOR = "disk_floor"
DISK_ERROR = "disk_error"
INTERNAL = "internal"
MOST_MARKS = 100
"""Of one take. A page of recordings with all their marks goes through the socket in one message."""


@dataclass(frozen=True, slots=True)
class TakeSummary:
    """What became of a take.

    `sealed_hash`, the SHA-256 of the sealed file in hex, is there if and only if the file was closed, made durable and may be
    called sealed. It is empty after a `first_error`, and where nothing was filmed at all (`frames_kept` is 0). After an error
    `frames_kept` and `duration_ms` count what the disk had confirmed before. `width` and `height` are pixels.
    """

    duration_ms: int
    frames_generated: int
    frames_kept: int
    sealed_bytes: int
    sealed_hash: str
    width: int
    height: int
    has_sound: bool
    marks_ms: tuple[int, ...]
    longest_sync_ms: float
    first_error: str | None
    audio_packets_lost: int = 0


class TakeListener(Protocol):
    """Hears of a take. Never blocks; all but `frame_seen` are called in the writer's thread."""

    def first_frame(self) -> None:
        """The first picture that can be decoded has come."""

    def frame_seen(self, boottime_ns: int) -> None:
        """A picture has come, in the camera's thread: feeds the watchdog."""

    def take_failed(self, code: str) -> None:
        """Stop filming: `disk_floor`, `disk_error`, `format_unsupported`, `internal` or the camera's own; then call `finish`."""

    def take_finished(self, summary: TakeSummary) -> None:
        """Once, at the very end."""


class Take:
    """One recording being made; implements `device.ports.PacketSink`. The writer's thread starts here and ends with `finish`."""

    def __init__(  # noqa: PLR0917 -- each is one fact or one door that a take cannot do without
        self, part: SealedPart, profile: Profile, disk: Disk, clock: Clock, listener: TakeListener, floor_bytes: int
    ) -> None:
        self._part = part
        self._disk = disk
        self._clock = clock
        self._listener = listener
        self._floor_bytes = floor_bytes
        self._folder = part.path.parent
        self._queue = TakeQueue(profile)
        self._writer = TakeWriter(part, profile, clock)
        self._lock = Lock()
        self._marks_ns: list[int] = []
        self._delay_ns: int | None = None
        self._first_error: str | None = None
        self._has_first_frame = self._is_floor_told = self._is_format_lost = False
        self._is_finishing = False
        self._thread = Thread(target=self._run, name="take-writer", daemon=True)
        self._thread.start()

    def audio_format(self, audio: AudioFormat) -> None:
        self._queue.put_order(audio)

    def video(self, packet: VideoPacket) -> None:
        now_ns = self._clock.boottime_ns()
        # The least delay ever seen between the sensor and here ties the sensor's clock to boot time.
        delay_ns = now_ns - packet.time_us * 1_000
        if self._delay_ns is None or delay_ns < self._delay_ns:
            self._delay_ns = delay_ns
        self._listener.frame_seen(now_ns)
        self._queue.put_video(packet)

    def audio(self, packet: AudioPacket) -> None:
        self._queue.put_audio(packet)

    def failed(self, code: str) -> None:
        self._queue.put_order(CameraFailed(code))

    def mark(self, boottime_ns: int) -> None:
        """Remember a moment, one of at most `MOST_MARKS`; the summary and the file give it in media time."""
        with self._lock:
            if len(self._marks_ns) < MOST_MARKS:
                self._marks_ns.append(boottime_ns)

    def finish(self, report: CameraReport) -> None:
        """The camera has stopped: write out what is queued, close, then tell the listener. Returns at once; once is enough."""
        with self._lock:
            if self._is_finishing:
                return
            self._is_finishing = True
        self._queue.put_order(Finish(report))

    def wait(self, timeout_s: float) -> bool:
        """Whether the writer's thread has ended within that time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            for item in self._queue.get(self._writer.due_us):
                if isinstance(item, Finish):
                    self._listener.take_finished(self._close(item.report))
                    return
                if self._first_error is None:
                    self._guard(partial(self._take, item))

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except FormatUnsupported as error:
            # What came before is whole and can be closed; nothing after it fits this file.
            self._is_format_lost = True
            _log.error("take_format_unsupported why=%s", error.detail)
            self._listener.take_failed(error.code)
        except OSError:
            self._fail(DISK_ERROR)
        except Exception as error:  # noqa: BLE001 -- a writer that died in silence would leave the recorder waiting for ever
            _log.error("take_writer_broke error=%s", type(error).__name__)
            self._fail(INTERNAL)

    def _take(self, item: Item) -> None:
        match item:
            case VideoPacket():
                if self._is_format_lost:
                    return
                is_durable = self._writer.video(item)
                if not self._has_first_frame and self._writer.muxer.has_pictures:
                    self._has_first_frame = True
                    self._listener.first_frame()
                if is_durable:
                    self._check_floor()
            case AudioPacket():
                self._writer.audio(item)
            case AudioFormat():
                self._writer.audio_format(item)
            case CameraFailed():
                self._listener.take_failed(item.code)
            case Finish():
                raise AssertionError("handled by the loop")
            case _:
                assert_never(item)

    def _check_floor(self) -> None:
        if not self._is_floor_told and self._disk.free_bytes(self._folder) < self._floor_bytes:
            self._is_floor_told = True
            self._listener.take_failed(DISK_FLOOR)

    def _fail(self, code: str) -> None:
        self._first_error = code
        self._part.abandon()
        self._listener.take_failed(code)

    def _close(self, report: CameraReport) -> TakeSummary:
        muxer = self._writer.muxer
        generated = max(report.frames_generated, muxer.frames_kept)
        marks_ms = self._media_ms()
        if self._first_error is None and muxer.has_pictures:
            self._guard(partial(self._writer.finish, generated, self._queue.audio_packets_dropped, marks_ms))
        self._part.abandon()
        width, height = muxer.picture_size
        return TakeSummary(
            duration_ms=self._writer.durable_us // 1_000,
            frames_generated=generated,
            frames_kept=self._writer.frames_durable,
            sealed_bytes=self._part.sealed_bytes,
            sealed_hash=self._part.sealed_hash if self._part.is_finished else "",
            width=width,
            height=height,
            has_sound=muxer.has_sound,
            marks_ms=marks_ms,
            longest_sync_ms=self._writer.longest_sync_ms,
            first_error=self._first_error,
            audio_packets_lost=muxer.audio_packets_lost + self._queue.audio_packets_dropped,
        )

    def _media_ms(self) -> tuple[int, ...]:
        with self._lock:
            marks_ns: Sequence[int] = tuple(self._marks_ns)
        delay_ns = self._delay_ns or 0
        return tuple(round(self._writer.muxer.media_us((mark_ns - delay_ns) // 1_000) / 1_000) for mark_ns in marks_ns)
