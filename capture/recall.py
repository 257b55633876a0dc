"""What a box's catalogue remembers of its log, read without changing anything: for verifying and for exports. Opens no seal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from capture.audit.line import AuditHead
from capture.audit.memories import CATALOGUE, KeptCase, Memories, Witness
from capture.audit.vault import Finding
from capture.catalogue import Catalogue
from capture.errors import AuditBroken, CatalogueBroken
from capture.log_memory import remembered_head
from capture.receipts import read_receipt

_NAME = "catalogue.sqlite"
_OF_A_BOX = (_NAME, "config.toml", "device.key", "vault", "keyrings", "recipients")


def recall(folder: Path, public_hex: str) -> Memories:
    """The catalogue's head of the log, those of the receipts of erasures, and the cases' heads. `public_hex` is the box's key.

    A copied log has no catalogue beside it, and nothing is remembered of it; a box has. A catalogue that cannot be read, and a
    receipt that does not hold, are findings.
    """
    path = folder / _NAME
    if not path.exists():
        return (
            Memories(silent=Finding(_NAME, "is missing: the box would remember its log there")) if is_box(folder) else Memories()
        )
    try:
        with _readable(path) as readable, closing(Catalogue.read(readable)) as catalogue:
            return _recalled(catalogue, public_hex)
    except CatalogueBroken as error:
        return Memories(findings=(Finding(_NAME, f"cannot be read: {error.detail}"),))


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """The catalogue, or a copy of it where its folder cannot be written (a card kept as evidence) and something waits in its -wal
    file, beside which SQLite would make an index. What is copied is sealed, or ids."""
    wal = path.with_name(f"{path.name}-wal")
    if os.access(path.parent, os.W_OK) or not wal.exists():
        yield path
        return
    with TemporaryDirectory() as folder:
        for one in (path, wal):
            shutil.copyfile(one, Path(folder) / one.name)
        yield Path(folder) / path.name


def is_box(folder: Path) -> bool:
    """Whether more of a box is there than a copied log."""
    return any((folder / name).exists() for name in _OF_A_BOX)


def _recalled(catalogue: Catalogue, public_hex: str) -> Memories:
    head = remembered_head(catalogue)
    heads = [] if head is None else [Witness(CATALOGUE, head.head)]
    silent = Finding(_NAME, "remembers no line of the log: it was emptied, or another one put there") if head is None else None
    findings: list[Finding] = []
    for erasure_id, receipt in _receipts(catalogue):
        try:
            signed = read_receipt(receipt, public_hex)
        except AuditBroken as error:
            findings.append(Finding(erasure_id, error.detail))
        else:
            heads.append(Witness(f"the receipt {erasure_id}", AuditHead(signed.audit_sequence, signed.audit_head)))
    cases = {case: KeptCase(count, last_hash) for case, count, last_hash in _case_heads(catalogue)}
    recordings = frozenset(str(recording) for (recording,) in catalogue.rows("SELECT recording_id FROM recording"))
    return Memories(tuple(heads), cases, tuple(findings), recordings, silent)


def _receipts(catalogue: Catalogue) -> Iterator[tuple[str, bytes]]:
    # a catalogue of the first version, which no daemon has opened since, has no such table
    if catalogue.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'erasure'") is not None:
        for erasure_id, receipt in catalogue.rows("SELECT erasure_id, receipt FROM erasure ORDER BY number"):
            yield str(erasure_id), bytes(receipt)


def _case_heads(catalogue: Catalogue) -> Iterator[tuple[str, int, str]]:
    for case, count, last_hash in catalogue.rows("SELECT case_code, count, last_hash FROM case_head ORDER BY number"):
        yield str(case), int(count), str(last_hash)
