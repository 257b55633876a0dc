"""The end of an audit log: the last line that holds, and what a power cut left behind it. Reads only; mends and forgives nothing.

Lines are synced in batches. What was not synced when power was cut may have arrived in part and out of order: a line may lack its
end, and where a block of the disk is missing, zeros stand in a line or in several, with whole lines behind them that follow on
nothing. A line that the box wrote has an end and no zero byte: by that, what is *torn* is told from what was changed.
"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capture.audit.line import EMPTY, AuditEvent, AuditHead, AuditLine, link_of, parse_line
from capture.errors import AuditBroken

LINE_END: Final = b'"}\n'
"""What every whole line ends with, and no unfinished one."""

MAX_TAIL_BYTES: Final = 1 << 20
"""More than this a power cut cannot leave: so long a tail is something else, and is not covered up."""

BATCH: Final = 64
"""Lines that may share one sync: so many whole ones can lie behind a hole, and no more."""


def is_torn(raw: bytes) -> bool:
    """Whether a power cut can have left this line so: its end is missing, or a part of it never came."""
    return not raw.endswith(LINE_END) or b"\0" in raw


@dataclass(slots=True)
class TornTail:
    """What stands behind a line that holds, from a torn line on, until a `tail_lost` line accounts for it."""

    number: int = 0
    """The torn line's, counted in the file from 1; 0 while there is none."""
    data: bytes = b""
    _whole: int = 0

    def may_take(self, raw: bytes) -> bool:
        """Whether this can be a part of it: a torn line, or behind a hole a whole one of the same batch."""
        return is_torn(raw) or (b"\0" in self.data and self._whole < BATCH)

    def take(self, number: int, raw: bytes) -> None:
        self.number = self.number or number
        self.data += raw
        self._whole += not is_torn(raw)

    @property
    def is_too_long(self) -> bool:
        return len(self.data) > MAX_TAIL_BYTES

    def is_accounted_for(self, line: AuditLine) -> bool:
        lost = self.data.removesuffix(b"\n")
        told = (line.event, line.fields.get("bytes"), line.fields.get("sha256"))
        return told == (AuditEvent.TAIL_LOST, len(lost), hashlib.sha256(lost).hexdigest())


def read_end(path: Path, public_hex: str) -> tuple[AuditHead, bytes]:
    """The head that the last line that holds gives, and the torn bytes behind it.

    Looks at the last batch alone, and checks one signature: the start of the box must not take longer each month. Raises
    AuditBroken where the log ends in something that is neither this box's line nor torn, OSError.
    """
    with path.open("rb") as file:
        if file.seek(0, 2) == 0:
            return EMPTY, b""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            stop = _last_stop(data)
            tail = data[stop:]
            if len(tail) > MAX_TAIL_BYTES:
                raise AuditBroken("the log ends in something that is no line")
            if LINE_END in tail and not 0 <= tail.find(b"\0") < tail.find(LINE_END):
                raise AuditBroken("the log ends in lines that do not follow")
            if stop == 0:
                return EMPTY, tail
            try:
                line = parse_line(data[_start(data, stop) : stop])
                line.check_signature(public_hex)
            except AuditBroken as error:
                raise AuditBroken(f"the log's last line: {error.detail}") from error
            return line.head, tail


def _last_stop(data: mmap.mmap) -> int:
    """Where the last line that holds ends; 0 if there is none."""
    window = last = _stop(data, len(data))
    for _ in range(BATCH):
        window = _stop(data, _start(data, window))
    return last if data.find(b"\0", window) < 0 else _stop_before_hole(data, last)


def _stop_before_hole(data: mmap.mmap, stop: int) -> int:
    """Walk back until a batch of lines hangs together, each by the hash of the one before: all behind it follows on nothing."""
    found, after = stop, list[AuditLine]()
    while stop > 0 and len(after) <= BATCH and len(data) - stop <= MAX_TAIL_BYTES:
        start = _start(data, stop)
        line = _parse(data[start:stop])
        if line is None or (after and after[-1].prev != link_of(data[start:stop])):
            after.clear()
        if line is None:
            stop = _stop(data, start)
            continue
        if not after:
            found = stop
        after.append(line)
        stop = start - _accounted_bytes(data, start, line)
    return found if after and (stop > 0 or after[-1].prev == EMPTY.hash) else stop


def _accounted_bytes(data: mmap.mmap, start: int, line: AuditLine) -> int:
    """How much in front of this line it accounts for: torn bytes and their newline."""
    lost = line.fields.get("bytes")
    if line.event is not AuditEvent.TAIL_LOST or not isinstance(lost, int) or not 0 < lost < start:
        return 0
    torn = data[start - 1 - lost : start - 1]
    return lost + 1 if hashlib.sha256(torn).hexdigest() == line.fields.get("sha256") else 0


def _stop(data: mmap.mmap, before: int) -> int:
    """Where the last end of a line before this place is; 0 if there is none."""
    end = data.rfind(LINE_END, 0, before)
    return 0 if end < 0 else end + len(LINE_END)


def _start(data: mmap.mmap, stop: int) -> int:
    return data.rfind(b"\n", 0, max(0, stop - 1)) + 1


def _parse(raw: bytes) -> AuditLine | None:
    try:
        return parse_line(raw)
    except AuditBroken:
        return None
