"""The audit log as a bundle that somebody else can check without the box: a ZIP of ids and signatures. Opens no seal.

What is in it, and how it is checked: `docs/audit-log.md`. It holds the whole log, or what the log says of one case: then each
line stands for itself, by its own hash and signature, and nothing shows that no line in between is missing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

import msgspec

from capture.audit.chain import BadLine, Chain, read_chain
from capture.audit.line import MAX_LINE_BYTES, AuditHead, AuditLine, parse_line
from capture.audit.memories import Memories
from capture.errors import AuditBroken, NotFound
from capture.model import Fact
from capture.plain_file import read_plain

FORMAT = "vigcam audit bundle v1"
LOG_NAME = "audit.log"
EXTRACT_NAME = "audit-extract.jsonl"

_DAY = (1980, 1, 1, 0, 0, 0)
_MANIFEST_LIMIT = 1 << 16
"""As in `capture/vault.py`: longer than any that a box signs."""
"""The earliest that a ZIP can say: the lines carry their own times, and the same log makes the same bundle."""


class BundledHead(Fact, frozen=True, kw_only=True):
    """A head of the log, and who remembers it."""

    where: str
    sequence: int
    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class BundleFacts(Fact, frozen=True, kw_only=True):
    """`box.json`: nobody signed it. `case` is empty where the whole log is in the bundle."""

    format: str
    box: str
    key: str
    case: str
    head: BundledHead
    remembered: tuple[BundledHead, ...]


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was put into a bundle. `bad` is the log's first bad line: it is in the bundle all the same, for whoever judges it."""

    lines: int
    manifests: int
    bad: BadLine | None


def write_bundle(
    target: IO[bytes], log: Path, vault: Path, memories: Memories, *, known_key: str = "", case: str = ""
) -> Bundled:
    """Write the ZIP. Raises NotFound where the log says nothing of `case`, AuditBroken where it does not hold (the whole log is
    exported as it is), OSError."""
    manifests = _manifests(vault)
    chain = read_chain(log, known_key)
    if case:
        if chain.bad is not None:
            raise AuditBroken(f"line {chain.bad.number} of the log does not hold: export it whole")
        lines, recordings = _about(log, case)
        if not lines:
            raise NotFound(case)
        name, data = EXTRACT_NAME, b"".join(lines)
    else:
        name, data = LOG_NAME, log.read_bytes()
        if not chain.torn_bytes:  # a line that the box is just writing is not torn
            data = data[: data.rfind(b"\n") + 1]
        lines, recordings = data.splitlines(), manifests.keys()
    manifests = {recording: manifest for recording, manifest in manifests.items() if recording in recordings}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, "README.txt", _README.encode("ascii"))
        _add(bundle, "box.json", msgspec.json.format(msgspec.json.encode(_facts(chain, memories, case)), indent=1) + b"\n")
        _add(bundle, name, data)
        for recording, manifest in manifests.items():
            _add(bundle, f"manifests/{recording}.json", manifest)
    return Bundled(len(lines), len(manifests), chain.bad)


def _manifests(vault: Path) -> dict[str, bytes]:
    """By their recordings. To be read before the log: the line that each remembers is in it by then, though the box runs."""
    found = {}
    for path in sorted(vault.glob("rec-*.json")):
        with suppress(FileNotFoundError):  # erased at this moment
            found[path.stem] = read_plain(path, _MANIFEST_LIMIT)
    return found


def _facts(chain: Chain, memories: Memories, case: str) -> BundleFacts:
    # what the box remembers of lines about other cases is a number and a hash, and no more
    remembered = tuple(_head(one.where, one.head) for one in memories.heads) if not case else ()
    return BundleFacts(
        format=FORMAT,
        box=chain.traces.box_id,
        key=chain.public_hex,
        case=case,
        head=_head("the log", chain.head),
        remembered=remembered,
    )


def _head(where: str, head: AuditHead) -> BundledHead:
    return BundledHead(where=where, sequence=head.sequence, hash=head.hash)


@dataclass(slots=True)
class _Case:
    """Whatever a line about one case can be known by: an arming names its case, a recording its arming, a question neither."""

    code: str
    recordings: set[object]
    armings: set[object]
    asks: set[object]

    def is_named_in(self, line: AuditLine) -> bool:
        fields = line.fields
        if "case" in fields:
            return fields["case"] == self.code
        if "recording" in fields or "arming" in fields:
            return fields.get("recording") in self.recordings or fields.get("arming") in self.armings
        return fields.get("ask") in self.asks

    def learn(self, line: AuditLine) -> None:
        for name, known in (("recording", self.recordings), ("arming", self.armings), ("ask", self.asks)):
            if name in line.fields:
                known.add(line.fields[name])


def _about(log: Path, code: str) -> tuple[Sequence[bytes], Set[str]]:
    """The lines about a case, and the recordings that they name."""
    case = _Case(code, set(), set(), set())
    for _, line in _lines(log):
        if case.is_named_in(line):
            case.learn(line)
    # Again, because an erasure is asked for before a line says of what.
    return [raw for raw, line in _lines(log) if case.is_named_in(line)], {str(one) for one in case.recordings}


def _lines(log: Path) -> Iterator[tuple[bytes, AuditLine]]:
    with log.open("rb") as file:
        for raw in iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""):
            try:
                yield raw, parse_line(raw)
            except AuditBroken:  # torn, and told of by a line behind it
                continue


def _add(bundle: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, _DAY)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    bundle.writestr(member, data)


_README = """\
The signed log of a vigcam
==========================

audit.log             every line of the box's log, or instead
audit-extract.jsonl   its lines about one case
manifests/            what the box signed about each sealed recording that is there
box.json              the box's id and public key, the log's last line, and which lines the box remembers elsewhere

To check it: python verify_audit.py THIS.zip KEY
The script stands in vigcam's documents, docs/verify_audit.py, and needs Python 3.11 and the package "cryptography". KEY is the
box's public key as you know it from elsewhere: whoever forges a whole log puts a key of their own into box.json, which nobody
signed. The rules by which it is checked, and what a log cannot show, are in docs/audit-log.md.

There is no name in here, no film and no sound: ids, times, counts, hashes and signatures.
"""
