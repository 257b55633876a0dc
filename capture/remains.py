"""What a recording's file still holds when it was never closed, and why where that is nothing. Never alters it, keeps no key.

Each way in which nothing is left has a name of its own, which travels as the refusal's reason.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from capture.container.index import load_index
from capture.errors import SealBroken, Truncated
from capture.seal.header import HEADER_LIMIT, VERSION_LINE, parse_header
from capture.seal.stream import PlainReader, SalvageReader, SealedReader

_FRAGMENTED = b"ftypiso5"
"""What a recording's plaintext says of itself at byte 4: a fragmented MP4 (ISO/IEC 14496-12, 4.3)."""


class Remains(Enum):
    """Why nothing of a file can be shown."""

    EMPTY = "empty_file"
    """Not a byte of it, or only zeros: it was created, and nothing written into it became durable."""
    HEADER_CUT = "header_cut"
    """It begins as a sealed file, and its header is not whole: nobody can open it any more."""
    NOTHING_WHOLE = "nothing_whole"
    """It opens, and was cut before its first whole picture."""
    FOREIGN = "foreign_file"
    """It never was a recording of a box."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """What plays, and how many pictures are known to be lost. `is_complete` where the take was closed after all.

    Of a take that was cut nobody knows how much was filmed after the last byte that reached the disk: those pictures are in no
    count.
    """

    duration_ms: int
    frames: int
    frames_lost: int
    is_complete: bool


def check_start(fd: int) -> None:
    """Return if the file begins with a whole age header. Raises Truncated with EMPTY or HEADER_CUT, SealBroken with FOREIGN, and
    without a reason for a header that is there and damaged."""
    start = os.pread(fd, HEADER_LIMIT + 1, 0)
    written = start.rstrip(b"\0")
    if not written:
        raise nothing_left(Remains.EMPTY)
    if not (written.startswith(VERSION_LINE) or VERSION_LINE.startswith(written)):
        raise SealBroken(reasons=(Remains.FOREIGN.value,))
    try:
        parse_header(written)
    except Truncated as error:
        raise nothing_left(Remains.HEADER_CUT) from error


def look(fd: int, file_key: bytes, payload_offset: int, *, is_sealed: bool) -> Salvage:
    """Find what is left. Raises Truncated with NOTHING_WHOLE, SealBroken (with FOREIGN for what is no film), OSError."""
    try:
        reader: PlainReader = (SealedReader if is_sealed else SalvageReader)(fd, file_key, payload_offset)
        index = load_index(reader)
    except Truncated as error:
        raise nothing_left(Remains.NOTHING_WHOLE) from error
    except SealBroken as error:
        if not is_recording(reader):
            raise SealBroken(reasons=(Remains.FOREIGN.value,)) from error
        raise
    return Salvage(index.duration_ms, index.frames, index.frames_lost, index.is_complete)


def is_recording(reader: PlainReader) -> bool:
    """Whether the plaintext begins as a recording's does. Raises SealBroken, Truncated, OSError."""
    return reader.read_at(4, len(_FRAGMENTED)) == _FRAGMENTED


def nothing_left(why: Remains) -> Truncated:
    """The refusal for it."""
    return Truncated(reasons=(why.value,))
