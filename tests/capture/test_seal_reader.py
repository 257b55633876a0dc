"""The reading end: any range of a finished file, from any thread, and nothing said of its end before that was verified."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealed_files import BORDER_SIZES, CHUNK, SEALED_CHUNK, SealedFile, plaintext, seal_file

from capture.errors import SealBroken, Truncated
from capture.seal.stream import SalvageReader, SealedReader, new_file_key

SIZE = 5 * CHUNK + 4321
near_borders = st.builds(lambda chunk, by: max(0, chunk * CHUNK + by), st.integers(0, 6), st.integers(-3, 3))
offsets = st.one_of(near_borders, st.integers(0, SIZE + 10))
lengths = st.one_of(st.integers(0, 4), near_borders, st.integers(0, SIZE + 10))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> SealedFile:
    return seal_file(tmp_path_factory.mktemp("sealed") / "film.age", plaintext(SIZE))


@pytest.fixture
def fd(sealed: SealedFile) -> Iterator[int]:
    descriptor = sealed.open()
    yield descriptor
    os.close(descriptor)


def reader(sealed: SealedFile, fd: int) -> SealedReader:
    return SealedReader(fd, sealed.file_key, sealed.payload_offset)


@given(ranges=st.lists(st.tuples(offsets, lengths), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_in_any_order_is_the_same_slice_of_the_plaintext(
    sealed: SealedFile, fd: int, ranges: list[tuple[int, int]]
) -> None:
    film = reader(sealed, fd)
    for offset, length in ranges:
        assert film.read_at(offset, length) == sealed.plain[offset : offset + length]


@given(ranges=st.lists(st.tuples(offsets, lengths), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_range_read_into_the_callers_memory_is_the_same_and_touches_nothing_beyond_it(
    sealed: SealedFile, fd: int, ranges: list[tuple[int, int]]
) -> None:
    film = reader(sealed, fd)
    for offset, length in ranges:
        room = bytearray(b"." * (length + 2))
        count = film.read_into(offset, memoryview(room)[1:-1])
        expected = sealed.plain[offset : offset + length]
        assert (count, room) == (len(expected), b"." + expected + b"." * (length - count) + b".")


def test_chunk_that_does_not_authenticate_leaves_none_of_its_plaintext_in_the_callers_memory(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    with sealed.path.open("r+b") as file:
        file.seek(sealed.first_chunk + 2 * SEALED_CHUNK - 1)
        last_byte_of_the_tag = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes((last_byte_of_the_tag ^ 1,)))
    fd = sealed.open()
    try:
        room = bytearray(b"." * 3 * CHUNK)
        with pytest.raises(SealBroken):
            reader(sealed, fd).read_into(0, memoryview(room))
        assert room == sealed.plain[:CHUNK] + bytes(CHUNK) + b"." * CHUNK
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", BORDER_SIZES)
def test_size_and_content_are_right_at_every_border(tmp_path: Path, size: int) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(size))
    fd = sealed.open()
    try:
        assert reader(sealed, fd).size == size
        assert reader(sealed, fd).read_at(0, size + 1) == sealed.plain
        assert reader(sealed, fd).read_at(size, 10) == b""
    finally:
        os.close(fd)


def test_descriptor_is_never_moved(sealed: SealedFile, fd: int) -> None:
    os.lseek(fd, 7, os.SEEK_SET)
    film = reader(sealed, fd)
    assert film.size == SIZE
    film.read_at(100, 200_000)
    assert os.lseek(fd, 0, os.SEEK_CUR) == 7


def test_readers_in_several_threads_share_one_descriptor(sealed: SealedFile, fd: int) -> None:
    def read_everything(start: int) -> bool:
        film = reader(sealed, fd)
        places = [(start * 7919 + step * 104_729) % SIZE for step in range(60)]
        return all(film.read_at(place, 70_000) == sealed.plain[place : place + 70_000] for place in places)

    with ThreadPoolExecutor(max_workers=4) as threads:
        assert all(threads.map(read_everything, range(4)))


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
def test_negative_range_is_refused(sealed: SealedFile, fd: int, offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        reader(sealed, fd).read_at(offset, length)


def test_wrong_file_key_reads_nothing(sealed: SealedFile, fd: int) -> None:
    film = SealedReader(fd, new_file_key(), sealed.payload_offset)
    with pytest.raises(SealBroken):
        film.read_at(0, 10)
    with pytest.raises(Truncated):
        _ = film.size


def test_start_of_a_cut_file_can_be_read_but_not_its_end(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    os.truncate(sealed.path, sealed.first_chunk + 3 * SEALED_CHUNK)
    fd = sealed.open()
    try:
        film = reader(sealed, fd)
        assert film.read_at(0, 2 * CHUNK) == sealed.plain[: 2 * CHUNK]
        with pytest.raises(Truncated):
            _ = film.size
        with pytest.raises(Truncated):
            film.read_at(SIZE + 1, 1)
        with pytest.raises(Truncated):
            film.read_at(2 * CHUNK, 1)
    finally:
        os.close(fd)


def test_file_shortened_under_the_reader_is_truncated(tmp_path: Path) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    fd = sealed.open()
    try:
        film = reader(sealed, fd)
        assert film.size == SIZE
        os.truncate(sealed.path, sealed.first_chunk + SEALED_CHUNK)
        with pytest.raises(Truncated):
            film.read_at(0, 3 * CHUNK)
    finally:
        os.close(fd)


def test_read_that_gives_less_than_was_asked_for_is_read_on(sealed: SealedFile, fd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, rooms, offset: preadv(fd, [rooms[0][:5_000]], offset))
    assert reader(sealed, fd).read_at(0, SIZE) == sealed.plain


def test_bad_block_on_the_disk_is_no_cut(sealed: SealedFile, fd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel gives what lies before it, and says so only when it is asked for the rest."""
    preadv, bad = os.preadv, sealed.first_chunk + SEALED_CHUNK + 4096

    def read(fd: int, rooms: list[memoryview], offset: int) -> int:
        if offset == bad:
            raise OSError(errno.EIO, "Input/output error")
        return preadv(fd, [rooms[0][: bad - offset]], offset)

    monkeypatch.setattr(os, "preadv", read)
    with pytest.raises(OSError, match="Input/output"):
        SealedReader(fd, sealed.file_key, sealed.payload_offset).read_at(0, SIZE)


@pytest.mark.parametrize("kind", [SealedReader, SalvageReader])
def test_file_that_shrinks_while_it_is_opened_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[SealedReader | SalvageReader]
) -> None:
    sealed = seal_file(tmp_path / "film.age", plaintext(SIZE))
    pread = os.pread

    def read_and_shrink(fd: int, length: int, offset: int) -> bytes:
        data = pread(fd, length, offset)
        os.truncate(sealed.path, 100)
        return data

    monkeypatch.setattr(os, "pread", read_and_shrink)
    fd = sealed.open()
    try:
        film = kind(fd, sealed.file_key, sealed.payload_offset)
        with contextlib.suppress(Truncated):
            assert film.size == 0
    finally:
        os.close(fd)


@pytest.mark.parametrize("left", [0, 1, 15])
def test_file_without_its_nonce_is_truncated(tmp_path: Path, left: int) -> None:
    sealed = seal_file(tmp_path / "film.age", b"film")
    os.truncate(sealed.path, sealed.payload_offset + left)
    fd = sealed.open()
    try:
        with pytest.raises(Truncated):
            reader(sealed, fd)
    finally:
        os.close(fd)
