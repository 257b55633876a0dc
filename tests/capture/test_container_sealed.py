"""The virtual MP4 over a sealed file is that over its plaintext: cut anywhere, damaged near its end, or written by an enemy."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import factory
import pytest
from fuzz import movie as hostile
from fuzz.mutation import vary_boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of
from sealed_files import CHUNK, SEALED_CHUNK

from capture.container.index import load_index
from capture.container.movie import open_movie
from capture.container.progressive import ProgressiveMp4
from capture.errors import SealBroken, Truncated
from capture.seal.stream import ChunkSealer

ENCODED = factory.encode()
KEY = b"sixteen bytes of"
NONCE = 16
ranges = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 1 << 18) | st.integers(0, 4)), min_size=1, max_size=5)


@cache
def film() -> bytes:
    return mux(ENCODED, take_of(ENCODED, 6), ENCODED.audio_format)


def sealed(plain: bytes) -> bytes:
    out = bytearray()
    ChunkSealer(KEY, out.extend).finish(plain)
    return bytes(out)


@cache
def sealed_film() -> bytes:
    return sealed(film())


@contextmanager
def stored(data: bytes) -> Iterator[int]:
    fd = os.memfd_create("film")
    try:
        os.write(fd, data)
        yield fd
    finally:
        os.close(fd)


def over(plain: bytes) -> ProgressiveMp4:
    reader = BytesReader(plain)
    return ProgressiveMp4(reader, load_index(reader))


def check_like(data: bytes, plain: bytes, asked: list[tuple[int, int]]) -> None:
    """Salvaged from `data`, the film is the one that `plain` holds, or both are refused alike."""
    with stored(data) as fd:
        try:
            wanted = over(plain)
        except (SealBroken, Truncated) as refusal:
            with pytest.raises(type(refusal)):
                open_movie(fd, KEY, 0, is_sealed=False)
            return
        found = open_movie(fd, KEY, 0, is_sealed=False)
        assert (found.size, found.etag) == (wanted.size, wanted.etag)
        for offset, length in asked:
            assert found.read_at(offset, length) == wanted.read_at(offset, length)
        assert found.read_at(0, found.size) == wanted.read_at(0, wanted.size)


@pytest.mark.promise("P8")
@settings(deadline=None, max_examples=60)
@given(cut=st.integers(0, 1 << 30), zeros=st.integers(0, 2 * SEALED_CHUNK), asked=ranges)
def test_any_range_of_a_film_cut_anywhere_is_that_of_its_whole_chunks(cut: int, zeros: int, asked: list[tuple[int, int]]) -> None:
    length = NONCE + cut % (len(sealed_film()) - NONCE)
    check_like(sealed_film()[:length] + bytes(zeros), film()[: (length - NONCE) // SEALED_CHUNK * CHUNK], asked)


@settings(deadline=None, max_examples=40)
@given(place=st.integers(0, 1 << 30), bit=st.integers(0, 7), asked=ranges)
def test_film_ends_before_a_bit_that_was_flipped(place: int, bit: int, asked: list[tuple[int, int]]) -> None:
    data = bytearray(sealed_film())
    place = NONCE + place % (len(data) - NONCE)
    data[place] ^= 1 << bit
    check_like(bytes(data), film()[: (place - NONCE) // SEALED_CHUNK * CHUNK], asked)


@pytest.mark.parametrize("seed", range(4))
def test_hostile_film_that_was_rightly_sealed_is_read_as_its_plaintext_is(seed: int) -> None:
    chance = random.Random(seed)
    for good in hostile.seeds():
        for _ in range(10):
            plain = vary_boxes(good, chance)
            check_like(sealed(plain), plain, [(chance.randrange(3_000), chance.randrange(3_000)) for _ in range(3)])
