"""ISO base media boxes as bytes: how one is framed, and how big-endian tables are packed. Never reads a file, knows no track.

Source: ISO/IEC 14496-12, 4.2 (Box, FullBox).
"""

from __future__ import annotations

import struct
import sys
from array import array

HEADER_BYTES = 8
"""Size and type of an ordinary box; also the smallest `free` box."""

LARGE_HEADER_BYTES = 16
"""The same with a 64-bit size."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box of the four-letter `kind` around `parts`; its size must fit 32 bits."""
    body = b"".join(parts)
    return struct.pack(">I4s", HEADER_BYTES + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with a version and 24 bits of flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def mdat_header(payload_bytes: int) -> bytes:
    """The head of an `mdat`: 8 bytes, or 16 with a 64-bit size where 32 bits do not hold it."""
    if payload_bytes + HEADER_BYTES < 1 << 32:
        return struct.pack(">I4s", HEADER_BYTES + payload_bytes, b"mdat")
    return struct.pack(">I4sQ", 1, b"mdat", LARGE_HEADER_BYTES + payload_bytes)


def free_box(size: int) -> bytes:
    """Padding of exactly `size` bytes (at least 8), header included."""
    assert size >= HEADER_BYTES, "a free box is its own header at least"
    return struct.pack(">I4s", size, b"free") + bytes(size - HEADER_BYTES)


def big_endian(table: array[int]) -> bytes:
    """A table of unsigned numbers as the file holds it, in the width of the array."""
    if sys.byteorder == "big":
        return table.tobytes()
    swapped = table[:]
    swapped.byteswap()
    return swapped.tobytes()


def from_big_endian(typecode: str, data: bytes) -> array[int]:
    """The reverse; `data` must be a whole number of items."""
    table: array[int] = array(typecode)
    table.frombytes(data)
    if sys.byteorder == "little":
        table.byteswap()
    return table
