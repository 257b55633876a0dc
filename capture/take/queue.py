"""Between the camera's threads and the writer's: a queue in RAM that bears a card's stalls. Never blocks who puts, never raises.

The writer sleeps until a fragment is due: woken for each packet, it would spend more on waking than on muxing.
Bounded in film time and in bytes. When it is full, pictures are dropped up to the next keyframe (what refers to a lost picture
cannot be decoded) and counted; so is sound.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Condition

from device.ports import AudioFormat, AudioPacket, CameraReport, Profile, VideoPacket

QUEUE_US = 3_000_000
"""Cards stall for seconds; at three the queue is full and the loss is counted."""

_LONGEST_WAIT_S = 1.0
"""Longer than a fragment: then the writer looks at what there is, whatever became of the camera."""


@dataclass(frozen=True, slots=True)
class CameraFailed:
    """The camera broke; `code` as in `device.errors`."""

    code: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing follows."""

    report: CameraReport


Item = VideoPacket | AudioPacket | AudioFormat | CameraFailed | Finish


class TakeQueue:
    """Safe for several threads."""

    def __init__(self, profile: Profile) -> None:
        # A keyframe is many times the average picture, so bytes get room beyond the nominal rate.
        self._most_bytes = 2 * QUEUE_US * (profile.bitrate + profile.audio_bitrate) // 8_000_000 + (1 << 20)
        self._items: deque[Item] = deque()
        self._times: deque[int] = deque()
        self._bytes = 0
        self._due_us = 0
        self._is_due = False
        self._is_dropping = False
        self._changed = Condition()
        self.frames_dropped = 0
        self.audio_packets_dropped = 0

    def put_video(self, packet: VideoPacket) -> None:
        """Queue a picture, or drop it and those after it up to a keyframe that finds room."""
        with self._changed:
            is_full = self._is_full(len(packet.data)) or bool(self._times and packet.time_us - self._times[0] > QUEUE_US)
            if is_full or (self._is_dropping and not packet.is_keyframe):
                self._is_dropping = True
                self.frames_dropped += 1
                return
            self._is_dropping = False
            self._times.append(packet.time_us)
            self._add(packet, len(packet.data))
            if packet.time_us >= self._due_us:
                self._wake()

    def put_audio(self, packet: AudioPacket) -> None:
        """Queue a packet of sound, or drop it."""
        with self._changed:
            if self._is_full(len(packet.data)):
                self.audio_packets_dropped += 1
                return
            self._add(packet, len(packet.data))

    def put_order(self, order: AudioFormat | CameraFailed | Finish) -> None:
        """Queue what must not be lost; there are only a few of these in a take."""
        with self._changed:
            self._add(order, 0)
            self._wake()

    def get(self, due_us: int) -> list[Item]:
        """The oldest items, at least one, up to the first picture of `due_us` or later: that one may make the writer wait for the
        disk, and what comes behind it counts as queued meanwhile.

        An empty queue is waited for until such a picture, or an order, has come into it (or a second has passed): until then
        nothing in it could be written.
        """
        with self._changed:
            self._due_us = due_us
            while not (self._items and self._is_due):
                if not self._changed.wait(_LONGEST_WAIT_S):
                    self._is_due = True
            taken: list[Item] = []
            has_due = False
            while self._items and not has_due:
                item = self._items.popleft()
                taken.append(item)
                if isinstance(item, VideoPacket):
                    self._bytes -= len(item.data)
                    self._times.popleft()
                    has_due = item.time_us >= due_us
                elif isinstance(item, AudioPacket):
                    self._bytes -= len(item.data)
            self._is_due = bool(self._items)
            return taken

    def _is_full(self, more: int) -> bool:
        return self._bytes + more > self._most_bytes

    def _add(self, item: Item, size: int) -> None:
        self._items.append(item)
        self._bytes += size

    def _wake(self) -> None:
        self._is_due = True
        self._changed.notify()
