"""Fuzz target: the trailer. Tables that are accepted agree with each other, and would be written again just so."""

from __future__ import annotations

from dataclasses import replace

from fuzz import movie
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.container.contents import FragmentTable
from capture.container.trailer import TRAILER_ID, read_trailer, write_trailer
from capture.errors import SealBroken


def seeds() -> list[bytes]:
    return [data[start : _end(data, start)] for data in movie.finished() for start in [data.rindex(TRAILER_ID) - 8]]


def _end(data: bytes, start: int) -> int:
    return start + int.from_bytes(data[start : start + 4])


def check(data: bytes) -> None:
    try:
        contents = read_trailer(data)
    except SealBroken:
        return
    found = contents.fragments
    assert len(found.payload_offsets) == len(found.audio_counts) == len(found.video_counts)
    # Where each `moof` begins is not in the trailer; only the `mfra` behind it, which is not compared, is made of it.
    with_places = FragmentTable(found.payload_offsets, found.payload_offsets, found.audio_counts, found.video_counts)
    again = write_trailer(replace(contents, fragments=with_places))
    assert again[: _end(again, 0)] == data, "a trailer that was read has another writing"


TARGET = Target(seeds, check, vary_bytes, most_bytes=4096)
