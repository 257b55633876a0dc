"""Reads a whole audit log and says how far it holds: spelling, hashes, chain, signatures. Changes nothing, opens no recording.

Anyone can do this: the log carries the box's public key in its first line. Whoever knows the key from elsewhere (a log of an
earlier day) passes it in, because a log forged from its first line on would carry the forger's own.

Each line's `prev` covers the line before with its signature, so the last line's signature vouches for all bytes above it: the box
goes on only behind a line it has signed. So a good log is read with two signatures checked instead of one for each line. Where
the last one does not hold, all are checked from the start, so that the first bad line is the one that is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from capture.audit.line import EMPTY, KEY_FIELD, MAX_LINE_BYTES, AuditHead, AuditLine, link_of, parse_line
from capture.audit.tail import TornTail, is_torn
from capture.audit.traces import Traces
from capture.errors import AuditBroken


@dataclass(frozen=True, slots=True)
class BadLine:
    """The first line that does not hold; `number` counts the file's lines from 1."""

    number: int
    why: str


class Signatures(Enum):
    """Which of them are checked in a log in which all else holds."""

    ENDS = "ends"
    """The first line's and the last's."""
    EVERY = "every"


@dataclass(slots=True)
class Chain:
    """What was read, up to the first bad line."""

    public_hex: str = ""
    links: list[str] = field(default_factory=list)
    """What the line behind line `seq` must carry as `prev` stands at `seq - 1`."""
    traces: Traces = field(default_factory=Traces)
    torn_line: int = 0
    torn_bytes: int = 0
    """Bytes of torn lines at the very end, not yet accounted for by the box."""
    bad: BadLine | None = None

    @property
    def head(self) -> AuditHead:
        return AuditHead(len(self.links), self.links[-1]) if self.links else EMPTY

    def has(self, head: AuditHead) -> bool:
        """Whether this very line was read."""
        return head.sequence >= 1 and self.links[head.sequence - 1 : head.sequence] == [head.hash]


def read_chain(path: Path, known_key: str = "", signatures: Signatures = Signatures.ENDS) -> Chain:
    """Read the log at `path`; `known_key` is the box's public key where it is known from elsewhere. Raises OSError."""
    reader = _Reader(known_key, signatures)
    reader.read(path)
    if signatures is Signatures.ENDS and not reader.is_last_signed():
        reader = _Reader(known_key, Signatures.EVERY)
        reader.read(path)
    return reader.chain


def carried_key(path: Path) -> str:
    """The key that the log's first line carries, whoever wrote it; empty where there is none. Raises OSError."""
    with path.open("rb") as file:
        try:
            return str(parse_line(file.readline(MAX_LINE_BYTES + 1)).fields.get(KEY_FIELD, ""))
        except AuditBroken:
            return ""


class _Reader:
    def __init__(self, known_key: str, signatures: Signatures) -> None:
        self.chain = Chain(public_hex=known_key)
        self._signatures = signatures
        self._torn = TornTail()
        self._last: AuditLine | None = None

    def is_last_signed(self) -> bool:
        """Whether the last line that was followed bears the box's signature, and with it all before."""
        if self._last is None:
            return True
        try:
            self._last.check_signature(self.chain.public_hex)
        except AuditBroken:
            return False
        return True

    def read(self, path: Path) -> None:
        chain = self.chain
        with path.open("rb") as file:
            # a line longer than any allowed comes in pieces, none of which holds
            for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
                if is_torn(raw):
                    self._torn.take(number, raw)
                    if self._torn.is_too_long:
                        break
                    continue
                try:
                    self._follow(raw)
                except AuditBroken as error:
                    torn = self._torn
                    if torn.number and torn.may_take(raw):
                        torn.take(number, raw)
                        continue
                    chain.bad = BadLine(torn.number or number, "unfinished" if torn.number else error.detail)
                    return
                if self._torn.number:
                    self._torn = TornTail()
        if self._torn.is_too_long:
            chain.bad = BadLine(self._torn.number, "unfinished")
        elif not chain.links and not self._torn.number:
            chain.bad = BadLine(1, "missing: the log is empty")  # a box's log is begun when the box is made
        chain.torn_line, chain.torn_bytes = self._torn.number, len(self._torn.data)

    def _follow(self, raw: bytes) -> None:
        chain, links = self.chain, self.chain.links
        line = parse_line(raw)
        if line.seq != len(links) + 1 or line.prev != (links[-1] if links else EMPTY.hash):
            raise AuditBroken("does not follow the line before")
        if not links:
            carried = line.fields.get(KEY_FIELD)
            if not isinstance(carried, str) or carried != (chain.public_hex or carried):
                raise AuditBroken("carries another box's key")
            chain.public_hex = carried
        if not links or self._signatures is Signatures.EVERY:
            line.check_signature(chain.public_hex)
        if self._torn.number and not self._torn.is_accounted_for(line):
            raise AuditBroken("unfinished")
        links.append(link_of(raw))
        chain.traces.take(line)
        self._last = line
