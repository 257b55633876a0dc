"""Asks the daemon for all of a case, page by page, and puts it together. Writes nothing; knows no vault and no long-term key.

What an export does not need is not asked for. The notes are opened here, in RAM, with the key of that one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    GetNotes,
    ListArmings,
    ListConsents,
    ListManifests,
    ListPeople,
    ListReceipts,
    ListRecordings,
    ListTransfers,
    ManifestPage,
    NotesFound,
    PeoplePage,
    ReceiptPage,
    RecordingList,
    SignedIn,
    TransferPage,
)
from capture.messages.exports import ExportKind, KnownPerson, PlacedArming, PlacedConsent, PlacedTransfer
from capture.model import Recording
from capture.notices.texts import Notice
from webui.exports.case_export import CaseExport, SignedFile
from webui.notes import Notes, open_notes
from webui.service import Service


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
            consents=() if is_audit else self._consents(),
            recordings=self._recordings() if is_shown else (),
            armings=self._armings() if is_all else (),
            transfers=self._transfers() if is_shown else (),
            manifests=self._manifests() if is_all else (),
            receipts=self._receipts() if is_shown else (),
            log=self._log() if is_all or is_audit else (),
            audit_sequence=begun.audit_sequence,
            audit_head=begun.audit_head,
            kept_days=begun.kept_days,
            erase_due_ms=begun.erase_due_ms,
            notes=self._notes() if is_all and begun.has_notes else None,
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

    def _log(self) -> tuple[bytes, ...]:
        found: list[bytes] = []
        offset, is_last = 0, False
        while not is_last:
            page = self.client.call(AuditExtract(session=self.who.session, case=self.case, offset=offset), AuditPage)
            found += page.lines
            offset, is_last = page.next_offset, page.is_last
        return tuple(found)

    def _notes(self) -> Notes | None:
        """None where they cannot be opened any more: that keeps nobody from the rest, and the box still has them sealed."""
        try:
            return open_notes(self.client.call(GetNotes(session=self.who.session, case=self.case), NotesFound))
        except (SealBroken, Truncated):
            return None
