"""A recording that somebody else wrote: whatever it says, reading it ends soon, within the file, or in a clear refusal."""

from __future__ import annotations

import struct
from functools import cache

import factory
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of

from capture.container.boxes import box
from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.container.trailer import TRAILER_ID
from capture.errors import SealBroken, Truncated

ENCODED = factory.encode()


@cache
def good() -> bytes:
    return mux(ENCODED, take_of(ENCODED, 3), ENCODED.audio_format)


@cache
def trailer_start() -> int:
    return good().rindex(TRAILER_ID) - 8


class CountingReader(BytesReader):
    """Counts what is read: hostile sizes must not make us read more than there is."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.read_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0 <= length
        found = super().read_at(offset, length)
        self.read_bytes += len(found)
        return found


def read_all(data: bytes) -> None:
    """Open and read everything; anything but our refusals escapes and fails the test."""
    reader = CountingReader(data)
    try:
        index = load_index(reader)
        assert reader.read_bytes <= 2 * len(data) + 1_000
        view = ProgressiveMp4(reader, index)
        assert len(view.read_at(0, view.size)) == view.size
    except (SealBroken, Truncated):
        pass


def test_the_good_one_is_good() -> None:
    assert load_index(BytesReader(good())).frames == 90


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_in_the_movie_header_and_first_fragment(changes: list[tuple[int, int]]) -> None:
    data = bytearray(good())
    for place, value in changes:
        data[place] = value
    read_all(bytes(data))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_in_the_trailer(data: st.DataObject) -> None:
    broken = bytearray(good())
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(trailer_start(), len(broken) - 1))] = data.draw(st.integers(0, 255))
    read_all(bytes(broken))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 50_000), st.integers(0, 1 << 32))
def test_any_number_replaced_by_any_other(place: int, value: int) -> None:
    data = good()
    place %= len(data) - 4
    read_all(data[:place] + struct.pack(">I", value & 0xFFFFFFFF) + data[place + 4 :])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 20))
def test_cut_anywhere(size: int) -> None:
    read_all(good()[: size % len(good())])


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises((SealBroken, Truncated)):
        load_index(BytesReader(garbage))


def test_boxes_nested_without_end_are_refused() -> None:
    nest = b""
    for _ in range(2_000):
        nest = box(b"trak", nest)
    start = good()[: good().index(b"moov") - 4]
    with pytest.raises(SealBroken):
        load_index(BytesReader(start + box(b"moov", nest)))


def test_sample_count_that_its_box_cannot_hold_is_refused() -> None:
    data = good()[: trailer_start()]
    place = data.index(b"trun") + 8
    with pytest.raises(SealBroken):
        load_index(BytesReader(data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :]))


def test_movie_header_larger_than_any_of_ours_is_refused() -> None:
    start = good()[: good().index(b"moov") - 4]
    with pytest.raises(SealBroken):
        load_index(BytesReader(start + struct.pack(">I4s", 1 << 30, b"moov") + bytes(100)))


def test_trailer_that_points_outside_the_samples_is_refused() -> None:
    data = bytearray(good())
    place = trailer_start() + 24 + 64  # no marks: the first fragment's place stands first
    data[place : place + 8] = struct.pack(">Q", 1 << 40)
    with pytest.raises(SealBroken):
        load_index(BytesReader(bytes(data)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(0, 1, id="a size that is not its own"),
        pytest.param(26, 2, id="a flag that means nothing"),
    ],
)
def test_trailer_with_another_writing_than_ours_is_refused(place: int, value: int) -> None:
    data = bytearray(good())
    data[trailer_start() + place] ^= value
    with pytest.raises(SealBroken):
        load_index(BytesReader(bytes(data)))


def test_sample_that_lasts_for_years_is_refused() -> None:
    data = good()[: trailer_start()]
    first_run = data.index(b"trun") + 16
    with pytest.raises(SealBroken):
        load_index(BytesReader(data[:first_run] + b"\xff\xff\xff\xff" + data[first_run + 4 :]))


def test_an_ordinary_mp4_is_no_recording() -> None:
    reader = BytesReader(good())
    view = ProgressiveMp4(reader, load_index(reader))
    with pytest.raises((SealBroken, Truncated)):
        load_index(BytesReader(view.read_at(0, view.size)))
