"""Fuzz target: the sealed stream's readers. The input is a list of orders to whoever tampers with a file, and of ranges to read.

Random bytes never authenticate, so the fuzzer does not write the file: it drops, swaps, cuts and splices chunks, and may even
seal chunks itself under the right key. Whatever comes back must have been sealed for that very place.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.errors import SealBroken, Truncated
from capture.seal.payload import PayloadCipher, Place
from capture.seal.reader import PlainReader
from capture.seal.stream import SalvageReader, SealedReader

CHUNK = 65536
SEALED = CHUNK + 16
KEYS = (b"k" * 16, b"other key 16 by.")
NONCES = (b"n" * 16, b"other nonce 16 b")
ORDER = struct.Struct(">BBHI")
_MOST_ORDERS = 24
_MOST_CHUNKS = 12
_LENGTHS = (0, 1, 15, 16, 5_000, CHUNK - 1, CHUNK, CHUNK)


@cache
def _plain(number: int, version: int, length: int) -> bytes:
    """What is sealed as this chunk; another version is another film."""
    return random.Random(f"{number} {version}").randbytes(CHUNK)[:length]


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a chunk was sealed: for which place, with what in it, and by whom (`key`, `nonce`: 0 is the film's own)."""

    number: int
    place: Place
    length: int
    version: int = 0
    key: int = 0
    nonce: int = 0

    def plain(self) -> bytes:
        return _plain(self.number, self.version, self.length)


@cache
def _sealed(chunk: Sealing) -> bytes:
    out = bytearray(chunk.length + 16)
    cipher = PayloadCipher(KEYS[chunk.key], NONCES[chunk.nonce])
    cipher.seal_into(chunk.number, chunk.place, memoryview(chunk.plain()), memoryview(out))
    return bytes(out)


class Tampered:
    """A sealed film of three full chunks and a short one, and what was done to it."""

    def __init__(self, orders: bytes) -> None:
        self.nonce = 0
        self.chunks = [b""] * 4
        self.truth: dict[tuple[int, Place], set[bytes]] = {}
        for number in range(3):
            self._put(number, Sealing(number, Place.MORE_FOLLOW, CHUNK))
        self._put(3, Sealing(3, Place.FINAL, 5_000))
        self.tail = b""
        self.ranges: list[tuple[int, int]] = []
        for at in range(0, min(len(orders), _MOST_ORDERS * ORDER.size) - ORDER.size + 1, ORDER.size):
            what, one, two, three = ORDER.unpack_from(orders, at)
            match what % 16:
                case 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7:
                    self._rearrange(what % 8, one, two, three)
                case 8 | 9 | 10 | 11:
                    self._forge(what % 4, one, two, three)
                case _:  # near a border of chunks more often than anywhere
                    offset = one % 16 * CHUNK // 2 + three % 8 - 4 if what & 128 else three % (_MOST_CHUNKS * CHUNK)
                    self.ranges.append((max(0, offset), two * two if two & 1 else two >> 8))

    def payload(self) -> bytes:
        return NONCES[self.nonce] + b"".join(self.chunks) + self.tail

    def _rearrange(self, what: int, one: int, two: int, three: int) -> None:
        """What anybody can do who gets at the file."""
        here, there = one % len(self.chunks), two % len(self.chunks)
        chunk = self.chunks[here]
        match what:
            case 0 if chunk:
                place = three % len(chunk)
                self.chunks[here] = chunk[:place] + bytes([chunk[place] ^ 1 << two % 8]) + chunk[place + 1 :]
            case 1 if len(self.chunks) > 1:
                del self.chunks[here]
            case 2 if len(self.chunks) < _MOST_CHUNKS:
                self.chunks.insert(there, chunk)
            case 3:
                self.chunks[here], self.chunks[there] = self.chunks[there], chunk
            case 4:
                self.chunks[here] = chunk[: three % (len(chunk) + 1)]
            case 5:
                self.chunks[here] = bytes(len(chunk))
            case 6:
                self.tail = bytes(three % 200_000)
            case 7:
                self.tail = chunk[: three % (len(chunk) + 1)]

    def _forge(self, what: int, one: int, two: int, three: int) -> None:
        """What somebody can do who has other films, or even this one's key."""
        here, number, place = one % len(self.chunks), two % _MOST_CHUNKS, Place(three & 1)
        length, version = _LENGTHS[three >> 1 & 7], three >> 4 & 1
        match what:
            case 0:
                self._put(here, Sealing(number, place, length, version))
            case 1:  # other key, other nonce, or (what must never be made) both the same
                self._put(here, Sealing(number, place, CHUNK, 1, key=three >> 5 & 1, nonce=three >> 6 & 1))
            case 2 if len(self.chunks) < _MOST_CHUNKS:
                self.chunks.append(b"")
                self._put(-1, Sealing(len(self.chunks) - 1, place, length))
            case 3:
                self.nonce = three & 1

    def _put(self, here: int, chunk: Sealing) -> None:
        self.chunks[here] = _sealed(chunk)
        if chunk.key == chunk.nonce == 0:
            self.truth.setdefault((chunk.number, chunk.place), set()).add(chunk.plain())


def check(data: bytes) -> None:
    tampered = Tampered(data)
    payload = tampered.payload()
    fd = os.memfd_create("film")
    try:
        os.write(fd, payload)
        opened = _chunks_that_open(payload)
        for number, (place, plain) in opened.items():
            # The nonce may have been changed for that of another film: then nothing of this one opens.
            assert plain in tampered.truth.get((number, place), set()) or tampered.nonce
        _check_sealed(SealedReader(fd, KEYS[0], 0), opened, -(-(len(payload) - 16) // SEALED), tampered.ranges)
        _check_salvage(SalvageReader(fd, KEYS[0], 0), opened, tampered.ranges)
    finally:
        os.close(fd)


def _chunks_that_open(payload: bytes) -> dict[int, tuple[Place, bytes]]:
    """Reckoned here from the specification alone: which chunks authenticate where they lie, and as what."""
    key = HKDF(algorithm=SHA256(), length=32, salt=payload[:16], info=b"payload").derive(KEYS[0])
    aead, found = ChaCha20Poly1305(key), {}
    for number, at in enumerate(range(16, len(payload), SEALED)):
        for place in Place:
            try:
                plain = aead.decrypt(number.to_bytes(11, "big") + bytes([place]), payload[at : at + SEALED], None)
            except InvalidTag:
                continue
            is_misplaced = len(plain) < CHUNK if place is Place.MORE_FOLLOW else not plain and number > 0
            if not is_misplaced:
                found[number] = (place, plain)
    return found


def _check_sealed(film: PlainReader, opened: dict[int, tuple[Place, bytes]], count: int, ranges: list[tuple[int, int]]) -> None:
    last = max(0, count - 1)
    has_end = opened.get(last, (None, b""))[0] is Place.FINAL
    try:
        assert film.size == last * CHUNK + len(opened[last][1])
        assert has_end
    except Truncated:
        assert not has_end
    known = {n: plain for n, (place, plain) in opened.items() if (place is Place.FINAL) == (n == last)}
    end = last * CHUNK + len(known[last]) if has_end else (last + 1) * CHUNK
    _check_ranges(film, known, end, [(0, (count + 1) * CHUNK), *ranges], is_end_known=has_end)


def _check_salvage(film: PlainReader, opened: dict[int, tuple[Place, bytes]], ranges: list[tuple[int, int]]) -> None:
    whole = b"".join(_before_the_first_bad(opened))
    assert film.size == len(whole), (film.size, len(whole))
    known = {number: whole[number * CHUNK : (number + 1) * CHUNK] for number in range(-(-len(whole) // CHUNK))}
    _check_ranges(film, known, len(whole), [(0, len(whole) + 9), *ranges], is_end_known=True)


def _before_the_first_bad(opened: dict[int, tuple[Place, bytes]]) -> Iterator[bytes]:
    for number in range(len(opened) + 1):
        place, plain = opened.get(number, (Place.FINAL, b""))
        yield plain
        if place is Place.FINAL:
            return


def _check_ranges(
    film: PlainReader, known: dict[int, bytes], end: int, ranges: list[tuple[int, int]], *, is_end_known: bool
) -> None:
    """Each range is the slice of what authenticates, and is refused exactly where something that it needs does not."""
    given: list[tuple[bytes, bytes]] = []
    for offset, length in ranges:
        stop = min(offset + length, end)
        needed = range(offset // CHUNK, (stop - 1) // CHUNK + 1) if stop > offset else range(0)
        is_whole = all(number in known for number in needed) and (is_end_known or offset < end or not length)
        try:
            got = film.read_at(offset, length)
        except (SealBroken, Truncated):
            assert not is_whole, (offset, length)
            continue
        assert is_whole, (offset, length)
        held = b"".join(known[number] for number in needed)
        given.append((got, held[offset % CHUNK :][: max(0, stop - offset)]))
        if length < 3 * CHUNK:
            room = memoryview(bytearray(length))
            assert film.read_into(offset, room) == len(got)
            assert room[: len(got)] == got
    # Only now: what was handed out stays what it was, whatever was read after it.
    assert all(got == wanted for got, wanted in given)


def seeds() -> list[bytes]:
    def orders(*each: tuple[int, int, int, int]) -> bytes:
        return b"".join(ORDER.pack(*order) for order in each)

    reads = ((13, 0, 3, 0), (141, 2, 511, 4), (13, 0, 400, 70_000), (13, 0, 0xFF01, CHUNK - 1))
    kinds = [orders((what, 1, 2, 77), *reads) for what in range(12)]
    finals = [orders((8, at, at, bits), *reads) for at in range(4) for bits in (1, 13, 15, 14)]
    foreign = [orders((9, 1, 1, who << 5), *reads) for who in range(4)]
    return [b"", orders(*reads), *kinds, *finals, *foreign, orders((10, 0, 0, 15), (10, 0, 0, 14), *reads)]


TARGET = Target(seeds, check, vary_bytes, most_bytes=_MOST_ORDERS * ORDER.size)
