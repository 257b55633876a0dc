"""Padding where a chunk takes longer to fill than a fragment: as little as keeps every picture's wait to one further fragment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import factory
import pytest
from factory import Encoded, UnsyncedDisk, repeated

from capture.container.boxes import HEADER_BYTES
from capture.container.muxer import FRAGMENT_US
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.ports import Profile, VideoPacket

SECONDS = 20


def pictures(encoded: Encoded) -> list[VideoPacket]:
    return [packet for packet in repeated(encoded, SECONDS) if isinstance(packet, VideoPacket)]


def film(folder: Path, encoded: Encoded) -> tuple[float, list[float]]:
    """What the file is larger than its pictures, as a share; and how far behind the disk was before each picture, in seconds."""
    part = Vault(folder, UnsyncedDisk()).begin(new_recording_id(), [Identity.generate().recipient])
    writer = TakeWriter(part, encoded.profile, SystemClock())
    behind = []
    for packet in pictures(encoded):
        behind.append((packet.time_us - writer.durable_us) / 1e6)
        writer.video(packet)
    part.abandon()
    return part.sealed_bytes / sum(len(packet.data) for packet in pictures(encoded)) - 1, behind


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("bitrate", "most"),
    [(500_000, 0.28), (600_000, 0.12), (1_000_000, 0.05), (8_000_000, 0.01)],
)
def test_padding_is_little_and_no_picture_waits_for_more_than_a_further_fragment(
    tmp_path: Path, bitrate: int, most: float
) -> None:
    share, behind = film(tmp_path, factory.encode(Profile(320, 180, 30, bitrate, audio_bitrate=48_000)))
    assert share <= most
    assert max(behind) <= 2 * (FRAGMENT_US + 33_333) / 1e6


def even_pictures(size: int) -> Encoded:
    """Pictures that are all of one size but the keyframes: where fragments end can be reckoned."""
    encoded = factory.encode()
    video = [replace(p, data=p.data + b"\0\0\1\x06\x05" + b"\x55" * max(1, size - len(p.data))) for p in encoded.video]
    return replace(encoded, video=tuple(video))


@pytest.mark.parametrize("size", [2_400, 2_600, 2_800, 3_000, 3_300])
def test_fragment_ends_early_where_it_just_about_fills_its_chunk(tmp_path: Path, size: int) -> None:
    encoded = even_pictures(size)
    largest = max(len(packet.data) for packet in encoded.video)
    share, _ = film(tmp_path, encoded)
    # Of each chunk at most what one picture more would have needed.
    assert share <= (largest + HEADER_BYTES) / 65_536 + 0.02
