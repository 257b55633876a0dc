"""Reads a whole audit log and says how far it holds: spelling, hashes, chain, signatures. Changes nothing, opens no recording.

Anyone can do this: the log carries the box's public key in its first line. Whoever knows the key from elsewhere (a log of an
earlier day) passes it in, because a log forged from its first line on would carry the forger's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from capture.audit.line import EMPTY, KEY_FIELD, MAX_LINE_BYTES, AuditEvent, AuditHead, AuditLine, parse_line
from capture.audit.tail import TornTail, is_torn
from capture.errors import AuditBroken


@dataclass(frozen=True, slots=True)
class BadLine:
    """The first line that does not hold; `number` counts the file's lines from 1."""

    number: int
    why: str


class Erasure(Enum):
    """How far the log says that a recording's erasure went."""

    NONE = "none"
    BEGUN = "begun"
    DONE = "done"
    LOST = "lost"
    """Found gone at a start, though nobody had begun to erase it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the log says of one recording."""

    header_hash: str = ""
    is_sealed: bool = False
    sealed_seq: int = 0
    """Which line says so."""
    sealed_hash: str = ""
    is_interrupted: bool = False
    erasure: Erasure = Erasure.NONE


@dataclass(slots=True)
class Chain:
    """What was read, up to the first bad line."""

    public_hex: str = ""
    box_id: str = ""
    hashes: list[str] = field(default_factory=list)
    """The hash of line `seq` stands at `seq - 1`."""
    traces: dict[str, Trace] = field(default_factory=dict)
    tails_lost: int = 0
    torn_bytes: int = 0
    """Bytes of torn lines at the very end, not yet accounted for by the box."""
    bad: BadLine | None = None

    @property
    def head(self) -> AuditHead:
        return AuditHead(len(self.hashes), self.hashes[-1]) if self.hashes else EMPTY


def read_chain(path: Path, known_key: str = "") -> Chain:
    """Read the log at `path`; `known_key` is the box's public key where it is known from elsewhere. Raises OSError."""
    chain = Chain(public_hex=known_key)
    torn = TornTail()
    with path.open("rb") as file:
        # a line longer than any allowed comes in pieces, none of which holds
        for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
            if is_torn(raw):
                torn.take(number, raw)
                if torn.is_too_long:
                    break
                continue
            try:
                _follow(chain, raw, torn)
            except AuditBroken as error:
                if torn.number and torn.may_take(raw):
                    torn.take(number, raw)
                    continue
                chain.bad = BadLine(torn.number or number, "unfinished" if torn.number else error.detail)
                return chain
            torn = TornTail()
    if torn.is_too_long:
        chain.bad = BadLine(torn.number, "unfinished")
    elif not chain.hashes and not torn.number:
        chain.bad = BadLine(1, "missing: the log is empty")  # a box's log is begun when the box is made
    chain.torn_bytes = len(torn.data)
    return chain


def _follow(chain: Chain, raw: bytes, torn: TornTail) -> None:
    line = parse_line(raw)
    if (line.seq, line.prev) != (chain.head.sequence + 1, chain.head.hash):
        raise AuditBroken("does not follow the line before")
    if chain.head == EMPTY:
        carried = line.fields.get(KEY_FIELD)
        if not isinstance(carried, str) or carried != (chain.public_hex or carried):
            raise AuditBroken("carries another box's key")
        chain.public_hex = carried
    line.check_signature(chain.public_hex)
    if torn.number and not torn.is_accounted_for(line):
        raise AuditBroken("unfinished")
    chain.hashes.append(line.hash)
    _note(chain, line)


def _note(chain: Chain, line: AuditLine) -> None:
    recording = str(line.fields.get("recording", ""))
    trace = chain.traces.get(recording, Trace())
    match line.event:
        case AuditEvent.BOX_PROVISIONED:
            chain.box_id = str(line.fields.get("box", ""))
            return
        case AuditEvent.TAIL_LOST:
            chain.tails_lost += 1
            return
        case AuditEvent.RECORDING_OPENING:
            trace = replace(trace, header_hash=str(line.fields.get("header_hash", "")))
        case AuditEvent.RECORDING_SEALED:
            sealed_hash = str(line.fields.get("sealed_hash", ""))
            trace = replace(trace, is_sealed=True, sealed_seq=line.seq, sealed_hash=sealed_hash)
        case AuditEvent.RECORDING_INTERRUPTED:
            trace = replace(trace, is_interrupted=True)
        case AuditEvent.ERASED:
            trace = replace(trace, erasure=_erasure(trace, line.fields.get("stage")))
        case _:
            return
    if recording:
        chain.traces[recording] = trace


def _erasure(before: Trace, stage: object) -> Erasure:
    if stage == "begun":
        return Erasure.BEGUN
    if stage == "done" or before.erasure in (Erasure.BEGUN, Erasure.DONE):
        return Erasure.DONE
    return Erasure.LOST  # files that vanished by themselves: a start that notes it must not make it an erasure
