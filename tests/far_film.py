"""A film of more than 4 GiB that nobody has to store: real pictures at both ends, a few very long ones of zeros between."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import replace

import factory
from movies import BytesReader, mux, take_of

from capture.container.contents import FragmentTable
from capture.container.index import SampleIndex, Track, load_index
from capture.container.progressive import ProgressiveMp4
from capture.container.samples import SampleTable

FILM_S = 6
FILLERS, FILLER_BYTES, FILLER_TICKS = 5, 900_000_000, 45_000
"""No sample may be longer than 1 GiB: FFmpeg takes a longer one for damage."""
FILLED_S = FILLERS * FILLER_TICKS / 90_000
_FIRST = 4
"""The fragment before which the filling lies."""


class SparseReader:
    """`PlainReader` over some bytes and then nothing but zeros."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        return self._data[offset : offset + length].ljust(length, b"\0")

    def read_into(self, offset: int, out: memoryview) -> int:
        found = self.read_at(offset, len(out))
        out[: len(found)] = found
        return len(found)


def far_film() -> ProgressiveMp4:
    """`FILM_S` seconds of the factory's small film, with `FILLED_S` seconds of filling in it."""
    encoded = factory.encode()
    data = mux(encoded, take_of(encoded, FILM_S), encoded.audio_format)
    index = load_index(BytesReader(data))
    places, pictures = index.fragments.payload_offsets, index.fragments.video_counts
    fillers = [len(data) + number * FILLER_BYTES for number in range(FILLERS)]
    counts = [0] * FILLERS
    table = FragmentTable(
        payload_offsets=places[:_FIRST] + array("Q", fillers) + places[_FIRST:],
        video_counts=pictures[:_FIRST] + array("I", [1] * FILLERS) + pictures[_FIRST:],
        audio_counts=index.fragments.audio_counts[:_FIRST] + array("I", counts) + index.fragments.audio_counts[_FIRST:],
    )
    video = Track(index.video.setup, index.video.edit, _filled(index, sum(pictures[:_FIRST])))
    return ProgressiveMp4(SparseReader(data, len(data) + FILLERS * FILLER_BYTES), replace(index, video=video, fragments=table))


def _filled(index: SampleIndex, first: int) -> SampleTable:
    """The pictures, with the filling before number `first`."""
    old, new = index.video.samples, SampleTable()
    keyframes = set(old.keyframes)
    for number, (size, ticks) in enumerate(zip(old.sizes, _durations(old), strict=True)):
        if number == first:
            for _ in range(FILLERS):
                new.add_keyframe(FILLER_BYTES, FILLER_TICKS)
        (new.add_keyframe if number in keyframes else new.add)(size, ticks)
    return new


def _durations(samples: SampleTable) -> Iterator[int]:
    for count, ticks in zip(samples.run_counts, samples.run_ticks, strict=True):
        yield from [ticks] * count
