"""The desk of exports: what a family may take away of its case, page by page. Makes no document and opens no recording.

Each export is in the log before its first page is answered, and without that line no page is; but receipts of erasures, which the
family gets anyway, can be asked for by themselves. All of it is of the signed-in practitioner's own cases.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from capture import ids
from capture.audit.extract import extract
from capture.audit.line import AuditLine
from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.consent.case_record import CaseRecord
from capture.consent.records import Records
from capture.consent.retention import Kept
from capture.consent.standing import reasons_against
from capture.desk.begun_exports import BegunExports
from capture.desk.desk import Handlers
from capture.device_key import DeviceKey
from capture.errors import AuditBroken, VigcamError
from capture.ids import BoxId, CaseCode
from capture.messages.exports import (
    ArmingPage,
    AuditExtract,
    AuditPage,
    BeginExport,
    ConsentPage,
    ExportBegun,
    KnownPerson,
    ListArmings,
    ListConsents,
    ListManifests,
    ListPeople,
    ListReceipts,
    ListTransfers,
    ManifestPage,
    PeoplePage,
    PlacedArming,
    PlacedConsent,
    PlacedTransfer,
    ReceiptPage,
    SignedManifest,
    SignedReceipt,
    TransferPage,
)
from capture.model import RecordingState, WallTime
from capture.rate import Rate
from capture.receipts import read_receipt
from capture.recordings import Recordings
from capture.server import Reply
from capture.session import Session, Sessions
from capture.vault import Vault

_PEOPLE = 25
_CONSENTS = 40
_ARMINGS = 25
_TRANSFERS = 40
_MANIFESTS = 20
_RECEIPTS = 8
"""Items on a page: at their longest they fit into one message."""
_RECEIPT_BYTES = 40_000
"""Of receipts on a page: one alone names up to 50 films, and fits all the same."""


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Answers a signed-in practitioner about their own cases."""

    box_id: BoxId
    sessions: Sessions
    records: Records
    recordings: Recordings
    catalogue: Catalogue
    vault: Vault
    device_key: DeviceKey
    audit: AuditLog
    kept: Kept
    export_rate: Rate
    begun: BegunExports
    now: Callable[[], WallTime]

    def handlers(self) -> Handlers:
        return {
            BeginExport: self._begin,
            ListPeople: self._people,
            ListConsents: self._consents,
            ListArmings: self._armings,
            ListTransfers: self._transfers,
            ListManifests: self._manifests,
            ListReceipts: self._receipts,
            AuditExtract: self._extract,
        }

    def _begin(self, verb: BeginExport) -> Reply:
        session, record = self._own(verb.session, verb.case)
        self.export_rate.take()
        code = record.case.code
        written: list[AuditLine] = []

        def log() -> None:
            fields = {"case": code, "practitioner": session.practitioner, "kind": verb.kind.value}
            written.append(self.audit.append(AuditEvent.EXPORTED, **fields))

        history = self.records.while_still(session.unlocked, code, log)
        self.begun.begin(session, code)
        record, (line,) = history.record, written
        return Reply(
            ExportBegun(
                case=msgspec.structs.replace(record.case, notes=b""),
                statements=history.head.count,
                has_notes=bool(record.noted),
                box_id=self.box_id,
                device_key=self.device_key.public_hex,
                now=WallTime(ms=line.wall_ms, confidence=line.confidence),
                audit_sequence=line.head.sequence,
                audit_head=line.head.hash,
                kept_days=self.kept.days,
                erase_due_ms=self.kept.due_ms(record.case),
            )
        )

    def _people(self, verb: ListPeople) -> Reply:
        _, record = self._begun(verb.session, verb.case)
        people = (
            *(KnownPerson(participant=one) for one in record.participants),
            *(KnownPerson(participant=one, is_removed=True) for one in record.removed),
        )
        page = people[verb.after : verb.after + _PEOPLE]
        return Reply(PeoplePage(people=page, is_last=verb.after + _PEOPLE >= len(people)))

    def _consents(self, verb: ListConsents) -> Reply:
        _, record = self._begun(verb.session, verb.case)
        page, is_last = _behind(record.placed, verb.after, _CONSENTS)
        now = self.now()
        placed = (
            PlacedConsent(
                consent=one.consent,
                sequence=one.sequence,
                statement_hash=one.statement_hash,
                against=reasons_against(one.consent, record, now),
            )
            for one in record.placed[page]
        )
        return Reply(ConsentPage(consents=tuple(placed), is_last=is_last))

    def _armings(self, verb: ListArmings) -> Reply:
        _, record = self._begun(verb.session, verb.case)
        page, is_last = _behind(record.armings, verb.after, _ARMINGS)
        placed = (PlacedArming(arming=one.arming, boot_id=one.boot_id, sequence=one.sequence) for one in record.armings[page])
        return Reply(ArmingPage(armings=tuple(placed), is_last=is_last))

    def _transfers(self, verb: ListTransfers) -> Reply:
        _, record = self._begun(verb.session, verb.case)
        page, is_last = _behind(record.transfers, verb.after, _TRANSFERS)
        placed = (
            PlacedTransfer(
                recording_id=one.recording_id,
                purpose=one.purpose,
                recipient=one.recipient,
                sealed_hash=one.sealed_hash,
                sequence=one.sequence,
            )
            for one in record.transfers[page]
        )
        return Reply(TransferPage(transfers=tuple(placed), is_last=is_last))

    def _manifests(self, verb: ListManifests) -> Reply:
        session, record = self._begun(verb.session, verb.case)
        found, is_last = self.recordings.page(session.practitioner, record.case.code, verb.before, _MANIFESTS)
        signed = (
            SignedManifest(recording_id=one.recording_id, data=self._manifest(one.recording_id))
            for one in found
            if one.state is RecordingState.SEALED
        )
        before = found[-1].recording_id if found else ""
        return Reply(ManifestPage(manifests=tuple(signed), before=before, is_last=is_last))

    def _manifest(self, recording_id: ids.RecordingId) -> bytes:
        """As it lies there, whether it holds or not: whoever gets it checks it. Empty where it cannot be read: that must not keep
        a family from all the rest."""
        try:
            return self.vault.read_manifest(recording_id)
        except VigcamError:
            return b""

    def _receipts(self, verb: ListReceipts) -> Reply:
        _, record = self._own(verb.session, verb.case)
        rows = self.catalogue.rows(
            """SELECT number, erasure_id, receipt FROM erasure
            WHERE case_code = ? AND number > ? ORDER BY number LIMIT ?""",
            record.case.code,
            verb.after,
            _RECEIPTS + 1,
        )
        signed = [SignedReceipt(number=number, erasure_id=erasure_id, data=data) for number, erasure_id, data in rows[:_RECEIPTS]]
        while len(signed) > 1 and sum(len(one.data) for one in signed) > _RECEIPT_BYTES:
            signed.pop()
        return Reply(ReceiptPage(receipts=tuple(signed), is_last=len(rows) == len(signed)))

    def _extract(self, verb: AuditExtract) -> Reply:
        _, record = self._begun(verb.session, verb.case)
        found = extract(self.audit.path, self._names(record), verb.offset, self.audit.place.end_offset)
        return Reply(AuditPage(lines=found.lines, next_offset=found.next_offset, is_last=found.is_last))

    def _names(self, record: CaseRecord) -> Set[bytes]:
        """Every id by which the log speaks of the case: what its lines about people and consents name besides, they name too."""
        armings = (one.arming.arming_id for one in record.armings)
        films = self.catalogue.rows("SELECT recording_id FROM recording WHERE case_code = ?", record.case.code)
        erasures = self._erasures(record.case.code)
        names = (record.case.code, *armings, *(film for (film,) in films), *erasures)
        return {name.encode() for name in names}

    def _erasures(self, code: CaseCode) -> Iterator[str]:
        """The receipts' own ids, and what was asked and pressed for: a line that only asks names no recording."""
        for (data,) in self.catalogue.rows("SELECT receipt FROM erasure WHERE case_code = ?", code):
            with suppress(AuditBroken):  # one that does not hold says nothing
                receipt = read_receipt(data, self.device_key.public_hex)
                yield receipt.erasure_id
                yield receipt.ask_id

    def _begun(self, token: str, text: str) -> tuple[Session, CaseRecord]:
        """As `_own`, and raises NotNow where the log has no line that an export of this case was begun."""
        session, record = self._own(token, text)
        self.begun.check(session, record.case.code)
        return session, record

    def _own(self, token: str, text: str) -> tuple[Session, CaseRecord]:
        """Raises SignInNeeded, BadRequest, NotFound: nobody else's case is there."""
        session = self.sessions.require(token)
        code: CaseCode = ids.case_code(text)
        return session, self.records.case(session.unlocked, code)


def _behind(places: Sequence[object], after: int, limit: int) -> tuple[slice, bool]:
    """The next items behind the statement numbered `after`; and whether they are the last."""
    start = bisect_right(places, after, key=lambda place: place.sequence)  # type: ignore[attr-defined]
    return slice(start, start + limit), start + limit >= len(places)
