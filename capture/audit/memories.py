"""What is remembered of a log outside of it, held against the log: heads, and the cases' statements. Reads no file itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from capture.audit.chain import Chain
from capture.audit.line import AuditHead
from capture.audit.traces import Erasure, LogCut, StatementTrace, Traces
from capture.audit.vault import Finding

CATALOGUE = "the catalogue"
"""The witness that every box has from its first start on."""
_WHY_BEHIND = "The box had ended in order since: power went at that moment, or the catalogue was put back"


@dataclass(frozen=True, slots=True)
class Witness:
    """Who remembers a head of the log: `where` is a word for people, with an id at most."""

    where: str
    head: AuditHead


@dataclass(frozen=True, slots=True)
class KeptCase:
    """How many statements of a case the catalogue has, and the last one's hash."""

    count: int
    last_hash: str


@dataclass(frozen=True, slots=True)
class Memories:
    """All that is held against the log. `cases` and `recordings` are None where there is no catalogue to ask."""

    heads: tuple[Witness, ...] = ()
    cases: Mapping[str, KeptCase] | None = None
    findings: tuple[Finding, ...] = ()
    """What remembers, and does not hold itself."""
    recordings: Set[str] | None = None
    """All that the catalogue has a row of, erased ones too."""
    silent: Finding | None = None
    """What ought to remember and does not: damage once a daemon has served, for until then there was nothing to remember."""


def check_memories(chain: Chain, memories: Memories) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings, which are damage, and notes. A log with a bad line has said enough: nothing is held against it."""
    if chain.bad is not None:
        return memories.findings, ()
    traces = chain.traces
    findings = [*memories.findings, *(_cut(cut) for cut in traces.cuts)]
    findings += [
        Finding("audit.log", f"line {one.head.sequence} is not the one that {one.where} remembers: the log was cut or replaced")
        for one in memories.heads
        if not chain.has(one.head)
    ]
    if memories.silent is not None and traces.settled_seq:
        findings.append(memories.silent)
    notes = [
        Finding(lost.case, f"statement {lost.number} was lost, and the box said so at its next start") for lost in traces.lost
    ]
    notes += [
        Finding("audit.log", f"line {seq}: the catalogue remembered no more than line {remembered} at that start. {_WHY_BEHIND}")
        for seq, remembered in traces.behind
    ]
    notes += _behind(traces, memories.heads)
    if memories.recordings is not None:
        findings += _orphans(traces, memories.recordings)
    if memories.cases is not None:
        findings += _unknown(traces, memories.cases)
        missing = missing_statements(traces, memories.cases)
        # Power may be cut between a statement's line and its commit, which the next start tells: of one statement, and the last.
        is_cut_there = len(missing) == 1 and missing[0].seq > traces.settled_seq
        said = [Finding(one.case, f"statement {one.number} (line {one.seq}) is not in the catalogue") for one in missing]
        (notes if is_cut_there else findings).extend(said)
    return tuple(findings), tuple(notes)


def missing_statements(traces: Traces, cases: Mapping[str, KeptCase]) -> tuple[StatementTrace, ...]:
    """Statements that the log knows of and the catalogue has not, oldest first; not those that the box has told of."""
    missing = []
    for case, stated in traces.statements.items():
        kept = cases.get(case, KeptCase(0, ""))
        later: set[int] = set()
        for one in reversed(stated):
            is_another = one.number == kept.count and one.hash != kept.last_hash
            if one.number > kept.count or is_another or one.number in later:
                missing.append(one)
            later.add(one.number)
    return tuple(sorted(missing, key=lambda one: one.seq))


def is_last_lost(traces: Traces, case: str, missing: Collection[StatementTrace]) -> bool:
    """Whether a statement of this case was lost, by a line or by what is missing, and nothing is known to be said in it since."""
    lost = [one.seq for one in (*missing, *traces.lost) if one.case == case]
    known = [one.seq for one in traces.statements[case] if one not in missing]
    return max(lost, default=0) > max(known, default=0)


def _unknown(traces: Traces, cases: Mapping[str, KeptCase]) -> Iterator[Finding]:
    for case, kept in cases.items():
        if (kept.count, kept.last_hash) not in {(one.number, one.hash) for one in traces.statements.get(case, ())}:
            yield Finding(case, f"statement {kept.count} of the catalogue is not in the log")


def _orphans(traces: Traces, known: Set[str]) -> Iterator[Finding]:
    """The row is there before the line that a film is begun, and stays when it is erased."""
    for recording, trace in traces.recordings.items():
        is_kept = trace.is_sealed or trace.is_interrupted
        if is_kept and trace.erasure is Erasure.NONE and recording not in known:
            yield Finding(recording, "the catalogue does not know it: nobody can see it or erase it. The catalogue was put back")


def _behind(traces: Traces, heads: Iterable[Witness]) -> Iterator[Finding]:
    """An end in order stores its own line last of all: what remembers less is an older file, or power went just then."""
    for one in heads:
        if one.where == CATALOGUE and one.head.sequence < traces.stopped_seq:
            yield Finding(
                "catalogue.sqlite",
                f"remembers no more than line {one.head.sequence}. {_WHY_BEHIND}",
            )


def _cut(cut: LogCut) -> Finding:
    if cut.head.sequence > cut.kept:
        what = f"lines after {cut.kept} were cut: the box remembered a line {cut.head.sequence}"
    else:
        what = f"line {cut.head.sequence} was not the one that the box remembered: the log had been replaced"
    return Finding("audit.log", f"{what}, and said so in line {cut.seq}")
