"""Tampering: whatever is done to a sealed file, nobody ever reads a byte that was not sealed into that place."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import stream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealed_files import CHUNK, SEALED_CHUNK, SealedFile, plaintext, seal_file

from capture.errors import NotARecipient, SealBroken, Truncated, VigcamError
from capture.seal.chunks import ChunkSource
from capture.seal.keys import Identity
from capture.seal.payload import PayloadCipher, Place
from capture.seal.small import seal_bytes, unseal_bytes
from capture.seal.stream import PlainReader, SalvageReader, SealedReader, open_header

SIZE = 3 * CHUNK + 5000
REFUSALS = (SealBroken, NotARecipient, Truncated)


def chunks_of(sealed: SealedFile) -> tuple[bytes, list[bytes]]:
    """What stands before the first chunk, and the sealed chunks."""
    data = sealed.path.read_bytes()
    payload = data[sealed.first_chunk :]
    return data[: sealed.first_chunk], [payload[at : at + SEALED_CHUNK] for at in range(0, len(payload), SEALED_CHUNK)]


def read_piecewise(film: PlainReader, step: int = 30_000) -> None:
    """Read everything, in pieces and beyond the end, and check each piece against the only right plaintext."""
    plain = plaintext(SIZE)
    for offset in range(0, SIZE + step, step):
        try:
            piece = film.read_at(offset, step)
        except REFUSALS:
            continue
        assert piece == plain[offset : offset + len(piece)]


def check_never_wrong(sealed: SealedFile, data: bytes) -> None:
    """The tampered `data` is refused as a whole, and read in pieces it is never wrong."""
    with pytest.raises(REFUSALS):
        unseal_bytes(data, sealed.identity)
    sealed.path.write_bytes(data)
    fd = sealed.open()
    try:
        file_key, offset = open_header(data, sealed.identity)
        read_piecewise(SealedReader(fd, file_key, offset))
        read_piecewise(SalvageReader(fd, file_key, offset))
    except REFUSALS:
        pass
    finally:
        os.close(fd)


def test_no_bit_of_a_small_file_can_be_changed() -> None:
    identity = Identity.generate()
    sealed = seal_bytes(b"Adult A", [identity.recipient])
    for place in range(len(sealed)):
        for bit in range(8):
            changed = sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
            with pytest.raises(REFUSALS):
                unseal_bytes(changed, identity)


@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_bit_of_a_long_file_can_be_changed(tmp_path: Path, place: int, bit: int) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    data = bytearray(sealed.path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    check_never_wrong(sealed, bytes(data))


@given(length=st.integers(0, 10**9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_end_can_be_cut_off_unseen(tmp_path: Path, length: int) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    data = sealed.path.read_bytes()
    check_never_wrong(sealed, data[: length % len(data)])


@pytest.mark.parametrize(
    "rearrange",
    [
        pytest.param(lambda chunks: chunks[1:], id="first dropped"),
        pytest.param(lambda chunks: [chunks[0], *chunks[2:]], id="second dropped"),
        pytest.param(lambda chunks: chunks[:-1], id="last dropped"),
        pytest.param(lambda chunks: [chunks[1], chunks[0], *chunks[2:]], id="two swapped"),
        pytest.param(lambda chunks: [chunks[0], *chunks], id="first doubled"),
        pytest.param(lambda chunks: [*chunks, chunks[-1]], id="last doubled"),
        pytest.param(lambda chunks: [*chunks, b"\0"], id="a byte added"),
        pytest.param(lambda chunks: [*chunks[:-1], chunks[0], chunks[-1]], id="first repeated before the last"),
        pytest.param(lambda chunks: chunks[-1:], id="only the last"),
        pytest.param(lambda chunks: [*chunks[:-1], chunks[-1][:16]], id="last emptied"),
    ],
)
def test_chunks_cannot_be_rearranged(tmp_path: Path, rearrange: Callable[[list[bytes]], list[bytes]]) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    before, chunks = chunks_of(sealed)
    check_never_wrong(sealed, before + b"".join(rearrange(chunks)))


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 15), st.integers(0, 0xFFFF), st.integers(0, 1 << 18)), max_size=10))
@settings(deadline=None)
def test_whatever_is_done_to_its_chunks_only_what_was_sealed_for_a_place_is_read_there(
    orders: list[tuple[int, int, int, int]],
) -> None:
    """Dropped, swapped, doubled, cut, spliced in from films of the same or another key and nonce, sealed anew as final."""
    stream.check(b"".join(stream.ORDER.pack(*order) for order in orders))


def test_chunk_of_another_film_of_the_same_family_does_not_fit(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    other = seal_bytes(plaintext(SIZE, seed=2), [sealed.identity.recipient])
    before, chunks = chunks_of(sealed)
    foreign = other[open_header(other, sealed.identity)[1] + 16 :][SEALED_CHUNK : 2 * SEALED_CHUNK]
    check_never_wrong(sealed, before + b"".join([chunks[0], foreign, *chunks[2:]]))


def test_header_of_another_file_does_not_open_this_payload(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    other = seal_bytes(b"other", [sealed.identity.recipient])
    data = sealed.path.read_bytes()
    check_never_wrong(sealed, other[: open_header(other, sealed.identity)[1]] + data[sealed.payload_offset :])


def test_final_chunk_that_is_empty_after_others_ends_nothing(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(CHUNK))
    before, _ = chunks_of(sealed)
    cipher = PayloadCipher(sealed.file_key, before[-16:])
    parts = [bytearray(SEALED_CHUNK), bytearray(16)]
    cipher.seal_into(0, Place.MORE_FOLLOW, memoryview(plaintext(CHUNK)), memoryview(parts[0]))
    cipher.seal_into(1, Place.FINAL, memoryview(b""), memoryview(parts[1]))
    sealed.path.write_bytes(before + b"".join(parts))
    with pytest.raises(Truncated):
        unseal_bytes(sealed.path.read_bytes(), sealed.identity)
    fd = sealed.open()
    try:
        with pytest.raises(Truncated):
            _ = SealedReader(fd, sealed.file_key, sealed.payload_offset).size
        assert SalvageReader(fd, sealed.file_key, sealed.payload_offset).size == CHUNK
    finally:
        os.close(fd)


def test_chunk_that_was_opened_as_one_that_more_follow_is_not_thereby_the_last(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    fd = sealed.open()
    try:
        chunks = ChunkSource(fd, sealed.file_key, sealed.payload_offset)
        assert chunks.one(1, Place.MORE_FOLLOW) == plaintext(SIZE)[CHUNK : 2 * CHUNK]
        with pytest.raises(SealBroken):
            chunks.one(1, Place.FINAL)
    finally:
        os.close(fd)


def test_refusal_never_says_which_check_failed(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    said = set()
    for place in (sealed.payload_offset - 5, sealed.first_chunk + 5, sealed.first_chunk + SEALED_CHUNK + 70):
        data = bytearray(sealed.path.read_bytes())
        data[place] ^= 1
        with pytest.raises(VigcamError) as refusal:
            unseal_bytes(bytes(data), sealed.identity)
        said.add(str(refusal.value))
    assert said == {"seal_broken"}


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_never_opened(seed: int) -> None:
    noise = random.Random(seed)
    data = noise.choice([b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> X25519 "]) + noise.randbytes(500)
    with pytest.raises(REFUSALS):
        unseal_bytes(data, Identity.generate())
