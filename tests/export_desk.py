"""The desk of exports over a real catalogue and a real log: somebody has a case, and begun an export of it. Judges nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
from record_box import RecordBox, film

from capture.consent.retention import Kept
from capture.desk.begun_exports import BegunExports
from capture.desk.exports import ExportDesk
from capture.desk.statements import StatementDesk
from capture.ids import new_erasure_id
from capture.keyring import Unlocked
from capture.messages import (
    MAX_MESSAGE_BYTES,
    AuditExtract,
    BeginExport,
    ListSigners,
    ListStatements,
    Verb,
    encode,
)
from capture.messages.exports import ExportKind
from capture.model import (
    Confidence,
    Decision,
    ErasedRecording,
    ErasureMethod,
    ErasureReceipt,
    Scope,
    WallTime,
)
from capture.rate import Rate
from capture.receipts import sign_receipt
from capture.recordings import Recordings
from capture.session import Sessions
from capture.vault import Vault
from device.disk import SystemDisk

NOW = WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER)


class DeskBox:
    """A desk over a real catalogue and a real log, somebody signed in, and a case of theirs."""

    def __init__(self, folder: Path) -> None:
        self.box = RecordBox(folder)
        (folder / "vault").mkdir()
        self.sessions = Sessions(self.box.clock, 900, begun=lambda _: None, ended=lambda *_: None)
        self.unlocked: Unlocked = self.box.sign_in()
        self.token = self.sessions.begin(self.unlocked).token
        self.case, self.adult, self.child = self.box.family(self.unlocked)
        begun = BegunExports(self.box.clock)
        self.desk = ExportDesk(
            box_id=self.box.box_id,
            sessions=self.sessions,
            records=self.box.records,
            recordings=Recordings(self.box.catalogue),
            catalogue=self.box.catalogue,
            vault=Vault(folder / "vault", SystemDisk()),
            device_key=self.box.device_key,
            audit=self.box.audit,
            kept=Kept(42),
            export_rate=Rate(self.box.clock, 4, 5.0),
            begun=begun,
            now=lambda: self.box.wall,
        )
        self.signed = StatementDesk(
            box_id=self.box.box_id,
            sessions=self.sessions,
            records=self.box.records,
            device_key=self.box.device_key,
            signers=self.box.signers,
            audit=self.box.audit,
            begun=begun,
        )
        self.begin()

    def ask(self, verb: Verb):
        handlers = {**self.desk.handlers(), **self.signed.handlers()}
        return handlers[type(verb)](verb).answer

    def consent(self, count: int, **changed: object) -> None:
        """The adult says yes and no to supervision in turn."""
        who = self.adult.participant_id
        for number in range(count):
            decision = Decision.WITHDRAWN if number % 2 else Decision.GIVEN
            form = film(who, who, scope=Scope.SUPERVISION, decision=decision)
            self.box.consent(self.unlocked, self.case, msgspec.structs.replace(form, **changed))

    def begin(self, kind: ExportKind = ExportKind.RECEIPT):
        return self.ask(BeginExport(session=self.token, case=self.case, kind=kind))

    def receipt(self, films: int = 1, ask_id: str = "") -> bytes:
        """One that the box signed, as it lies in the catalogue."""
        gone = ErasedRecording(
            recording_id="rec-2222222222222222",
            filmed=NOW,
            filmed_boot_id="a" * 32,
            filmed_boottime_ns=2**60,
            sealed_bytes=2**50,
            header_hash="b" * 64,
            was_transferred=True,
            method=ErasureMethod.HEADER_OVERWRITTEN,
            is_sync_reported=True,
            erased=NOW,
            boot_id="c" * 32,
            boottime_ms=2**50,
            audit_sequence=2**50,
        )
        receipt = ErasureReceipt(
            erasure_id=new_erasure_id(),
            ask_id=ask_id,
            box_id=self.box.box_id,
            case=self.case,
            practitioner=self.unlocked.practitioner,
            recordings=(gone,) * films,
            audit_sequence=1,
            audit_head="d" * 64,
        )
        data = sign_receipt(receipt, self.box.device_key)
        insert = "INSERT INTO erasure (erasure_id, case_code, practitioner, receipt) VALUES (?, ?, ?, ?)"
        self.box.catalogue.change(insert, receipt.erasure_id, self.case, self.unlocked.practitioner, data)
        return data

    def statements(self) -> list[bytes]:
        found: list[bytes] = []
        is_last = False
        while not is_last:
            page = self.ask(ListStatements(session=self.token, case=self.case, after=len(found)))
            assert len(encode(page)) <= MAX_MESSAGE_BYTES
            found += page.lines
            is_last = page.is_last
        return found

    def signers(self) -> list[bytes]:
        page = self.ask(ListSigners(session=self.token, case=self.case))
        assert page.is_last
        return list(page.lines)

    def lines(self) -> list[bytes]:
        found: list[bytes] = []
        offset, is_last = 0, False
        while not is_last:
            page = self.ask(AuditExtract(session=self.token, case=self.case, offset=offset))
            assert len(encode(page)) <= MAX_MESSAGE_BYTES
            found += page.lines
            offset, is_last = page.next_offset, page.is_last
        return found
