"""Asks the daemon for all of a case, page by page, and puts it together. Writes nothing; knows no vault and no long-term key.

What an export does not need is not asked for. It is of one moment, that of its line in the log: what was said while the pages
were asked for is left out. The notes are opened here, in RAM, each wording with the key of that one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from capture.client import CaptureClient
from capture.errors import SealBroken, Truncated
from capture.ids import CaseCode
from capture.messages import (
    ArmingPage,
    AuditExtract,
    AuditPage,
    BeginExport,
    ConsentPage,
    ExportBegun,
    ListArmings,
    ListConsents,
    ListManifests,
    ListNotes,
    ListPeople,
    ListReceipts,
    ListRecordings,
    ListSigners,
    ListStatements,
    ListTransfers,
    ManifestPage,
    NotesFound,
    NotesPage,
    PeoplePage,
    ReceiptPage,
    RecordingList,
    SignedIn,
    SignerPage,
    StatementPage,
    TransferPage,
)
from capture.messages.exports import ExportKind, KnownPerson, PlacedArming, PlacedConsent, PlacedTransfer
from capture.messages.statements import PlacedNotes
from capture.model import Recording
from capture.notices.texts import Notice
from webui.exports.case_export import CaseExport, SignedFile
from webui.exports.wordings import Wording
from webui.notes import Notes, open_notes
from webui.service import Service


class _Placed(Protocol):
    @property
    def sequence(self) -> int: ...


P = TypeVar("P", bound=_Placed)


class _Line(msgspec.Struct, frozen=True):
    """Of a line of the log its number alone."""

    seq: int


_LINE = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class Asker:
    """One practitioner's questions about one case. All its methods raise what the daemon refuses with."""

    client: CaptureClient
    who: SignedIn
    case: CaseCode

    def export(self, kind: ExportKind, notices: Mapping[str, Notice], service: Service) -> CaseExport:
        """What this kind of export is made of; the daemon logs it first. Raises NotFound, SignInNeeded, TooManyAttempts."""
        begun = self.client.call(BeginExport(session=self.who.session, case=self.case, kind=kind), ExportBegun)
        is_all = kind is ExportKind.EVERYTHING
        is_shown = is_all or kind is ExportKind.RECEIPT
        is_audit = kind is ExportKind.AUDIT
        return CaseExport(
            case=begun.case,
            box_id=begun.box_id,
            device_key=begun.device_key,
            made=begun.now,
            practitioner=self.who.practitioner,
            people=() if is_audit else self._people(),
            consents=() if is_audit else _until(begun.statements, self._consents()),
            recordings=self._recordings() if is_shown else (),
            armings=_until(begun.statements, self._armings()) if is_all else (),
            transfers=_until(begun.statements, self._transfers()) if is_shown else (),
            manifests=self._manifests() if is_all else (),
            receipts=self._receipts() if is_shown else (),
            log=self._log(begun.audit_sequence) if is_all or is_audit else (),
            statements=self._statements(begun.statements) if is_all else (),
            signers=self._signers() if is_all else (),
            audit_sequence=begun.audit_sequence,
            audit_head=begun.audit_head,
            kept_days=begun.kept_days,
            erase_due_ms=begun.erase_due_ms,
            notes=_until(begun.statements, self._notes()) if is_all and begun.has_notes else (),
            notices=notices,
            service=service,
        )

    def _people(self) -> tuple[KnownPerson, ...]:
        found: list[KnownPerson] = []
        is_last = False
        while not is_last:
            page = self.client.call(ListPeople(session=self.who.session, case=self.case, after=len(found)), PeoplePage)
            found += page.people
            is_last = page.is_last
        return tuple(found)

    def _consents(self) -> tuple[PlacedConsent, ...]:
        found: list[PlacedConsent] = []
        is_last = False
        while not is_last:
            after = found[-1].sequence if found else 0
            page = self.client.call(ListConsents(session=self.who.session, case=self.case, after=after), ConsentPage)
            found += page.consents
            is_last = page.is_last
        return tuple(found)

    def _armings(self) -> tuple[PlacedArming, ...]:
        found: list[PlacedArming] = []
        is_last = False
        while not is_last:
            after = found[-1].sequence if found else 0
            page = self.client.call(ListArmings(session=self.who.session, case=self.case, after=after), ArmingPage)
            found += page.armings
            is_last = page.is_last
        return tuple(found)

    def _transfers(self) -> tuple[PlacedTransfer, ...]:
        found: list[PlacedTransfer] = []
        is_last = False
        while not is_last:
            after = found[-1].sequence if found else 0
            page = self.client.call(ListTransfers(session=self.who.session, case=self.case, after=after), TransferPage)
            found += page.transfers
            is_last = page.is_last
        return tuple(found)

    def _recordings(self) -> tuple[Recording, ...]:
        """Oldest first."""
        found: list[Recording] = []
        is_last = False
        while not is_last:
            before = found[-1].recording_id if found else ""
            page = self.client.call(ListRecordings(session=self.who.session, case=self.case, before=before), RecordingList)
            found += page.recordings
            is_last = page.is_last
        return tuple(reversed(found))

    def _manifests(self) -> tuple[SignedFile, ...]:
        """Oldest first; those that the box could not read are left out."""
        found: list[SignedFile] = []
        before, is_last = "", False
        while not is_last:
            page = self.client.call(ListManifests(session=self.who.session, case=self.case, before=before), ManifestPage)
            found += [SignedFile(one.recording_id, one.data) for one in page.manifests if one.data]
            before, is_last = page.before, page.is_last
        return tuple(reversed(found))

    def _receipts(self) -> tuple[SignedFile, ...]:
        found: list[SignedFile] = []
        after, is_last = 0, False
        while not is_last:
            page = self.client.call(ListReceipts(session=self.who.session, case=self.case, after=after), ReceiptPage)
            found += [SignedFile(one.erasure_id, one.data) for one in page.receipts]
            after, is_last = (page.receipts[-1].number if page.receipts else after), page.is_last
        return tuple(found)

    def _log(self, last: int) -> tuple[bytes, ...]:
        """Up to the line numbered `last`."""
        found: list[bytes] = []
        offset, is_last = 0, False
        while not is_last:
            page = self.client.call(AuditExtract(session=self.who.session, case=self.case, offset=offset), AuditPage)
            found += (line for line in page.lines if _LINE.decode(line).seq <= last)
            offset, is_last = page.next_offset, page.is_last
        return tuple(found)

    def _statements(self, count: int) -> tuple[bytes, ...]:
        """The first `count`."""
        found: list[bytes] = []
        is_last = False
        while not is_last and len(found) < count:
            page = self.client.call(ListStatements(session=self.who.session, case=self.case, after=len(found)), StatementPage)
            found += page.lines
            is_last = page.is_last
        return tuple(found[:count])

    def _signers(self) -> tuple[bytes, ...]:
        found: list[bytes] = []
        is_last = False
        while not is_last:
            page = self.client.call(ListSigners(session=self.who.session, case=self.case, after=len(found)), SignerPage)
            found += page.lines
            is_last = page.is_last
        return tuple(found)

    def _notes(self) -> tuple[Wording, ...]:
        found: list[Wording] = []
        is_last = False
        while not is_last:
            after = found[-1].sequence if found else 0
            page = self.client.call(ListNotes(session=self.who.session, case=self.case, after=after), NotesPage)
            found += (Wording(one.sequence, one.stated, one.practitioner, _opened(one)) for one in page.notes)
            is_last = page.is_last
        return tuple(found)


def _opened(one: PlacedNotes) -> Notes | None:
    """None where it does not open: that keeps nobody from the rest, and the box still has it sealed."""
    if one.notes and not one.file_key:
        return None
    try:
        return open_notes(NotesFound(notes=one.notes, file_key=one.file_key, payload_offset=one.payload_offset))
    except (SealBroken, Truncated):
        return None


def _until(last: int, found: Sequence[P]) -> tuple[P, ...]:
    """What was said up to the statement numbered `last`."""
    return tuple(one for one in found if one.sequence <= last)
