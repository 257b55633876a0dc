"""What the lines of a log say, put together: each recording's trace, each case's statements, what was lost. Checks no line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from capture.audit.line import AuditEvent, AuditHead, AuditLine


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
    is_rewrapping: bool = False
    """A new header was announced, and not yet said to be in the file: the hashes here are those that are to be."""
    erasure: Erasure = Erasure.NONE


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """A statement that the log has heard of: its number within its case, its hash, and the line that says so."""

    case: str
    number: int
    hash: str
    seq: int


@dataclass(frozen=True, slots=True)
class LogCut:
    """At a start the box remembered the line `head` and the log did not have it, but ended in line `kept`; line `seq` says so."""

    seq: int
    kept: int
    head: AuditHead


@dataclass(slots=True)
class Traces:
    """All that is kept of the lines while they are read, each handed to `take` in order."""

    box_id: str = ""
    tails_lost: int = 0
    recordings: dict[str, Trace] = field(default_factory=dict)
    statements: dict[str, list[StatementTrace]] = field(default_factory=dict)
    """Of each case, oldest first, but for those that the box has said were lost."""
    lost: list[StatementTrace] = field(default_factory=list)
    """Those, by the lines that say so."""
    cuts: list[LogCut] = field(default_factory=list)
    behind: list[tuple[int, int]] = field(default_factory=list)
    """At which starts the catalogue was older than an end in order: the line that says so, and the one that it remembered."""
    _tail_lost_seq: int = -1
    settled_seq: int = 0
    """The last line by which a daemon began to serve, or ended in order: no statement before it was still on its way."""
    stopped_seq: int = 0
    """The last line by which one ended in order."""

    def take(self, line: AuditLine) -> None:
        fields = line.fields
        match line.event:
            case AuditEvent.BOX_PROVISIONED:
                self.box_id = str(fields.get("box", ""))
            case AuditEvent.TAIL_LOST:
                self.tails_lost += 1
                self._tail_lost_seq = line.seq
            case AuditEvent.STARTED | AuditEvent.STOPPED:
                self.settled_seq = line.seq
                if line.event is AuditEvent.STOPPED:
                    self.stopped_seq = line.seq
            case AuditEvent.LOG_CUT:
                kept = line.seq - (2 if self._tail_lost_seq == line.seq - 1 else 1)  # a cut may leave a torn line, told first
                self.cuts.append(LogCut(line.seq, kept, AuditHead(_number(line, "sequence"), str(fields.get("hash", "")))))
            case AuditEvent.CATALOGUE_BEHIND:
                self.behind.append((line.seq, _number(line, "sequence")))
            case AuditEvent.STATEMENT_LOST:
                self._lose(line)
            case _ if "statement_hash" in fields:
                stated = _statement(line)
                self.statements.setdefault(stated.case, []).append(stated)
            case _ if "recording" in fields:
                self._trace(line, str(fields["recording"]))

    def _lose(self, line: AuditLine) -> None:
        lost = _statement(line)
        self.lost.append(lost)
        of_case = self.statements.get(lost.case, [])
        self.statements[lost.case] = [one for one in of_case if (one.number, one.hash) != (lost.number, lost.hash)]

    def _trace(self, line: AuditLine, recording: str) -> None:
        trace = self.recordings.get(recording, Trace())
        match line.event:
            case AuditEvent.RECORDING_OPENING:
                trace = replace(trace, header_hash=str(line.fields.get("header_hash", "")))
            case AuditEvent.RECORDING_SEALED:
                sealed_hash = str(line.fields.get("sealed_hash", ""))
                trace = replace(trace, is_sealed=True, sealed_seq=line.seq, sealed_hash=sealed_hash)
            case AuditEvent.RECORDING_REWRAPPED:
                header_hash, sealed_hash = (str(line.fields.get(name, "")) for name in ("header_hash", "sealed_hash"))
                is_begun = line.fields.get("stage") != "done"
                trace = replace(trace, header_hash=header_hash, sealed_hash=sealed_hash, is_rewrapping=is_begun)
            case AuditEvent.RECORDING_INTERRUPTED:
                trace = replace(trace, is_interrupted=True)
            case AuditEvent.ERASED:
                trace = replace(trace, erasure=_erasure(trace, line.fields.get("stage")))
            case _:
                return
        self.recordings[recording] = trace


def _erasure(before: Trace, stage: object) -> Erasure:
    if stage == "begun":
        return Erasure.BEGUN
    if stage == "done" or before.erasure in (Erasure.BEGUN, Erasure.DONE):
        return Erasure.DONE
    return Erasure.LOST  # files that vanished by themselves: a start that notes it must not make it an erasure


def _statement(line: AuditLine) -> StatementTrace:
    case, statement_hash = (str(line.fields.get(name, "")) for name in ("case", "statement_hash"))
    return StatementTrace(case, _number(line, "statement"), statement_hash, line.seq)


def _number(line: AuditLine, name: str) -> int:
    value = line.fields.get(name, 0)
    return value if isinstance(value, int) else 0
