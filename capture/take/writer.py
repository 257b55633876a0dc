"""Writes one take: packets through the muxer into the sealed part, durable at every fragment. In the caller's thread, no queue.

What reaches the disk is whole chunks; at low bit rates a chunk takes longer to fill than a fragment, so padding is added where
otherwise nothing would have left for a whole fragment. So it is where the scene needs so few bytes just now that an open chunk
holds back much film. The less room there is to fill the better, so a fragment ends early where it just about fills its chunk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from capture.container.boxes import HEADER_BYTES
from capture.container.muxer import FragmentMuxer
from capture.seal.payload import CHUNK_BYTES
from capture.take.sealed_part import SealedPart
from device.ports import AudioFormat, AudioPacket, Clock, Profile, VideoPacket

_MAY_WAIT_US = 100_000
"""Film that may wait in the open chunk at any rate; where a chunk holds more at the rate that was asked for, twice as much."""

_LITTLE_BYTES = CHUNK_BYTES // 16
"""Padding that is worth it: left to the fragment's own end, a chunk begun anew would take far more."""


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Where a fragment ends in the plaintext, and what the file holds up to there."""

    end: int
    frames: int
    media_us: int


class TakeWriter:
    """Not for several threads at once. OSError from any method means that the part is torn: `abandon` it."""

    def __init__(self, part: SealedPart, profile: Profile, clock: Clock) -> None:
        self.muxer = FragmentMuxer(profile)
        self._part = part
        self._clock = clock
        self._longest_sync_ns = 0
        self._may_wait_us = max(_MAY_WAIT_US, 2 * CHUNK_BYTES * 8_000_000 // profile.bitrate)
        self._picture_us = 1_000_000 // profile.fps
        self._frames_before = 0
        self._fragment_bytes = 0
        self._chunks_before = part.chunks_emitted
        self._written = 0
        self._waiting: deque[_Fragment] = deque()
        self.frames_durable = 0
        """Pictures of the fragments that the disk has confirmed: whole, their last chunk among them."""
        self.durable_us = 0
        """Media time up to the end of the last of them."""

    @property
    def longest_sync_ms(self) -> float:
        """The longest that the disk took to make a fragment durable, the last one with the film's end."""
        return self._longest_sync_ns / 1e6

    @property
    def due_us(self) -> int:
        """No picture before this time, on the sensor's clock, makes anything durable; 0 where each of them may."""
        return self.muxer.due_us if self._fragment_bytes >= CHUNK_BYTES else 0

    def audio_format(self, audio: AudioFormat) -> None:
        self.muxer.audio_format(audio)

    def audio(self, packet: AudioPacket) -> None:
        self.muxer.audio(packet)

    def video(self, packet: VideoPacket) -> bool:
        """Take a picture; True when with it a fragment was made durable. Raises FormatUnsupported, OSError."""
        is_due = self.muxer.video(packet)
        fills_chunk = not is_due and self._fills_chunk()
        if not (is_due or fills_chunk):
            return False
        # The newest picture is not among them: its duration is not known yet.
        frames, media_us = self.muxer.frames_kept - 1, self.muxer.media_us(packet.time_us)
        buffers = self.muxer.fragment()
        begin = self._written
        self._write(buffers)
        end = self._written
        self._fragment_bytes = end - begin
        # A chunk that padding fills counts for the next fragment, which may then wait: no sample waits for more than one.
        chunks_before, self._chunks_before = self._chunks_before, self._part.chunks_emitted
        is_held = self._chunks_before == chunks_before or self._waiting_us(buffers, frames) > self._may_wait_us
        if fills_chunk or is_held:
            self._pad()
        self._frames_before = frames
        self._waiting.append(_Fragment(end, frames, media_us))
        self._timed(self._part.sync)
        self._count_durable()
        return True

    def finish(self, frames_generated: int, audio_packets_lost: int = 0, marks_ms: tuple[int, ...] = ()) -> None:
        """Write the last fragment, the trailer and the final chunk, and close. Only if there are pictures. Raises OSError."""
        buffers, trailer = self.muxer.close(frames_generated, audio_packets_lost, marks_ms)
        self._write(buffers)
        self._timed(partial(self._part.finish, trailer))
        self.frames_durable, self.durable_us = self.muxer.frames_kept, self.muxer.duration_us

    def _write(self, buffers: list[bytes]) -> None:
        # In one piece: whole chunks of it are sealed where they lie, and a packet of sound costs less to copy than to hand over.
        data = b"".join(buffers)
        self._part.write(data)
        self._written += len(data)

    def _fills_chunk(self) -> bool:
        """Whether a fragment cut now would leave only a little room in the open chunk, and with one more picture none.

        Only where a fragment is smaller than a chunk: otherwise one leaves with every fragment, and nothing needs padding.
        """
        if self._fragment_bytes >= CHUNK_BYTES:
            return False
        size = self.muxer.ripe_bytes
        return size > 0 and HEADER_BYTES <= self._part.room - size < min(self.muxer.newest_bytes, _LITTLE_BYTES)

    def _waiting_us(self, buffers: list[bytes], frames: int) -> int:
        """How much film of the fragment just written is not whole on the disk yet. Its pictures are its last buffers."""
        waiting, left = 0, CHUNK_BYTES - self._part.room
        for buffer in reversed(buffers[len(buffers) - frames + self._frames_before :]):
            if left <= 0:
                break
            left -= len(buffer)
            waiting += 1
        return waiting * self._picture_us

    def _pad(self) -> None:
        room = self._part.room
        # Too little for a box: go on through the next chunk.
        self._write([self.muxer.padding(room if room >= HEADER_BYTES else room + CHUNK_BYTES)])

    def _count_durable(self) -> None:
        # What fills no chunk yet is still in RAM, however often the file is synced.
        on_disk = self._part.chunks_emitted * CHUNK_BYTES
        while self._waiting and self._waiting[0].end <= on_disk:
            fragment = self._waiting.popleft()
            self.frames_durable, self.durable_us = fragment.frames, fragment.media_us

    def _timed(self, sync: Callable[[], None]) -> None:
        begun_ns = self._clock.boottime_ns()
        sync()
        self._longest_sync_ns = max(self._longest_sync_ns, self._clock.boottime_ns() - begun_ns)
