"""Ways to change bytes that are worth more than noise: odd numbers, balanced sums, moved pieces. Knows boxes, but no parser."""

from __future__ import annotations

import random
import struct

_ODD_NUMBERS = (0, 1, 2, 7, 8, 15, 16, 0x7F, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf", b"mfra"})


def vary_bytes(data: bytes, chance: random.Random) -> bytes:
    """One to four changes anywhere."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        chance.choice((_flip, _byte, _word, _long, _balance, _repeat, _drop, _move))(changed, chance)
    return bytes(changed)


def vary_boxes(data: bytes, chance: random.Random) -> bytes:
    """Changes within one box, or of whole boxes with the sizes around them kept right."""
    boxes = list(_boxes(data, 0, len(data)))
    if not boxes or chance.random() < 0.2:
        return vary_bytes(data, chance)
    path = chance.choice(boxes)
    start, stop = path[-1]
    inner = bytearray(data[start + 8 : stop])
    match chance.randrange(6):
        case 0:
            piece = b""
        case 1:
            piece = data[start:stop] * 2
        case 2:
            other = chance.choice(boxes)[-1]
            piece = data[slice(*other)] + data[start:stop]
        case 3:
            piece = data[start:stop] + struct.pack(">I4s", 8, b"free")
        case _:
            for _ in range(chance.randint(1, 3)):
                chance.choice((_word, _balance, _byte, _word, _long))(inner, chance)
            piece = data[start : start + 8] + bytes(inner)
    return _replaced(data, path, piece)


def _boxes(data: bytes, start: int, stop: int, above: tuple[tuple[int, int], ...] = ()) -> list[tuple[tuple[int, int], ...]]:
    """The path of every box that can be found: its own place last, before it those around it."""
    found = []
    while stop - start >= 8 and len(above) < 8:
        size, kind = struct.unpack_from(">I4s", data, start)
        end = min(stop, start + max(size, 8))
        path = (*above, (start, end))
        found.append(path)
        if kind in _CONTAINERS:
            found += _boxes(data, start + 8, end, path)
        start = end
    return found


def _replaced(data: bytes, path: tuple[tuple[int, int], ...], piece: bytes) -> bytes:
    start, stop = path[-1]
    changed = bytearray(data[:start] + piece + data[stop:])
    grown = len(piece) - (stop - start)
    for around, _ in path[:-1]:
        (size,) = struct.unpack_from(">I", changed, around)
        struct.pack_into(">I", changed, around, (size + grown) & 0xFFFFFFFF)
    return bytes(changed)


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _byte(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _word(data: bytearray, chance: random.Random) -> None:
    """A number of 4 bytes becomes an odd one, or a little more or less."""
    if len(data) < 4:
        return
    place = chance.randrange(len(data) - 3)
    place -= place % chance.choice((1, 4))
    (old,) = struct.unpack_from(">I", data, place)
    new = chance.choice((chance.choice(_ODD_NUMBERS), old + chance.randint(-9, 9), len(data) + chance.randint(-20, 20), old << 8))
    struct.pack_into(">I", data, place, new & 0xFFFFFFFF)


def _long(data: bytearray, chance: random.Random) -> None:
    """A number of 8 bytes becomes one near the end of what they hold, or of what a sum with it may be."""
    if len(data) < 8:
        return
    place = chance.randrange(len(data) - 7)
    place -= place % chance.choice((1, 4))
    new = chance.choice((0, 1 << 32, 1 << 39, 1 << 40, 1 << 62, 1 << 63, 1 << 64)) - chance.choice((0, 1, 1, 16))
    struct.pack_into(">Q", data, place, new & 0xFFFFFFFF_FFFFFFFF)


def _balance(data: bytearray, chance: random.Random) -> None:
    """One number gets what a near one loses: tables keep their sums."""
    if len(data) < 8:
        return
    place = chance.randrange(len(data) - 7) & ~3
    other = min(place + 4 * chance.randint(1, 8), len(data) - 4)
    by = chance.choice((1, 2, 100, chance.randrange(1 << 32)))
    for here, change in ((place, by), (other, -by)):
        (old,) = struct.unpack_from(">I", data, here)
        struct.pack_into(">I", data, here, (old + change) & 0xFFFFFFFF)


def _piece(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 4, 8, 20, 64, 400)))


def _repeat(data: bytearray, chance: random.Random) -> None:
    start, stop = _piece(data, chance)
    data[start:start] = data[start:stop] * chance.choice((1, 1, 2, 30))


def _drop(data: bytearray, chance: random.Random) -> None:
    start, stop = _piece(data, chance)
    del data[start:stop]


def _move(data: bytearray, chance: random.Random) -> None:
    start, stop = _piece(data, chance)
    piece = data[start:stop]
    del data[start:stop]
    place = chance.randrange(len(data) + 1)
    data[place:place] = piece
