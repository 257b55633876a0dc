"""Compares the vault with the log: manifests, sizes, hashes, headers, what is missing. Opens no seal and changes nothing.

It needs no key but the box's public one: everything is checked on ciphertext.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from capture.audit.chain import Chain
from capture.audit.line import AuditHead
from capture.audit.traces import Erasure, Trace
from capture.errors import AuditBroken, SealBroken, Truncated
from capture.manifest import read_manifest
from capture.model import Manifest
from capture.seal.header import read_header
from capture.seal.payload import NONCE_BYTES, SEALED_CHUNK_BYTES

Watch = Callable[[int, int], None]
"""Told how many bytes of how many were read."""

_BLOCK = 1 << 20
_MANIFEST_LIMIT = 1 << 16
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: the recording (or file) and what is wrong."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class VaultReport:
    """`findings` are damage; `notes` are what an interrupted work leaves behind, worth a look and no damage."""

    checked: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]


class _Files(NamedTuple):
    sealed: Path
    part: Path
    manifest: Path


def check_vault(folder: Path, chain: Chain, watch: Watch) -> VaultReport:
    """Check every recording that is in the vault or in the log. Raises PermissionError where this user may not
    read the vault, FileNotFoundError where a file vanishes meanwhile."""
    if not folder.is_dir():
        return VaultReport(0, (Finding(folder.name, "is missing, with every film that the log has"),), ())
    recordings = sorted({path.name.partition(".")[0] for path in folder.iterdir()} | set(chain.traces.recordings))
    files = {each: _Files(*(folder / f"{each}{end}" for end in (".mp4.age", ".mp4.age.part", ".json"))) for each in recordings}
    total = sum(each.sealed.stat().st_size for each in files.values() if each.sealed.exists())
    reading = _Reading(watch, total)
    findings: list[Finding] = []
    notes: list[Finding] = []
    checked = 0
    for recording, own in files.items():
        trace = chain.traces.recordings.get(recording, Trace())
        found = [f"{path.name} is no file" for path in own if _is_odd(path)]
        if not found:  # a pipe would be waited for
            try:
                found += _check_presence(own, trace, chain.head.sequence)
                found += _check_files(recording, own, trace, chain, reading)
                notes += [Finding(recording, what) for what in _unfinished(own, trace)]
            except (FileNotFoundError, PermissionError):
                raise
            except OSError as error:  # a bad block must not keep the others from being checked
                found.append(f"cannot be read: {error.strerror}")
        findings += [Finding(recording, what) for what in found]
        checked += own.manifest.exists()
    return VaultReport(checked, tuple(findings), tuple(notes))


def _is_odd(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _check_files(recording: str, own: _Files, trace: Trace, chain: Chain, reading: _Reading) -> Iterator[str]:
    if trace.erasure is not Erasure.NONE:  # what is half erased is broken on purpose
        return
    is_steady = own.sealed.exists() and not trace.is_rewrapping
    sealed_hash = reading.sha256(own.sealed) if is_steady else ""
    yield from _check_manifest(recording, own, chain, sealed_hash)
    yield from _check_log(own, trace, chain, sealed_hash)


def _check_manifest(recording: str, own: _Files, chain: Chain, sealed_hash: str) -> Iterator[str]:
    if not own.manifest.exists():
        return
    try:
        manifest = read_manifest(_start_of(own.manifest), chain.public_hex)
    except AuditBroken as error:
        yield error.detail
        return
    if manifest.recording_id != recording or (chain.traces.box_id and manifest.box_id != chain.traces.box_id):
        yield "the manifest is another recording's or another box's"
        return
    if chain.bad is None and not chain.has(AuditHead(manifest.audit_sequence, manifest.audit_head)):
        yield f"the manifest knows a line {manifest.audit_sequence} that the log does not have: the log was cut or replaced"
    if sealed_hash:
        yield from _check_sealed(own.sealed, manifest, sealed_hash)


def _start_of(manifest: Path) -> bytes:
    """All of it, unless it is longer than any that a box signs: then more than that, which no signature covers."""
    with manifest.open("rb") as file:
        return file.read(_MANIFEST_LIMIT + 1)


def _check_sealed(path: Path, manifest: Manifest, sealed_hash: str) -> Iterator[str]:
    size = path.stat().st_size
    if size != manifest.sealed_bytes:
        yield f"the sealed file has {size} bytes, the manifest says {manifest.sealed_bytes}"
    if sealed_hash != manifest.sealed_hash:
        yield "the sealed file is not the one of the manifest"
    if _header_hash(path) != manifest.header_hash:
        yield "the sealed file's header is not the one of the manifest"


def _check_log(own: _Files, trace: Trace, chain: Chain, sealed_hash: str) -> Iterator[str]:
    if chain.bad is not None:  # the rest of the log is not to be trusted, so nothing can be held against a file
        return
    if trace.is_rewrapping:  # it has the old header, the new one, or a part of each
        return
    if sealed_hash and trace.sealed_hash not in ("", sealed_hash):
        yield "the sealed file is not the one in the log"
    for path in (own.sealed, own.part):
        if not path.exists():
            continue
        if not trace.header_hash:
            if _footage_bytes(path):  # the log has its line before the first frame
                yield f"{path.name} is not in the log: it was not filmed by this box"
        elif _header_hash(path) != trace.header_hash:
            yield f"the header of {path.name} is not the one in the log: the file was exchanged or damaged"


def _check_presence(own: _Files, trace: Trace, last_seq: int) -> Iterator[str]:
    is_there = own.sealed.exists() or own.part.exists()
    match trace.erasure:
        case Erasure.DONE if is_there:
            yield "erased by the log, and still there"
        case Erasure.LOST:
            yield "missing, and nobody had asked to erase it"
        case Erasure.NONE if not is_there and (trace.is_sealed or trace.is_interrupted):
            yield "missing, and never erased by the log"
        case Erasure.NONE if not is_there and own.manifest.exists():
            yield "a manifest without its recording"
    # The manifest is written right behind that line: a cut in between leaves it the log's last, and the next start notes it.
    is_cut_there = trace.is_interrupted or trace.sealed_seq == last_seq
    if _is_unvouched(own, trace) and trace.is_sealed and not is_cut_there:
        yield "sealed by the log, but its manifest is missing"


def _is_unvouched(own: _Files, trace: Trace) -> bool:
    return trace.erasure is Erasure.NONE and own.sealed.exists() and not own.manifest.exists()


def _unfinished(own: _Files, trace: Trace) -> Iterator[str]:
    if trace.erasure is Erasure.BEGUN:
        yield "its erasure was begun and not finished"
    if trace.erasure is Erasure.NONE and trace.is_rewrapping:
        yield "its header is being replaced: the next start ends that"
    if trace.erasure is Erasure.NONE and own.sealed.exists() and not own.manifest.exists():
        yield (
            "it has no manifest: the log alone vouches for it" if trace.is_sealed else "complete, but nothing vouches for its end"
        )
    if own.part.exists() and not trace.header_hash and not _footage_bytes(own.part):
        yield "begun and left before the first frame"


def _header_hash(path: Path) -> str:
    """Empty where the file does not begin with a header: then it matches nothing."""
    try:
        return hashlib.sha256(_header(path)).hexdigest()
    except (SealBroken, Truncated):
        return ""


def _footage_bytes(path: Path) -> int:
    """How much of a file can be footage: what follows its header and the payload's nonce."""
    size = path.stat().st_size
    try:
        return max(0, size - len(_header(path)) - NONCE_BYTES)
    except Truncated:  # a power cut while the header was written
        return 0
    except SealBroken:
        # Zeros where the header should be: power was cut before it was durable. Footage leaves in whole chunks, not before.
        return size if size > SEALED_CHUNK_BYTES or path.suffix != _PART else 0


def _header(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_header(fd)
    finally:
        os.close(fd)


class _Reading:
    """Hashes files block by block and tells the watcher how far it is."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch = watch
        self._total = total
        self._done = 0

    def sha256(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                self._done += len(block)
                self._watch(self._done, self._total)
        return digest.hexdigest()
