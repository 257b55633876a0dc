"""Interrupted files that somebody built or a disk tore oddly: salvage gives what the page promises, soon, and no other byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealed_files import CHUNK, SEALED_CHUNK, SealedFile, plaintext

from capture.errors import SealBroken
from capture.seal import salvage
from capture.seal.header import write_header
from capture.seal.keys import Identity
from capture.seal.payload import PayloadCipher, Place
from capture.seal.stream import SalvageReader

WINDOW = 4
"""Chunks in which a hole is a power cut's doing; in truth 128, which would make each file 8 MiB."""
MOST = 9
PLAIN = plaintext(MOST * CHUNK)
IDENTITY, FILE_KEY, NONCE = Identity.generate(), bytes(range(16)), bytes(range(100, 116))
HEADER = write_header(FILE_KEY, [IDENTITY.recipient.wrap(FILE_KEY)])
CIPHER = PayloadCipher(FILE_KEY, NONCE)

GOOD, FINAL = "good", "final"
WHOLE = st.sampled_from([GOOD] * 6 + [FINAL, "zeros", "garbage", "the next one's", "another file's"])
REST = st.sampled_from(["nothing", "short final", "torn good", "zeros", "empty final"])


def sealed(cipher: PayloadCipher, number: int, place: Place, plain: bytes) -> bytes:
    out = memoryview(bytearray(len(plain) + 16))
    cipher.seal_into(number, place, memoryview(plain), out)
    return bytes(out)


def plain_of(number: int) -> bytes:
    return PLAIN[number * CHUNK : (number + 1) * CHUNK]


def chunk(number: int, state: str) -> bytes:
    match state:
        case "good":
            return sealed(CIPHER, number, Place.MORE_FOLLOW, plain_of(number))
        case "final":
            return sealed(CIPHER, number, Place.FINAL, plain_of(number))
        case "zeros":
            return bytes(SEALED_CHUNK)
        case "garbage":
            return plaintext(SEALED_CHUNK, seed=number)
        case "the next one's":
            return sealed(CIPHER, number + 1, Place.MORE_FOLLOW, plain_of(number))
    return sealed(PayloadCipher(bytes(16), NONCE), number, Place.MORE_FOLLOW, plain_of(number))


def rest(number: int, state: str) -> bytes:
    match state:
        case "short final":
            return sealed(CIPHER, number, Place.FINAL, b"the end")
        case "empty final":
            return sealed(CIPHER, number, Place.FINAL, b"")
        case "torn good":
            return chunk(number, GOOD)[:9_999]
        case "zeros":
            return bytes(9_999)
    return b""


def promised(states: list[str], end: str) -> tuple[bytes, int | None]:
    """By the page's rule, step by step: the plaintext, and the number of a damaged chunk in it, if there is one."""
    pieces = [plain_of(number) if state in (GOOD, FINAL) else None for number, state in enumerate(states)]
    all_states = list(states)
    if end == "short final" or (end == "empty final" and not states):
        pieces.append(b"the end" if end == "short final" else b"")
        all_states.append(FINAL)
    while pieces and pieces[-1] is None:
        pieces.pop()
    last = len(pieces) - 1
    stop = more = len(pieces)
    for number in range(max(0, last - (WINDOW - 1)), last + 1):
        if pieces[number] is None or all_states[number] == FINAL:
            stop, more = number + (all_states[number] == FINAL), number
            break
    damaged = [number for number in range(more) if all_states[number] != GOOD]
    return b"".join(bytes(CHUNK) if piece is None else piece for piece in pieces[:stop]), min(damaged, default=None)


def written(folder: Path, content: bytes) -> SealedFile:
    path = folder / "film.part"
    path.write_bytes(HEADER + NONCE + content)
    return SealedFile(path, b"", IDENTITY, FILE_KEY, len(HEADER))


def salvaged(file: SealedFile, use: Callable[[SalvageReader], object]) -> None:
    fd = file.open()
    try:
        use(SalvageReader(fd, file.file_key, file.payload_offset))
        assert os.lseek(fd, 0, os.SEEK_CUR) == 0, "the descriptor is the caller's"
    finally:
        os.close(fd)


@pytest.mark.promise("P8")
@given(states=st.lists(WHOLE, max_size=MOST - 1), end=REST)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_any_row_of_chunks_gives_what_the_page_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, states: list[str], end: str
) -> None:
    monkeypatch.setattr(salvage, "_UNSYNCED_CHUNKS", WINDOW)
    content = b"".join(chunk(number, state) for number, state in enumerate(states)) + rest(len(states), end)
    plain, damaged = promised(states, end)

    def check(film: SalvageReader) -> None:
        assert film.size == len(plain)
        if damaged is None:
            assert film.read_at(0, film.size) == plain
            return
        assert film.read_at(0, damaged * CHUNK) == plain[: damaged * CHUNK]
        with pytest.raises(SealBroken):
            film.read_at(0, film.size)

    salvaged(written(tmp_path, content), check)


GOOD_ONES = b"".join(chunk(number, GOOD) for number in range(4))


@pytest.mark.parametrize("torn", [0, 5_000], ids=["whole chunks", "torn chunk"])
def test_sparse_tail_of_a_terabyte_costs_a_few_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: int) -> None:
    file = written(tmp_path, GOOD_ONES + chunk(4, GOOD)[:torn])
    os.truncate(file.path, 1 << 40)
    left, preadv = [50], os.preadv

    def counted(*args: object) -> int:
        left[0] -= 1
        assert left[0] >= 0, "it reads the hole"
        return preadv(*args)

    monkeypatch.setattr(os, "preadv", counted)
    salvaged(file, lambda film: film.size == 4 * CHUNK or pytest.fail(f"{film.size} bytes"))


def test_tail_is_walked_over_where_the_file_system_knows_no_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, GOOD_ONES + bytes(5 * SEALED_CHUNK))
    lseek = os.lseek

    def old(fd: int, offset: int, whence: int) -> int:
        if whence == os.SEEK_DATA:
            raise OSError(22, "Invalid argument")
        return lseek(fd, offset, whence)

    monkeypatch.setattr(os, "lseek", old)
    salvaged(file, lambda film: film.size == 4 * CHUNK or pytest.fail(f"{film.size} bytes"))


def test_file_that_shrinks_under_the_search_gives_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, GOOD_ONES + plaintext(3 * SEALED_CHUNK))
    preadv = os.preadv

    def shrinking(*args: object) -> int:
        os.truncate(file.path, file.first_chunk + 2 * SEALED_CHUNK + 99)
        return preadv(*args)

    monkeypatch.setattr(os, "preadv", shrinking)
    salvaged(file, lambda film: film.read_at(0, 1 << 20) == PLAIN[: 2 * CHUNK] or pytest.fail("other bytes"))


def test_file_that_grows_stays_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD_ONES[: 2 * SEALED_CHUNK + 7_000])

    def grow(film: SalvageReader) -> None:
        with file.path.open("ab") as more:
            more.write(GOOD_ONES[2 * SEALED_CHUNK + 7_000 :])
        assert film.read_at(0, 1 << 20) == PLAIN[: 2 * CHUNK]

    salvaged(file, grow)
    salvaged(file, lambda film: film.read_at(0, 1 << 20) == PLAIN[: 4 * CHUNK] or pytest.fail("other bytes"))
