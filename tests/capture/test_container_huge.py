"""A film past four gigabytes, which no test could store: 64-bit sizes and places where they are needed, and the right bytes."""

from __future__ import annotations

import struct
from array import array
from functools import cache

import factory
import pytest
from movies import BytesReader, mux, take_of
from strict_movies import Strict, read_progressive

from capture.container.contents import FragmentTable
from capture.container.index import SampleIndex, Track, load_index
from capture.container.progressive import ProgressiveMp4
from capture.container.samples import SampleTable

ENCODED = factory.encode()
GAP = 1_000
SOUND = 600
LARGEST_PICTURE = 1 << 29
FOUR_GIB = 1 << 32
ROOM = 1 << 28
"""Places are 64 bits wide a little before they must be: where the index would begin to matter."""

SIZES = [FOUR_GIB - ROOM - 1, FOUR_GIB - ROOM, FOUR_GIB - 9, FOUR_GIB - 8, FOUR_GIB + 12_345, 7 * FOUR_GIB]


class PlacesReader:
    """A file of any size in which every eight bytes hold their own place."""

    def __init__(self, size: int) -> None:
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        first = offset // 8
        places = range(first, (offset + length) // 8 + 1)
        data = struct.pack(f">{len(places)}Q", *(place * 8 for place in places))
        return data[offset - first * 8 :][:length]

    def read_into(self, offset: int, target: memoryview) -> int:
        data = self.read_at(offset, len(target))
        target[: len(data)] = data
        return len(data)


class View:
    """A virtual MP4 as a file."""

    def __init__(self, movie: ProgressiveMp4) -> None:
        self.size, self.read_at = movie.size, movie.read_at


@cache
def small() -> SampleIndex:
    return load_index(BytesReader(mux(ENCODED, take_of(ENCODED, 2), ENCODED.audio_format)))


def index_of(size: int) -> SampleIndex:
    """Fragments of one packet and one picture each, `size` bytes together."""
    index = small()
    assert index.audio is not None
    pictures, sound, table = SampleTable(), SampleTable(), FragmentTable()
    at = GAP
    while size:
        picture = min(LARGEST_PICTURE, size - SOUND)
        picture -= GAP if 0 < size - SOUND - picture <= SOUND else 0
        pictures.add_keyframe(picture, 45_000)
        sound.add(SOUND, 24_000)
        table.payload_offsets.append(at)
        at += SOUND + picture + GAP
        size -= SOUND + picture
    table.audio_counts = table.video_counts = array("I", [1] * len(pictures))
    video = Track(index.video.setup, index.video.edit, pictures)
    return SampleIndex(video, Track(index.audio.setup, index.audio.edit, sound), table, None)


@cache
def film(size: int) -> tuple[ProgressiveMp4, Strict]:
    index = index_of(size)
    last = len(index.video.samples) - 1
    end = index.fragments.payload_offsets[last] + SOUND + index.video.samples.sizes[last]
    movie = ProgressiveMp4(PlacesReader(end), index)
    return movie, read_progressive(View(movie))


@pytest.mark.parametrize("size", SIZES)
def test_a_film_of_any_size_obeys_the_standards(size: int) -> None:
    movie, strict = film(size)
    assert movie.size == strict.root.one("mdat").content + size


@pytest.mark.parametrize("size", SIZES)
def test_places_and_sizes_are_64_bits_wide_where_32_might_not_do_and_nowhere_else(size: int) -> None:
    _, strict = film(size)
    data = strict.root.one("mdat")
    assert data.content - data.start == (16 if size + 8 >= FOUR_GIB else 8)
    kinds = {box.kind for track in strict.movie.tracks for box in track.table.children if box.kind in {"stco", "co64"}}
    assert kinds == ({"co64"} if size >= FOUR_GIB - ROOM else {"stco"})


@pytest.mark.parametrize("size", SIZES)
def test_every_sample_s_bytes_come_from_its_own_place(size: int) -> None:
    movie, strict = film(size)
    offsets = movie.index.fragments.payload_offsets
    source = PlacesReader(movie.size * 2)
    for shift, samples in zip((SOUND, 0), strict.samples, strict=True):
        for sample, offset in zip(samples, offsets, strict=True):
            for inside in (0, sample.size - 16):
                assert movie.read_at(sample.offset + inside, 16) == source.read_at(offset + shift + inside, 16)


def test_a_range_over_the_border_of_four_gib_is_the_bytes_on_both_sides() -> None:
    movie, _ = film(SIZES[-1])
    both = movie.read_at(FOUR_GIB - 700_000, 1_400_000)
    assert both == movie.read_at(FOUR_GIB - 700_000, 700_000) + movie.read_at(FOUR_GIB, 700_000)
    assert b"".join(movie.blocks(FOUR_GIB - 700_000, FOUR_GIB + 700_000)) == both
