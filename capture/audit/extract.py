"""The lines of the log that name certain things: for whoever may take an extract away. Reads a bounded piece, checks no line.

A line is handed out as it stands, byte for byte, so that whoever gets it can check its hash and signature; that no line is
missing in between, an extract cannot show. Torn bytes are no line and are left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capture.audit.line import MAX_LINE_BYTES
from capture.audit.tail import is_torn
from capture.errors import AuditBroken, BadRequest

SCAN_BYTES: Final = 2 << 20
"""At most so much of the log is read for one page."""

PAGE_BYTES: Final = 48 * 1024
"""At most so much of it is handed out: a page fits into one message."""

assert PAGE_BYTES > MAX_LINE_BYTES, "each line fits on a page"

_NAMED = re.compile(rb'"([A-Za-z]{2,4}-[0-9A-Za-z]{4,16})"')
"""Whatever has the form of one of the box's ids (`capture/ids.py`)."""

_ASK, _RECORDING = b"ask-", b"rec-"


@dataclass(frozen=True, slots=True)
class Extract:
    """`next_offset` is where the next page begins: the start of a line, or the end of what was looked at."""

    lines: tuple[bytes, ...]
    next_offset: int
    is_last: bool


def extract(path: Path, names: Set[bytes], offset: int, end: int) -> Extract:
    """The whole lines between two places of the log that name one of `names`, as many as fit on a page.

    Not those that by their ask alone would be: one press may erase films of several families, and each film's line is its own's.

    `offset` is 0 or an earlier page's `next_offset`, `end` the byte behind the last line that is on disk. Raises BadRequest for
    an offset that begins no line, AuditBroken where no line ends for longer than a power cut can leave torn, OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if offset > end or (offset and os.pread(fd, 1, offset - 1) != b"\n"):
            raise BadRequest("no line of the log begins there")
        data = os.pread(fd, min(SCAN_BYTES, end - offset), offset)
    finally:
        os.close(fd)
    return _pick(data, names, offset, is_all=offset + len(data) >= end)


def _pick(data: bytes, names: Set[bytes], offset: int, *, is_all: bool) -> Extract:
    found: list[bytes] = []
    size = at = 0
    while (stop := data.find(b"\n", at) + 1) > 0:
        line = data[at:stop]
        if _is_about(line, names) and not is_torn(line):
            if size + len(line) > PAGE_BYTES:
                return Extract(tuple(found), offset + at, is_last=False)
            found.append(line)
            size += len(line)
        at = stop
    if data and not at:
        raise AuditBroken("no line ends in a long piece of the log")
    return Extract(tuple(found), offset + at, is_last=is_all)


def _is_about(line: bytes, names: Set[bytes]) -> bool:
    named = set(_NAMED.findall(line))
    ours = named & names
    is_by_ask_alone = all(name.startswith(_ASK) for name in ours)
    return bool(ours) and not (is_by_ask_alone and any(name.startswith(_RECORDING) for name in named - names))
