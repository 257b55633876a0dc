"""docs/sealed-format.md held to the code: its table reads real trailers, its figures are the code's, its names the vault's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from factory import SMALL, UnsyncedDisk, encode, make_recording, repeated
from movies import BytesReader, mux, take_of
from trailer_page import PAGE, Sample, find_trailer, read_page_trailer, rows, samples

from capture.container import fragment, fragments, index, muxer
from capture.container.index import SampleIndex, Track, load_index
from capture.container.trailer import TRAILER_ID
from capture.ids import ALPHABET, new_recording_id
from capture.seal import header, salvage
from capture.seal.keys import Identity
from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES
from capture.vault import Vault
from device.ports import AudioPacket, VideoPacket

ENCODED = encode(SMALL, 2, True)


def film(kind: str) -> bytes:
    """A closed film whose tables are not all alike: pictures lost on the way, sound late or none, packets lost."""
    has_sound = kind != "no sound"
    encoded = encode(SMALL, 2, has_sound)
    packets = take_of(encoded, 7, 1_200_000 if kind == "late sound" else 0)
    packets.sort(key=lambda packet: packet.time_us)
    if kind == "holes":
        packets = [packet for number, packet in enumerate(packets) if isinstance(packet, AudioPacket) or number % 50 != 17]
        packets = [packet for number, packet in enumerate(packets) if isinstance(packet, VideoPacket) or number % 70 != 33]
    return mux(encoded, packets, encoded.audio_format)


def indexed(found: SampleIndex, first_sound: int) -> Iterator[Sample]:
    """What vigcam's index says of every sample, in the order of the file."""
    pictures = of_track(found.video, 0, is_picture=True)
    sound = of_track(found.audio, first_sound, is_picture=False)
    for place, packets, shown in zip(
        found.fragments.payload_offsets, found.fragments.audio_counts, found.fragments.video_counts, strict=True
    ):
        at = place
        for each in [*(next(sound) for _ in range(packets)), *(next(pictures) for _ in range(shown))]:
            yield replace(each, place=at)
            at += each.size
    assert next(pictures, None) is next(sound, None) is None


def of_track(track: Track | None, time: int, *, is_picture: bool) -> Iterator[Sample]:
    if track is None:
        return
    table = track.samples
    ticks = [each for count, each in zip(table.run_counts, table.run_ticks, strict=True) for _ in range(count)]
    for number, (size, each) in enumerate(zip(table.sizes, ticks, strict=True)):
        yield Sample(is_picture, 0, size, time, each, number in table.keyframes or not is_picture)
        time += each


@pytest.mark.parametrize("kind", ["sound", "no sound", "late sound", "holes"])
def test_samples_read_by_the_page_s_table_are_those_of_the_index_with_trailer_and_without(kind: str) -> None:
    plain = film(kind)
    trailer = read_page_trailer(find_trailer(plain))
    found = list(samples(trailer))
    first_sound = trailer.value("decode time of the first packet")
    assert isinstance(first_sound, int)
    assert len(found) > 150
    assert found == list(indexed(load_index(BytesReader(plain)), first_sound))
    assert found == list(indexed(load_index(BytesReader(plain[: -len(find_trailer(plain))])), first_sound))
    assert (first_sound > 0) == (kind == "late sound")
    assert trailer.value("bit 0") == (kind != "no sound")


def test_bytes_at_the_page_s_places_are_the_camera_s() -> None:
    plain = film("sound")
    found = list(samples(read_page_trailer(find_trailer(plain))))
    heard = [plain[each.place : each.place + each.size] for each in found if not each.is_picture]
    seen = [plain[each.place : each.place + each.size] for each in found if each.is_picture]
    assert heard == [packet.data for packet in repeated(ENCODED, 7) if isinstance(packet, AudioPacket)]
    sent = [packet.data for packet in repeated(ENCODED, 7) if isinstance(packet, VideoPacket)]
    # The camera's have start codes and parameter sets, the file's have lengths: the end of the last NAL unit is the same.
    assert [each[-30:] for each in seen] == [each[-30:] for each in sent]


def test_table_has_a_line_for_every_byte_and_says_what_is_there() -> None:
    plain = film("holes")
    box = find_trailer(plain)
    trailer = read_page_trailer(box)
    assert trailer.value("size of this box") == len(box)
    assert trailer.value("`uuid`") == b"uuid"
    assert [trailer.value(start) for start in ("version", "state")] == [1, 1]
    assert trailer.value("V") == trailer.value("pictures in this file") == len(trailer.table("pictures: size"))
    lost = trailer.value("pictures missing between")
    assert lost
    (duration,) = (value for text, value in trailer.values.items() if text.startswith("duration"))
    assert duration == 7 * 90_000
    assert trailer.value("packets of sound that were lost") == 0
    assert len(rows()) == 19 + 11


def test_page_names_the_trailer_s_id_as_the_file_has_it() -> None:
    (text,) = (row.text for row in rows() if row.code == "16s")
    assert bytes.fromhex(text.strip("`").replace("-", "")) == TRAILER_ID
    assert read_page_trailer(find_trailer(film("no sound"))).values[text] == TRAILER_ID


def numbers_behind(*words: str) -> list[str]:
    """The page's figures that stand for `#` in each of these sentences, wherever its lines break."""
    page = re.sub(r"\s+", " ", PAGE.read_text("utf-8"))
    found = []
    for sentence in words:
        match = re.search(re.escape(sentence).replace(r"\#", r"([\d,.]+)"), page)
        assert match, sentence
        found += [group.rstrip(".,").replace(",", "") for group in match.groups()]
    return found


def test_figures_of_the_seal_are_the_code_s() -> None:
    assert numbers_behind("A nonce of # bytes, then chunks: # bytes of plaintext and a tag of # bytes each") == [
        str(NONCE_BYTES),
        str(CHUNK_BYTES),
        str(TAG_BYTES),
    ]
    assert numbers_behind("begins in the file at `header + # + (p // #) × #`") == [
        str(NONCE_BYTES),
        str(CHUNK_BYTES),
        str(SEALED_CHUNK_BYTES),
    ]
    (window,) = numbers_behind("look at the # full chunks before it")
    assert int(window) + 1 == salvage._UNSYNCED_CHUNKS
    assert numbers_behind("(# MiB in all)") == [str((int(window) + 1) * CHUNK_BYTES >> 20)]
    assert numbers_behind("A header is shorter than # KiB") == [str(header.HEADER_LIMIT >> 10)]


def test_figures_of_the_fragments_are_the_code_s() -> None:
    assert numbers_behind("one for each # s of film") == [str(muxer.FRAGMENT_US / 1e6)]
    assert numbers_behind("`moov` and each `moof` are shorter than # MiB") == ["1"]
    assert index._MOVIE_BYTES == fragments._MOOF_BYTES == 1 << 20
    page = PAGE.read_text("utf-8")
    run = fragment.TRUN_DATA_OFFSET | fragment.TRUN_DURATION | fragment.TRUN_SIZE
    for number, width in (
        (run, 3),
        (run | fragment.TRUN_FLAGS, 3),
        (fragment.DEFAULT_BASE_IS_MOOF, 6),
        (fragment.DEFAULT_SAMPLE_FLAGS, 2),
        (fragment.KEYFRAME, 8),
        (fragment.NO_KEYFRAME, 8),
    ):
        assert f"`0x{number:0{width}x}`" in page


def test_names_are_the_vault_s(tmp_path: Path) -> None:
    names = dict(re.findall(r"^\| `<id>(\.[^`]+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE))
    vault, recipients = Vault(tmp_path, UnsyncedDisk()), [Identity.generate().recipient]
    recording = make_recording(vault, recipients, 1, ENCODED)
    vault.begin(open_take := new_recording_id(), recipients).abandon()
    endings = {path.name.removeprefix(recording).removeprefix(open_take) for path in tmp_path.iterdir() if path.is_file()}
    assert endings == {".mp4.age", ".mp4.age.part"}
    assert "*interrupted*" in names[".mp4.age.part"]
    assert "*sealed*" in names[".mp4.age"]
    assert set(names) == {*endings, ".json", ".poster.age"}
    (length, alphabet) = re.findall(r"`rec-` and (\d+) characters of `(\w+)`", PAGE.read_text("utf-8"))[0]
    assert alphabet == ALPHABET
    assert re.fullmatch(rf"rec-[{alphabet}]{{{length}}}", recording)
