"""Interrupted files: whatever authenticates comes back, and never a byte that was not filmed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealed_files import BORDER_SIZES, CHUNK, SEALED_CHUNK, SealedFile, plaintext, seal_file

from capture.errors import SealBroken, Truncated
from capture.seal.keys import Identity
from capture.seal.stream import ChunkSealer, SalvageReader, make_header, new_file_key

CHUNKS = 4
PLAIN = plaintext(CHUNKS * CHUNK + 1000)


def torn_file(path: Path, plain: bytes = PLAIN) -> SealedFile:
    """A file whose writer died: its full chunks, and nothing of the open one."""
    identity, file_key = Identity.generate(), new_file_key()
    header = make_header(file_key, [identity.recipient])
    with path.open("wb") as file:
        file.write(header)
        sealer = ChunkSealer(file_key, file.write)
        sealer.write(plain)
    return SealedFile(path, plain, identity, file_key, len(header))


def salvaged(sealed: SealedFile) -> bytes:
    fd = sealed.open()
    try:
        film = SalvageReader(fd, sealed.file_key, sealed.payload_offset)
        plain = film.read_at(0, film.size + 1)
        assert len(plain) == film.size
        return plain
    finally:
        os.close(fd)


def change(sealed: SealedFile, offset: int, data: bytes) -> None:
    """Overwrite bytes of the file, counted from its first chunk."""
    with sealed.path.open("r+b") as file:
        file.seek(sealed.first_chunk + offset)
        file.write(data)


@pytest.mark.promise("P8")
def test_every_chunk_that_had_left_comes_back(tmp_path: Path) -> None:
    assert salvaged(torn_file(tmp_path / "film.part")) == PLAIN[: CHUNKS * CHUNK]


@pytest.mark.promise("P8")
@given(cut=st.integers(0, CHUNKS * SEALED_CHUNK))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_file_cut_anywhere_gives_its_whole_chunks(tmp_path: Path, cut: int) -> None:
    sealed = torn_file(tmp_path / "film.part")
    os.truncate(sealed.path, sealed.first_chunk + cut)
    assert salvaged(sealed) == PLAIN[: cut // SEALED_CHUNK * CHUNK]


@pytest.mark.promise("P8")
@given(cut=st.integers(0, CHUNKS * SEALED_CHUNK), zeros=st.integers(0, 3 * SEALED_CHUNK))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_tail_filled_with_zeros_is_walked_over(tmp_path: Path, cut: int, zeros: int) -> None:
    sealed = torn_file(tmp_path / "film.part")
    os.truncate(sealed.path, sealed.first_chunk + cut)
    os.truncate(sealed.path, sealed.first_chunk + cut + zeros)
    assert salvaged(sealed) == PLAIN[: cut // SEALED_CHUNK * CHUNK]


@pytest.mark.promise("P8")
def test_film_ends_before_a_hole_near_the_end(tmp_path: Path) -> None:
    sealed = torn_file(tmp_path / "film.part")
    change(sealed, 2 * SEALED_CHUNK + 100, bytes(4096))
    assert salvaged(sealed) == PLAIN[: 2 * CHUNK]


def test_damage_far_from_the_end_is_met_where_it_lies(tmp_path: Path) -> None:
    plain = plaintext(140 * CHUNK)
    sealed = torn_file(tmp_path / "film.part", plain)
    change(sealed, 3 * SEALED_CHUNK, bytes(16))
    fd = sealed.open()
    try:
        film = SalvageReader(fd, sealed.file_key, sealed.payload_offset)
        assert film.size == 140 * CHUNK
        assert film.read_at(0, 3 * CHUNK) == plain[: 3 * CHUNK]
        assert film.read_at(4 * CHUNK, 9 * CHUNK) == plain[4 * CHUNK : 13 * CHUNK]
        with pytest.raises(SealBroken):
            film.read_at(0, 4 * CHUNK)
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", BORDER_SIZES)
def test_finished_file_comes_back_whole(tmp_path: Path, size: int) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(size))
    assert salvaged(sealed) == sealed.plain


def test_what_follows_a_full_final_chunk_is_no_part_of_the_film(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(2 * CHUNK))
    with sealed.path.open("ab") as file:
        file.write(plaintext(100_000, seed=2))
    assert salvaged(sealed) == sealed.plain


@pytest.mark.parametrize(
    "ruin",
    [
        pytest.param(lambda sealed: os.truncate(sealed.path, sealed.first_chunk), id="nothing but a header"),
        pytest.param(lambda sealed: change(sealed, 0, bytes(CHUNKS * SEALED_CHUNK)), id="all zeros"),
        pytest.param(lambda sealed: change(sealed, -16, bytes(16)), id="another nonce"),
    ],
)
def test_file_without_a_good_chunk_holds_nothing(tmp_path: Path, ruin: Callable[[SealedFile], None]) -> None:
    sealed = torn_file(tmp_path / "film.part")
    ruin(sealed)
    assert salvaged(sealed) == b""


def test_file_torn_within_its_nonce_is_truncated(tmp_path: Path) -> None:
    sealed = torn_file(tmp_path / "film.part")
    os.truncate(sealed.path, sealed.payload_offset + 9)
    with pytest.raises(Truncated):
        salvaged(sealed)


@given(ranges=st.lists(st.tuples(st.integers(0, CHUNKS * CHUNK + 9), st.integers(0, 3 * CHUNK)), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_range_of_a_torn_file_is_the_same_slice(tmp_path: Path, ranges: list[tuple[int, int]]) -> None:
    sealed = torn_file(tmp_path / "film.part")
    held = PLAIN[: CHUNKS * CHUNK]
    fd = sealed.open()
    try:
        film = SalvageReader(fd, sealed.file_key, sealed.payload_offset)
        for offset, length in ranges:
            assert film.read_at(offset, length) == held[offset : offset + length]
    finally:
        os.close(fd)


def test_salvage_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    sealed = torn_file(tmp_path / "film.part")
    change(sealed, SEALED_CHUNK, bytes(100))
    before = hashlib.sha256(sealed.path.read_bytes()).digest(), sealed.path.stat().st_mtime_ns
    salvaged(sealed)
    assert (hashlib.sha256(sealed.path.read_bytes()).digest(), sealed.path.stat().st_mtime_ns) == before
