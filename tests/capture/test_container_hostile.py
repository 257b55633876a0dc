"""A recording that somebody else wrote: whatever it says, reading it ends soon, within the file, or in a clear refusal."""

from __future__ import annotations

import struct
import tracemalloc
from array import array
from functools import cache

import factory
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of

from capture.container.boxes import box, free_box
from capture.container.contents import Closing, Contents, FragmentTable
from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.container.samples import SampleTable
from capture.container.trailer import TRAILER_ID, write_trailer
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


def test_last_samples_beyond_the_end_of_the_file_are_refused() -> None:
    data = bytearray(good())
    (fragments,) = struct.unpack_from(">I", data, trailer_start() + 64)
    struct.pack_into(">Q", data, trailer_start() + 88 + 8 * (fragments - 1), len(data) - 100)
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


@pytest.mark.parametrize("mfra_bytes", [0, 8, 40, 200, 1 << 31])
def test_film_without_a_trailer_that_ends_like_one_with_it_is_read_as_it_lies(mfra_bytes: int) -> None:
    torn = bytearray(good()[: trailer_start()])
    frames = load_index(BytesReader(bytes(torn))).frames
    torn[-16:] = struct.pack(">I4sII", 16, b"mfro", 0, mfra_bytes)  # a picture's last bytes are whatever the encoder makes them
    assert load_index(BytesReader(bytes(torn))).frames == frames


def test_sample_that_lasts_for_years_is_refused() -> None:
    data = good()[: trailer_start()]
    first_run = data.index(b"trun") + 16
    with pytest.raises(SealBroken):
        load_index(BytesReader(data[:first_run] + b"\xff\xff\xff\xff" + data[first_run + 4 :]))


def fragment_of(count: int) -> bytes:
    """Pictures without a byte of their own: they cost their author nothing."""
    track = box(b"tfhd", struct.pack(">II", 0x020000, 1)) + box(b"tfdt", struct.pack(">IQ", 1 << 24, 0))
    words = struct.pack(">III", 0, 0, 0x01010000) * count
    size = 8 + 8 + len(track) + 8 + 12 + len(words)
    run = box(b"trun", struct.pack(">IIi", 0x701, count, size + 8), words)
    return box(b"moof", box(b"traf", track, run)) + box(b"mdat")


def test_fragment_without_a_sample_is_refused() -> None:
    torn = good()[: trailer_start()]
    assert load_index(BytesReader(torn + fragment_of(1))).frames == 91
    with pytest.raises(SealBroken):
        load_index(BytesReader(torn + fragment_of(0)))


def test_endless_row_of_empty_boxes_is_refused_before_it_is_read_to_its_end() -> None:
    reader = CountingReader(good()[: trailer_start()] + free_box(8) * 200_000)
    with pytest.raises(SealBroken):
        load_index(reader)
    assert reader.read_bytes < 800_000


def test_more_samples_than_anybody_films_are_refused_before_they_fill_the_memory() -> None:
    with pytest.raises(SealBroken):
        load_index(BytesReader(good()[: trailer_start()] + fragment_of(85_000) * 13))


def test_largest_trailer_that_is_read_costs_a_small_box_little_memory() -> None:
    pictures = SampleTable()
    pictures.sizes = array("I", bytes(4 * 690_000))
    pictures.run_counts = array("I", [1]) * 690_000
    pictures.run_ticks = array("I", [0, 1]) * 345_000
    place = array("Q", [good().index(b"moof")])
    fragments = FragmentTable(place, place, array("I", [0]), array("I", [690_000]))
    contents = Contents(Closing(690_000), pictures, SampleTable(), 0, False, fragments)
    silent = mux(ENCODED, take_of(ENCODED, 0.1), None)
    reader = BytesReader(silent[: silent.index(b"moof") + 200] + write_trailer(contents))
    tracemalloc.start()
    try:
        assert ProgressiveMp4(reader, load_index(reader)).index.frames == 690_000
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


def test_sound_that_is_never_heard_and_lies_beyond_all_numbers_is_refused() -> None:
    data = bytearray(good())
    edit = data.index(b"elst") + 12
    struct.pack_into(">Qq", data, edit, 0, 1 << 39)  # the film is over before the sound begins
    struct.pack_into(">Q", data, trailer_start() + 88, (1 << 64) - 1)
    with pytest.raises(SealBroken):
        load_index(BytesReader(bytes(data)))


def test_an_ordinary_mp4_is_no_recording() -> None:
    reader = BytesReader(good())
    view = ProgressiveMp4(reader, load_index(reader))
    with pytest.raises((SealBroken, Truncated)):
        load_index(BytesReader(view.read_at(0, view.size)))
