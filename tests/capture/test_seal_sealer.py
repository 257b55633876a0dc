"""The writing end: each chunk leaves as soon as it is full, and no nonce ever seals two things."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_files import BORDER_SIZES, CHUNK, SEALED_CHUNK, plaintext

from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, unseal_bytes
from capture.seal.stream import ChunkSealer, make_header, new_file_key

NONCE = 16


def started() -> tuple[ChunkSealer, list[int]]:
    """A sealer, and the lengths of all that it has emitted."""
    lengths: list[int] = []
    return ChunkSealer(new_file_key(), lambda data: lengths.append(len(data))), lengths


def sealed_by(write: Callable[[ChunkSealer], None]) -> bytes:
    """The plaintext of what `write` sends through a sealer, opened again from the whole file."""
    identity, file_key, out = Identity.generate(), new_file_key(), io.BytesIO()
    out.write(make_header(file_key, [identity.recipient]))
    write(ChunkSealer(file_key, out.write))
    return unseal_bytes(out.getvalue(), identity)


def test_nonce_leaves_first() -> None:
    _, lengths = started()
    assert lengths == [NONCE]


def test_chunk_leaves_the_moment_it_is_full() -> None:
    sealer, lengths = started()
    sealer.write(bytes(CHUNK - 1))
    assert lengths == [NONCE]
    sealer.write(b"x")
    assert lengths == [NONCE, SEALED_CHUNK]
    assert sealer.chunks_emitted == 1


@given(st.lists(st.integers(0, 3 * CHUNK), max_size=6))
def test_room_says_how_much_is_left_before_the_next_chunk_leaves(sizes: list[int]) -> None:
    sealer, _ = started()
    written = 0
    for size in sizes:
        sealer.write(bytes(size))
        written += size
        assert sealer.room == CHUNK - written % CHUNK
        assert sealer.chunks_emitted == written // CHUNK


@given(st.sampled_from(BORDER_SIZES), st.lists(st.integers(0, 3 * CHUNK + 777), max_size=5))
def test_plaintext_is_the_same_however_it_was_handed_over(size: int, cuts: list[int]) -> None:
    data = plaintext(size)
    # The last byte is kept for `finish`: a chunk filled to the brim leaves at once as one that is not the last.
    places = [0, *sorted(min(cut, max(0, size - 1)) for cut in cuts), size]
    parts = [data[start:stop] for start, stop in pairwise(places)]

    def write(sealer: ChunkSealer) -> None:
        for part in parts[:-1]:
            sealer.write(part)
        sealer.finish(parts[-1])

    assert sealed_by(write) == data


@pytest.mark.parametrize("size", BORDER_SIZES)
def test_final_chunk_is_empty_only_if_the_payload_is(size: int) -> None:
    sealer, lengths = started()
    sealer.finish(bytes(size))
    assert lengths[-1] > 16 or size == 0
    assert sum(lengths) == NONCE + size + 16 * max(1, -(-size // CHUNK))


def test_writer_that_filled_a_chunk_owes_another_byte() -> None:
    sealer, lengths = started()
    sealer.write(bytes(CHUNK))
    with pytest.raises(RuntimeError):
        sealer.finish()
    sealer.finish(b"trailer")
    assert lengths == [NONCE, SEALED_CHUNK, 7 + 16]


def test_nothing_is_sealed_after_the_end() -> None:
    sealer, lengths = started()
    sealer.finish(b"all")
    for again in (lambda: sealer.finish(b"more"), lambda: sealer.write(bytes(CHUNK)), lambda: sealer.write(b"a byte")):
        with pytest.raises(RuntimeError):
            again()
    assert len(lengths) == 2


def test_chunk_whose_writing_failed_is_never_sealed_again() -> None:
    chunks: list[bytes] = []

    def emit(data: memoryview) -> None:
        if chunks:
            raise OSError(28, "No space left on device")
        chunks.append(bytes(data))

    sealer = ChunkSealer(new_file_key(), emit)
    with pytest.raises(OSError, match="No space"):
        sealer.write(bytes(CHUNK))
    for again in (lambda: sealer.write(bytes(CHUNK)), lambda: sealer.write(b"a byte"), lambda: sealer.finish(b"other")):
        with pytest.raises(RuntimeError):
            again()
    assert len(chunks) == 1


def test_no_chunk_is_sealed_from_within_the_writing_of_another() -> None:
    def write_more(data: memoryview) -> None:
        if len(data) > NONCE:
            sealer.write(b"a byte")

    sealer = ChunkSealer(new_file_key(), write_more)
    with pytest.raises(RuntimeError):
        sealer.write(bytes(CHUNK))


def test_same_plaintext_is_never_sealed_alike() -> None:
    recipient = Identity.generate().recipient
    assert seal_bytes(b"same", [recipient])[-20:] != seal_bytes(b"same", [recipient])[-20:]


def test_memoryviews_and_bytearrays_are_taken_as_they_are() -> None:
    data = plaintext(CHUNK + 5)

    def write(sealer: ChunkSealer) -> None:
        sealer.write(memoryview(bytearray(data)))
        sealer.finish(bytearray(b"end"))

    assert sealed_by(write) == data + b"end"
