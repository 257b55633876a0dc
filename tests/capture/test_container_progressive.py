"""The virtual progressive MP4: any range of it equals that slice of the whole, also past 4 GiB, always under the same name."""

from __future__ import annotations

import struct
from array import array
from dataclasses import replace
from functools import cache
from pathlib import Path

import factory
import pytest
from factory import UnsyncedDisk, make_recording
from hypothesis import given
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of

from capture.container.contents import FragmentTable
from capture.container.index import SampleIndex, Track, load_index
from capture.container.movie import open_movie
from capture.container.parse import children
from capture.container.progressive import ProgressiveMp4
from capture.container.samples import SampleTable
from capture.errors import SealBroken
from capture.seal.keys import Identity
from capture.seal.stream import new_file_key, open_header
from capture.vault import Vault

ENCODED = factory.encode()


@cache
def fragmented() -> bytes:
    return mux(ENCODED, take_of(ENCODED, 12), ENCODED.audio_format)


@cache
def view() -> ProgressiveMp4:
    reader = BytesReader(fragmented())
    return ProgressiveMp4(reader, load_index(reader))


@cache
def whole() -> bytes:
    return view().read_at(0, view().size)


def test_whole_view_has_the_size_it_says() -> None:
    assert len(whole()) == view().size


def test_index_comes_before_the_samples_so_that_one_request_is_enough() -> None:
    assert [kind for kind, _ in children(whole())] == [b"ftyp", b"moov", b"mdat"]


def test_samples_lie_in_file_order_so_that_ranges_are_long_runs() -> None:
    places = list(view().index.fragments.payload_offsets)
    assert places == sorted(places)
    content = dict(children(whole()))[b"mdat"]
    start = places[3]
    assert content.find(fragmented()[start : start + 5_000]) > 0


@given(st.data())
def test_any_range_equals_the_slice_of_the_whole(data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, view().size + 10))
    length = data.draw(st.integers(0, 1 << 18) | st.integers(0, 4))
    assert view().read_at(offset, length) == whole()[offset : offset + length]


@given(st.data())
def test_blocks_of_any_size_join_to_the_range(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, view().size))
    stop = data.draw(st.integers(start, view().size + 10))
    block_size = data.draw(st.integers(5_000, 1 << 20))
    blocks = list(view().blocks(start, stop, block_size))
    assert b"".join(blocks) == whole()[start:stop]
    assert all(0 < len(block) <= block_size for block in blocks)


def test_negative_range_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        view().read_at(-1, 2)


def test_etag_is_the_same_for_every_reader_and_another_for_another_recording() -> None:
    reader = BytesReader(fragmented())
    assert ProgressiveMp4(reader, load_index(reader)).etag == view().etag
    other = BytesReader(mux(ENCODED, take_of(ENCODED, 12.1), ENCODED.audio_format))
    assert ProgressiveMp4(other, load_index(other)).etag != view().etag
    assert '"' not in view().etag


def test_view_through_another_reader_is_the_same_film_and_shares_what_lies_in_memory() -> None:
    other = view().through(BytesReader(fragmented()))
    assert other.read_at(0, other.size) == whole()
    assert (other.etag, other.size) == (view().etag, view().size)
    assert other.index is view().index


def test_view_over_the_sealed_file_is_the_same_and_another_key_opens_nothing(tmp_path: Path) -> None:
    vault, identity = Vault(tmp_path, UnsyncedDisk()), Identity.generate()
    opened = vault.open(make_recording(vault, [identity.recipient], 12, ENCODED))
    file_key, payload_offset = open_header(vault.header(opened.fd), identity)
    sealed = open_movie(opened.fd, file_key, payload_offset, opened.is_sealed)
    assert sealed.read_at(0, sealed.size) == whole()
    assert sealed.etag == view().etag
    with pytest.raises(SealBroken):
        open_movie(opened.fd, new_file_key(), payload_offset, opened.is_sealed)


class FarReader:
    """A reader of `size` bytes, each eight of which hold their own place: a file that no test could store."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        first = offset // 8 * 8
        numbers = range(first, offset + length + 8, 8)
        return struct.pack(f">{len(numbers)}Q", *numbers)[offset - first : offset - first + length]

    def read_into(self, offset: int, out: memoryview) -> int:
        out[:] = self.read_at(offset, len(out))
        return len(out)


def huge_index(fragments: int, sample_bytes: int) -> SampleIndex:
    small = view().index
    samples, table = SampleTable(), FragmentTable()
    for number in range(fragments):
        samples.add_keyframe(sample_bytes, 45_000)
        table.payload_offsets.append(1_000 + number * (sample_bytes + 1_000))
    table.video_counts, table.audio_counts = array("I", [1] * fragments), array("I", [0] * fragments)
    return replace(small, video=Track(small.video.setup, small.video.edit, samples), audio=None, fragments=table)


def test_past_four_gib_places_and_sizes_are_64_bits_wide_and_still_right() -> None:
    sample_bytes = 1 << 26
    index = huge_index(70, sample_bytes)
    movie = ProgressiveMp4(FarReader(80 * (sample_bytes + 1_000)), index)
    assert movie.size > 1 << 32
    head = movie.read_at(0, 100_000)
    at = head.index(b"mdat")
    assert struct.unpack_from(">I4sQ", head, at - 4) == (1, b"mdat", 16 + 70 * sample_bytes)
    table = head.index(b"co64")
    (count,) = struct.unpack_from(">I", head, table + 8)
    places = struct.unpack_from(f">{count}Q", head, table + 12)
    for number in (0, 1, 63, 64, 69):
        source = index.fragments.payload_offsets[number]
        assert struct.unpack(">Q", movie.read_at(places[number], 8)) == (source,)


def test_below_four_gib_places_are_32_bits_wide() -> None:
    assert b"stco" in whole()[:100_000]
    assert b"co64" not in whole()[:100_000]
