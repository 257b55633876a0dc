"""A sealed film and what is done to it by order of a fuzzer. Judges nothing: `stream` does."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from functools import cache

from capture.seal.payload import PayloadCipher, Place

CHUNK = 65536
KEYS = (b"k" * 16, b"other key 16 by.")
NONCES = (b"n" * 16, b"other nonce 16 b")
ORDER = struct.Struct(">BBHI")
MOST_ORDERS = 24
MOST_CHUNKS = 8
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
        self.truth: dict[tuple[int, int, Place], set[bytes]] = {}
        """All that the holder of the film's key ever sealed: by nonce, number and place."""
        for number in range(3):
            self._put(number, Sealing(number, Place.MORE_FOLLOW, CHUNK))
        self._put(3, Sealing(3, Place.FINAL, 5_000))
        self.tail = b""
        self.ranges: list[tuple[int, int]] = []
        for at in range(0, min(len(orders), MOST_ORDERS * ORDER.size) - ORDER.size + 1, ORDER.size):
            what, one, two, three = ORDER.unpack_from(orders, at)
            match what % 16:
                case 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7:
                    self._rearrange(what % 8, one, two, three)
                case 8 | 9 | 10 | 11:
                    self._forge(what % 4, one, two, three)
                case _:  # near a border of chunks more often than anywhere
                    offset = one % 16 * CHUNK // 2 + three % 8 - 4 if what & 128 else three % (MOST_CHUNKS * CHUNK)
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
            case 2 if len(self.chunks) < MOST_CHUNKS:
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
        here, number, place = one % len(self.chunks), two % MOST_CHUNKS, Place(three & 1)
        length, version = _LENGTHS[three >> 1 & 7], three >> 4 & 1
        match what:
            case 0:
                self._put(here, Sealing(number, place, length, version))
            case 1:  # other key, other nonce, or (what must never be made) both the same
                self._put(here, Sealing(number, place, CHUNK, 1, key=three >> 5 & 1, nonce=three >> 6 & 1))
            case 2 if len(self.chunks) < MOST_CHUNKS:
                self.chunks.append(b"")
                self._put(-1, Sealing(len(self.chunks) - 1, place, length))
            case 3:
                self.nonce = three & 1

    def _put(self, here: int, chunk: Sealing) -> None:
        self.chunks[here] = _sealed(chunk)
        if chunk.key == 0:
            self.truth.setdefault((chunk.nonce, chunk.number, chunk.place), set()).add(chunk.plain())
