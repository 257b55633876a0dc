"""Takes that were never closed, made faster than real time: a file as a killed process leaves it, and what had been filmed when.

Holds no test; nothing is synced.
"""

from __future__ import annotations

import os
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

import factory
from factory import Encoded, UnsyncedDisk, repeated

from capture.container.progressive import ProgressiveMp4
from capture.ids import new_recording_id
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.ports import VideoPacket


def _filler(size: int) -> bytes:
    """Supplemental data that nobody registered: every decoder skips it (source: ITU-T H.264, D.1.7)."""
    full, rest = divmod(size, 255)
    return b"\0\0\0\1\x06\x05" + b"\xff" * full + bytes((rest,)) + b"\x55" * size + b"\x80"


@dataclass(frozen=True, slots=True)
class Torn:
    """`moments`: just before each picture was taken in, how much had been filmed (seconds) and how long the file was (bytes)."""

    path: Path
    identity: Identity
    encoded: Encoded
    moments: list[tuple[float, int]]
    header_bytes: int

    @property
    def filmed_s(self) -> float:
        """All of it."""
        return self.moments[-1][0] + 1 / self.encoded.profile.fps

    def filmed_by(self, size: int) -> float:
        """How much film there was when the file was about to grow past `size`: the worst moment for a cut that leaves so much."""
        return max((time for time, length in self.moments if length <= size), default=0.0)

    def named_pictures(self, movie: ProgressiveMp4) -> int:
        """How many pictures the fragments that are left speak of, by the count that each fragment of this take has."""
        counts = list(movie.index.fragments.video_counts)
        return sum(counts[:-1]) + counts[0]


def film(
    folder: Path,
    *,
    seconds: float,
    encoded: Encoded | None = None,
    identity: Identity | None = None,
    left_out: Container[int] = (),
    first_picture_bytes: int = 0,
    is_closed: bool = False,
) -> Torn:
    """Film so long. Pictures whose numbers are `left_out` were lost before the encoder; `is_closed` closes the take."""
    encoded, identity = encoded or factory.encode(), identity or Identity.generate()
    part = Vault(folder, UnsyncedDisk()).begin(new_recording_id(), [identity.recipient])
    writer = TakeWriter(part, encoded.profile, SystemClock())
    if encoded.audio_format:
        writer.audio_format(encoded.audio_format)
    moments = []
    for packet in repeated(encoded, seconds):
        if not isinstance(packet, VideoPacket):
            writer.audio(packet)
        elif packet.frame_number not in left_out:
            missing = first_picture_bytes - len(packet.data)
            if packet.frame_number == 0 and missing > 0:
                packet = replace(packet, data=_filler(missing) + packet.data)  # noqa: PLW2901
            moments.append((packet.time_us / 1e6, part.sealed_bytes))
            writer.video(packet)
    if is_closed:
        writer.finish(writer.muxer.frames_kept)
    part.abandon()
    fd = os.open(part.path, os.O_RDONLY)
    header_bytes = parse_header(os.pread(fd, 65_536, 0)).length
    os.close(fd)
    return Torn(part.path, identity, encoded, moments, header_bytes)
