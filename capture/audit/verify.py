"""Verifies a box's audit log and vault together and sums it up. Needs no secret, changes nothing, trusts no catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from capture.audit.chain import BadLine, Chain, Signatures, read_chain
from capture.audit.line import AuditHead
from capture.audit.memories import Memories, check_memories
from capture.audit.vault import Finding, VaultReport, Watch, check_vault

_LOOKS = 5
_NOT_CHECKED = VaultReport(0, (), ())


class Verdict(Enum):
    GOOD = "good"
    TORN = "torn"
    """The last line is unfinished, all before it holds: a power cut, until the box's next start accounts for it."""
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What verifying found. `findings` are damage in the vault or against what is remembered, `notes` are no damage. `memories`
    counts the heads that were compared."""

    verdict: Verdict
    lines: int
    head: AuditHead
    public_hex: str
    bad_line: BadLine | None
    torn_line: int
    """Where torn bytes begin that are not accounted for, counted in the file from 1; 0 where there are none."""
    torn_bytes: int
    tails_lost: int
    recordings: int
    memories: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def verify_log(
    path: Path,
    vault_folder: Path | None,
    *,
    known_key: str = "",
    signatures: Signatures = Signatures.ENDS,
    recall: Callable[[], Memories] = Memories,
    watch: Watch = lambda _done, _total: None,
) -> AuditReport:
    """Verify the log at `path`, and the recordings in `vault_folder` if one is given.

    `known_key` is the box's public key where it is known from elsewhere, `recall` tells what is remembered of the log: without
    the one a wholly forged log, without the other a log that was put back to an earlier day, cannot be told. The box may be
    running: what does not hold while log or vault change is looked at again. Raises OSError, and what `recall` raises.
    """
    for looks_left in reversed(range(_LOOKS)):
        before = _state(path, vault_folder)
        memories = recall()  # before the log is read: what is remembered of it is in it by then
        try:
            chain = read_chain(path, known_key, signatures)
            vault = check_vault(vault_folder, chain, watch) if vault_folder is not None and chain.public_hex else _NOT_CHECKED
        except FileNotFoundError:  # renamed between two looks at it
            if looks_left and _state(path, vault_folder) != before:
                continue
            raise
        report = _report(chain, vault, memories)
        if report.verdict is Verdict.GOOD or _state(path, vault_folder) == before:
            break
    return report


def _state(path: Path, vault_folder: Path | None) -> tuple[int, int]:
    """Changes whenever a line was written or a file of the vault made, renamed or removed."""
    is_there = vault_folder is not None and vault_folder.exists()
    return path.stat().st_size, vault_folder.stat().st_mtime_ns if vault_folder is not None and is_there else 0


def _report(chain: Chain, vault: VaultReport, memories: Memories) -> AuditReport:
    remembered, notes = check_memories(chain, memories)
    findings = (*remembered, *vault.findings)
    return AuditReport(
        verdict=_verdict(chain, findings),
        lines=len(chain.links),
        head=chain.head,
        public_hex=chain.public_hex,
        bad_line=chain.bad,
        torn_line=chain.torn_line,
        torn_bytes=chain.torn_bytes,
        tails_lost=chain.traces.tails_lost,
        recordings=vault.checked,
        memories=len(memories.heads) if chain.bad is None else 0,
        findings=findings,
        notes=(*notes, *vault.notes),
    )


def _verdict(chain: Chain, findings: tuple[Finding, ...]) -> Verdict:
    if chain.bad is not None or findings:
        return Verdict.DAMAGED
    return Verdict.TORN if chain.torn_bytes else Verdict.GOOD
