"""Whether a key is the one that a sealed file was written with: tried on its chunks. Shows nothing of what they hold.

A header can be made for any key, and still say nothing of the payload behind it: who replaced a good header by such a one would
lose the film.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum

from capture.errors import SealBroken, Truncated
from capture.seal.chunks import ChunkSource, Unreadable
from capture.seal.payload import SEALED_CHUNK_BYTES, TAG_BYTES, Place

_TRIES = 64
"""A film may be damaged at its beginning; where none of so many chunks opens, it is the key."""


class Proof(Enum):
    """What the chunks say of the key."""

    OPENS = "opens"
    OPENS_NOTHING = "opens_nothing"
    NOTHING_THERE = "nothing_there"
    """Not one chunk is whole: there is nothing to lose, and nothing to try a key on."""


def try_key(fd: int, file_key: bytes, payload_offset: int) -> Proof:
    """Try it on the file's first chunks. Raises no refusal; `fd` stays the caller's."""
    try:
        source = ChunkSource(fd, file_key, payload_offset)
    except (Truncated, Unreadable):
        return Proof.NOTHING_THERE
    whole, rest = divmod(source.sealed_bytes, SEALED_CHUNK_BYTES)
    for number in range(min(whole, _TRIES)):
        if _opens(source, number, Place.MORE_FOLLOW):
            return Proof.OPENS
    if rest == 0 and whole > 0 and _opens(source, whole - 1, Place.FINAL):
        return Proof.OPENS
    if rest >= TAG_BYTES and _opens(source, whole, Place.FINAL, rest):
        return Proof.OPENS
    return Proof.OPENS_NOTHING if whole > 0 else Proof.NOTHING_THERE


def _opens(source: ChunkSource, number: int, place: Place, length: int = SEALED_CHUNK_BYTES) -> bool:
    with suppress(SealBroken, Truncated, Unreadable):
        source.one(number, place, length)
        return True
    return False
