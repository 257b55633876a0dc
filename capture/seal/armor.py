"""ASCII armor: an age file as text, read strictly and written canonically, a piece at a time. Opens nothing that is sealed.

Text that says the same in two ways could be changed unseen, so there is one way alone: lines of exactly 64 columns, the last one
padded, canonical base64, one line ending throughout (LF or CRLF), and nothing but white space before and after.

Source: C2SP age.md, "ASCII armor"; RFC 7468, 3 (figure 3, the strict form).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from capture.errors import SealBroken

BEGIN_LINE = b"-----BEGIN AGE ENCRYPTED FILE-----"
END_LINE = b"-----END AGE ENCRYPTED FILE-----"
MARGIN_LIMIT = 1 << 10
"""White space that is borne before and after, in bytes: what no mail program adds is no margin."""
START_BYTES = MARGIN_LIMIT + len(BEGIN_LINE) + 2
"""So much of a file's start shows whether it is armored."""

_ROW_BYTES = 48
"""Binary bytes of a full line."""
_COLUMNS = 64
_BLOCK_BYTES = 1 << 16
_TAIL_LIMIT = _COLUMNS + len(END_LINE) + 4 + MARGIN_LIMIT
_MARGIN = rb"[ \t-\r]{0,%d}" % MARGIN_LIMIT
_START = re.compile(_MARGIN + BEGIN_LINE + rb"(?P<ending>\r?\n)")
_LAST_ROW = rb"(?P<row>(?=[^\r\n]{4,64}[\r\n])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"
_TAILS = {ending: re.compile(rb"(?:" + _LAST_ROW + ending + rb")?" + END_LINE + _MARGIN) for ending in (b"\n", b"\r\n")}


def is_armored(start: bytes) -> bool:
    """Whether a file that begins with `start`, its first START_BYTES, is to be read as armor."""
    return start.lstrip().startswith(BEGIN_LINE)


def read_armor(file: BinaryIO) -> Iterator[bytes]:
    """The binary bytes of the armored `file`, from where it stands to its end, in pieces of about 48 KiB.

    Only when the last piece has come is it known that the armor is good. Raises SealBroken, OSError.
    """
    text = file.read(_BLOCK_BYTES)
    start = _START.match(text)
    if start is None:
        raise SealBroken
    ending, place = start["ending"], start.end()
    while True:
        stop = place + _length_of_full_rows(text, place, len(ending))
        yield _full_rows(text[place:stop], ending)
        text, more = text[stop:], file.read(_BLOCK_BYTES)
        if not more:
            break
        if len(text) > _TAIL_LIMIT:  # neither a row nor an end
            raise SealBroken
        text, place = text + more, 0
    end = _TAILS[ending].fullmatch(text)
    if end is None:
        raise SealBroken
    yield _last_row(end["row"] or b"")


class ArmorWriter:
    """Turns binary bytes into armor, a run of lines at a time. Its `write` is what a ChunkSealer's `emit` may be."""

    def __init__(self, emit: Callable[[bytes], object]) -> None:
        """Emits the first line at once."""
        self._emit = emit
        self._waiting = b""
        emit(BEGIN_LINE + b"\n")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take all of `data`, and emit the lines that it fills."""
        view = memoryview(data).cast("B")
        if len(self._waiting) + len(view) < _ROW_BYTES:
            self._waiting += bytes(view)
            return
        first = _ROW_BYTES - len(self._waiting)
        full = first + (len(view) - first) // _ROW_BYTES * _ROW_BYTES
        rows = [binascii.b2a_base64(self._waiting + bytes(view[:first]))]
        rows += [binascii.b2a_base64(view[place : place + _ROW_BYTES]) for place in range(first, full, _ROW_BYTES)]
        self._waiting = bytes(view[full:])
        self._emit(b"".join(rows))

    def finish(self) -> None:
        """Emit what is left and the last line."""
        self._emit((binascii.b2a_base64(self._waiting) if self._waiting else b"") + END_LINE + b"\n")


def _length_of_full_rows(text: bytes, place: int, ending_bytes: int) -> int:
    """Bytes of whole rows from `place` on: before the padding, before the last line, before the end of what was read."""
    stops = (text.find(b"=", place), text.find(b"-", place), len(text))
    row_bytes = _COLUMNS + ending_bytes
    return (min(stop for stop in stops if stop >= 0) - place) // row_bytes * row_bytes


def _full_rows(rows: bytes, ending: bytes) -> bytes:
    row_bytes = _COLUMNS + len(ending)
    count = len(rows) // row_bytes
    ends = (rows[_COLUMNS + place :: row_bytes] == ending[place : place + 1] * count for place in range(len(ending)))
    packed = rows.replace(ending, b"")
    if len(packed) != count * _COLUMNS or not all(ends):
        raise SealBroken
    try:
        return binascii.a2b_base64(packed, strict_mode=True)
    except binascii.Error as error:
        raise SealBroken from error


def _last_row(row: bytes) -> bytes:
    """Its shape was checked already; what is left is whether the bits under its padding are zero."""
    data = binascii.a2b_base64(row)
    if binascii.b2a_base64(data, newline=False) != row:
        raise SealBroken
    return data
