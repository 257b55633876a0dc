"""Fuzz target: the sealed stream's readers. The input is a list of orders to whoever tampers with a file, and of ranges to read.

Random bytes never authenticate, so the fuzzer does not write the file: it drops, swaps, cuts and splices chunks, and may even
seal chunks itself under the right key. Whatever comes back must have been sealed for that very place.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fuzz import header
from fuzz.mutation import vary_bytes
from fuzz.tampered import CHUNK, KEYS, MOST_ORDERS, ORDER, Tampered
from fuzz.target import Target

from capture.errors import SealBroken, Truncated
from capture.seal.payload import Place
from capture.seal.reader import PlainReader
from capture.seal.small import unseal_bytes
from capture.seal.stream import SalvageReader, SealedReader, make_header

SEALED = CHUNK + 16


def check(data: bytes) -> None:
    tampered = Tampered(data)
    payload = tampered.payload()
    fd = os.memfd_create("film")
    try:
        os.write(fd, payload)
        opened = _chunks_that_open(payload)
        for number, (place, plain) in opened.items():
            assert plain in tampered.truth[tampered.nonce, number, place], "nobody sealed this for here"
        count = -(-(len(payload) - 16) // SEALED)
        _check_sealed(SealedReader(fd, KEYS[0], 0), opened, count, tampered.ranges)
        _check_salvage(SalvageReader(fd, KEYS[0], 0), opened, tampered.ranges)
    finally:
        os.close(fd)
    _check_whole(payload, opened, count)


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


def _check_whole(payload: bytes, opened: dict[int, tuple[Place, bytes]], count: int) -> None:
    places = [opened.get(number, (None, b""))[0] for number in range(count)]
    is_whole = places == [Place.MORE_FOLLOW] * (count - 1) + [Place.FINAL]
    try:
        plain = unseal_bytes(_header() + payload, header.identity(1))
    except (SealBroken, Truncated):
        assert not is_whole
    else:
        assert is_whole
        assert plain == b"".join(plain for _, plain in opened.values())


@cache
def _header() -> bytes:
    return make_header(KEYS[0], [header.identity(1).recipient])


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


def vary(data: bytes, chance: random.Random) -> bytes:
    """Whole orders added, left out or in another turn, or bytes anywhere."""
    orders = [data[at : at + ORDER.size] for at in range(0, len(data), ORDER.size)]
    if chance.random() < 0.4 or not orders:
        return vary_bytes(data, chance)
    place = chance.randrange(len(orders))
    match chance.randrange(4):
        case 0:
            del orders[place]
        case 1:
            orders.insert(place, orders[chance.randrange(len(orders))])
        case 2:
            chance.shuffle(orders)
        case _:
            new = (chance.randrange(256), chance.randrange(16), chance.randrange(1 << 16), chance.randrange(1 << 18))
            orders.insert(place, ORDER.pack(*new))
    return b"".join(orders)


TARGET = Target(seeds, check, vary, most_bytes=MOST_ORDERS * ORDER.size)
