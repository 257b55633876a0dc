"""The file as docs/sealed-format.md describes it, read by nothing but the `age` tool and that page's offsets."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import factory
import pytest
from factory import UnsyncedDisk, repeated

from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.ports import AudioPacket, Profile

PAGE = Path(__file__).parents[2] / "docs" / "sealed-format.md"
ENCODED = factory.encode(Profile(320, 180, 30, 300_000, audio_bitrate=48_000))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten seconds with two marks, 6 pictures lost at the end and 2 packets of sound, unsealed by the age tool."""
    folder = tmp_path_factory.mktemp("vault")
    vault, identity = Vault(folder, UnsyncedDisk()), Identity.generate()
    part = vault.begin(new_recording_id(), [identity.recipient])
    writer = TakeWriter(part, ENCODED.profile, SystemClock())
    assert ENCODED.audio_format is not None
    writer.audio_format(ENCODED.audio_format)
    for packet in repeated(ENCODED, 10):
        if isinstance(packet, AudioPacket):
            writer.audio(packet)
        else:
            writer.video(packet)
    writer.finish(306, 2, (1_234, 9_000))
    vault.publish(part)
    key = folder / "key.txt"
    key.write_text(identity.encode() + "\n")
    command = ["/usr/bin/age", "-d", "-i", key, folder / f"{part.recording}.mp4.age"]
    return subprocess.run(command, check=True, capture_output=True, timeout=20).stdout


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> list[tuple[str, int, int]]:
    """Type, beginning and end of each box."""
    found = []
    stop = len(data) if stop is None else stop
    while start < stop:
        size, kind = struct.unpack_from(">I4s", data, start)
        found.append((kind.decode(), start, start + size))
        start += size
    assert start == stop
    return found


def trailer(plain: bytes) -> bytes:
    mfra = len(plain) - struct.unpack(">I", plain[-4:])[0]
    return plain[mfra - struct.unpack(">I", plain[mfra - 4 : mfra])[0] : mfra]


def test_boxes_stand_in_the_order_of_the_page(plain: bytes) -> None:
    kinds = [kind for kind, _, _ in boxes(plain)]
    assert kinds[:2] == ["ftyp", "moov"]
    assert kinds[-2:] == ["uuid", "mfra"]
    middle = [kind for kind in kinds[2:-2] if kind != "free"]
    assert middle == ["moof", "mdat"] * 24  # 23 of 13 pictures, one with what is left of ten seconds
    assert "free" in kinds


def test_sound_stands_before_the_pictures_in_every_fragment(plain: bytes) -> None:
    for kind, start, stop in boxes(plain):
        if kind != "moof":
            continue
        inner = boxes(plain, start + 8, stop)
        assert [name for name, _, _ in inner] == ["mfhd", "traf", "traf"]
        first = boxes(plain, inner[1][1] + 8, inner[1][2])
        assert [name for name, _, _ in first] == ["tfhd", "tfdt", "trun"]
        assert struct.unpack_from(">II", plain, first[0][1] + 8) == (0x020020, 2)
        flags, _, data_offset = struct.unpack_from(">IIi", plain, first[2][1] + 8)
        assert (flags, data_offset) == (0x301, stop - start + 8)


def test_padding_ends_where_a_sealed_chunk_ends(plain: bytes) -> None:
    ends = [stop for kind, _, stop in boxes(plain) if kind == "free"]
    assert ends
    assert [end % 65_536 for end in ends] == [0] * len(ends)


def test_trailer_has_every_field_at_its_offset(plain: bytes) -> None:
    box = trailer(plain)
    assert struct.unpack_from(">I4s", box) == (len(box), b"uuid")
    assert box[8:24].hex() == "5c42bc86327b4c6ab12bce073a904d1b"
    assert struct.unpack_from(">BBH", box, 24) == (1, 1, 1)
    assert struct.unpack_from(">Q", box, 28) == (900_000,)
    assert struct.unpack_from(">IIII", box, 36) == (306, 300, 0, 2)
    assert struct.unpack_from(">Q", box, 52) == (0,)
    marks, fragments, pictures, _, keyframes, packets, _ = struct.unpack_from(">7I", box, 60)
    assert (marks, fragments, pictures, keyframes) == (2, 24, 300, 10)
    assert packets == 470
    assert struct.unpack_from(">II", box, 88) == (1_234, 9_000)


def test_samples_found_by_the_trailer_are_the_camera_s(plain: bytes) -> None:
    box = trailer(plain)
    marks, count, pictures, runs, keyframes, packets, packet_runs = struct.unpack_from(">7I", box, 60)
    at = 88 + 4 * marks
    tables = []
    for length, code in ((count, "Q"), (count, "I"), (count, "I"), (runs, "I"), (runs, "I"), (keyframes, "I"), (pictures, "I")):
        tables.append(struct.unpack_from(f">{length}{code}", box, at))
        at += struct.calcsize(f">{length}{code}")
    places, packet_counts, picture_counts, run_counts, run_ticks, first_keyframes, sizes = tables
    at += 8 * packet_runs
    packet_sizes = struct.unpack_from(f">{packets}I", box, at)
    assert at + 4 * packets + 4 == len(box)
    assert (sum(run_counts), set(run_ticks)) == (300, {3_000})
    assert first_keyframes == tuple(range(0, 300, 30))
    heard = b"".join(packet.data for packet in repeated(ENCODED, 10) if isinstance(packet, AudioPacket))
    read, sound, picture = b"", 0, 0
    for place, packet_count, picture_count in zip(places, packet_counts, picture_counts, strict=True):
        size = sum(packet_sizes[sound : sound + packet_count])
        read += plain[place : place + size]
        sound, picture = sound + packet_count, picture + picture_count
        following = place + size
        assert plain[following + 4] & 0x1F in (1, 5, 6), "a picture's first NAL unit follows the sound"
    assert read == heard
    assert picture == len(sizes)


def test_the_page_names_the_trailer_s_id_and_size_of_the_fixed_part() -> None:
    page = PAGE.read_text()
    assert "5c42bc86-327b-4c6a-b12b-ce073a904d1b" in page
    assert "| 88 | M × u32 |" in page
