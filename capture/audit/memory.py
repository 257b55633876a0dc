"""A head of the log as the box remembers it outside of the log, and whether the log still has it. Stores nothing itself.

Whoever cuts the log's end off, or puts an older one in its place, leaves a log that holds in itself. So the box keeps where it
stood elsewhere: the last line's number and link, and where in the file that line ends, so that a start need not read all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from capture.audit.line import EMPTY, MAX_LINE_BYTES, AuditHead, AuditLine, link_of, parse_line
from capture.errors import AuditBroken

_TEXT = re.compile(r"(0|[1-9][0-9]{0,15}) ([0-9a-f]{64}) (0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class RememberedHead:
    """`end_offset` is the byte behind that line's newline; all three are zero before the first line."""

    sequence: int
    hash: str
    end_offset: int

    @property
    def head(self) -> AuditHead:
        return AuditHead(self.sequence, self.hash)

    @property
    def text(self) -> str:
        """For whoever stores it."""
        return f"{self.sequence} {self.hash} {self.end_offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `text` back. Raises ValueError."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError("malformed remembered head")
        return cls(int(found[1]), found[2], int(found[3]))

    def stands_in(self, path: Path) -> bool:
        """Whether this very line ends at this place of the log at `path`. Raises OSError."""
        if self.head == EMPTY:
            return True
        begin = max(0, self.end_offset - MAX_LINE_BYTES)
        with path.open("rb") as file:
            file.seek(begin)
            window = file.read(self.end_offset - begin)
        raw = window[window.rfind(b"\n", 0, -1) + 1 :]
        try:
            # a log that is shorter now ends elsewhere, and no link of another line is this one
            return begin + len(window) == self.end_offset and (parse_line(raw).seq, link_of(raw)) == self.head
        except AuditBroken:
            return False


def lines_behind(path: Path, offset: int) -> Iterator[AuditLine]:
    """The lines from this place of the log on; what is torn or none is passed over. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        for raw in iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""):
            try:
                yield parse_line(raw)
            except AuditBroken:
                continue
