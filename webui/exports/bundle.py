"""Everything of a case as one ZIP, for a subject access request. Made and streamed from RAM: no part of it ever lies on a disk.

The same case exported at the same moment is the same file: members stand in a fixed order, and each carries the export's time.
`manifest.json` names every other member with its size and SHA-256. Source: PKWARE APPNOTE 6.3.10 by way of `zipfile`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from capture.messages.exports import KnownPerson
from capture.model import RetentionClass, WallTime
from webui.exports.case_export import CaseExport
from webui.exports.consent_record import consent_json
from webui.exports.fhir import fhir_json
from webui.exports.instants import iso, moment
from webui.exports.readme import readme
from webui.exports.wordings import notes_text

MANIFEST = "manifest.json"
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""What the time of a ZIP's member can say."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A member as the manifest lists it."""

    name: str
    bytes: int
    sha256: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`."""

    made: str
    case: str
    box: str
    device_key: str
    audit_sequence: int
    audit_head: str
    members: tuple[Listed, ...]


class CaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`case.json`: the case's own facts but for the notes, and everybody of it, asked or not."""

    code: str
    opened: WallTime
    retention: RetentionClass
    involvement_ended_ms: int | None
    communication_needs: str
    people: tuple[KnownPerson, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the ZIP."""

    name: str
    data: bytes


def members(export: CaseExport, receipt_html: bytes) -> tuple[Member, ...]:
    """All files in their order, the manifest last: it speaks of the others."""
    files = (
        Member("README.txt", readme(export)),
        Member("receipt.html", receipt_html),
        Member("consent.json", consent_json(export)),
        Member("consent.fhir.json", fhir_json(export)),
        Member("audit-extract.jsonl", b"".join(export.log)),
        Member("statements.jsonl", b"".join(export.statements)),
        Member("signers.jsonl", b"".join(export.signers)),
        *_notes(export),
        *(Member(f"consent-texts/{text_hash}.txt", text) for text_hash, text in _texts(export)),
        Member("case.json", _spelled(_case(export))),
        Member("armings.json", _spelled(export.armings)),
        Member("recordings.json", _spelled(export.recordings)),
        Member("transfers.json", _spelled(export.transfers)),
        Member("recording-manifests.jsonl", b"".join(one.data for one in export.manifests)),
        Member("erasure-receipts.jsonl", b"".join(one.data for one in export.receipts)),
    )
    return (*files, Member(MANIFEST, _manifest(export, files)))


def stream(files: Sequence[Member], made_ms: int) -> Iterator[bytes]:
    """The ZIP's bytes, a piece for each member: what was sent is not kept."""
    at = moment(made_ms)
    year = min(max(at.year, _FIRST_YEAR), _LAST_YEAR)
    stamp = (year, at.month, at.day, at.hour, at.minute, at.second)
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in files:
            info = zipfile.ZipInfo(member.name, stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, wherever it was made
            info.external_attr = 0o100600 << 16
            archive.writestr(info, member.data)
            yield out.drain()
    yield out.drain()


class _Outlet(io.RawIOBase):
    """Where the ZIP is written to and taken away from again. It cannot be wound back, so that nothing need be kept."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type] # any buffer, as the base class has it
        self._waiting += piece
        return len(piece)

    def drain(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


def _case(export: CaseExport) -> CaseFacts:
    return CaseFacts(
        code=export.case.code,
        opened=export.case.opened,
        retention=export.case.retention,
        involvement_ended_ms=export.case.involvement_ended_ms,
        communication_needs=export.case.communication_needs,
        people=export.people,
    )


def _notes(export: CaseExport) -> tuple[Member, ...]:
    return (Member("notes.txt", notes_text(export.notes)),) if export.notes else ()


def _texts(export: CaseExport) -> Iterator[tuple[str, bytes]]:
    """Each text that somebody read, once, as far as this software knows its words."""
    for text_hash in dict.fromkeys(event.consent.notice_hash for event in export.consents):
        known = export.notices.get(text_hash)
        if known is not None:
            yield text_hash, known.text.encode()


def _manifest(export: CaseExport, files: Sequence[Member]) -> bytes:
    listed = (Listed(name=one.name, bytes=len(one.data), sha256=hashlib.sha256(one.data).hexdigest()) for one in files)
    contents = Contents(
        made=iso(export.made.ms),
        case=export.case.code,
        box=export.box_id,
        device_key=export.device_key,
        audit_sequence=export.audit_sequence,
        audit_head=export.audit_head,
        members=tuple(listed),
    )
    return _spelled(contents)


def _spelled(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
