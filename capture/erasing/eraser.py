"""Carries erasures out, film by film, and signs their receipts: after a press, or where a start finds one cut short. Asks nobody.

For each film in turn: the log's line that it is begun, the note in the catalogue, the files, the log's line that it is gone, and
in one commit the tombstone. At the end the receipt. Wherever power is cut, the next start carries on from there: what was begun
is ended, what was not is left alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.device_key import DeviceKey
from capture.erasing.book import ErasureBook, Gone, KeptReceipt, Underway
from capture.errors import BoxUnusable, NotFound, SealBroken, Truncated, VigcamError
from capture.ids import BoxId, PractitionerId, RecordingId, new_erasure_id
from capture.model import ErasedRecording, ErasureMethod, ErasureReceipt, RecordingState, WallTime
from capture.receipts import sign_receipt
from capture.recordings import Recordings
from capture.vault import Vault


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases recordings of one vault. All raise BoxUnusable, VaultFull, and the errors of log and catalogue; whatever was gone
    before that has its receipt, and the rest can be asked for again, or is ended by the next start."""

    box_id: BoxId
    vault: Vault
    catalogue: Catalogue
    audit: AuditLog
    device_key: DeviceKey

    @property
    def recordings(self) -> Recordings:
        return Recordings(self.catalogue)

    @property
    def book(self) -> ErasureBook:
        return ErasureBook(self.catalogue)

    def erase(self, ask_id: str, practitioner: PractitionerId, recording_ids: Sequence[RecordingId]) -> tuple[str, ...]:
        """All of these, in order; returns the ids of the receipts, one for each case. Raises NotFound, before any is touched,
        where one is another's by now: a case may change hands between the question and the press."""
        recordings = [self.recordings.get(recording_id) for recording_id in recording_ids]
        if any(recording.practitioner != practitioner for recording in recordings):
            raise NotFound
        try:
            for recording in recordings:
                if recording.state is not RecordingState.ERASED:  # another press was quicker
                    self._erase_one(ask_id, practitioner, recording.recording_id)
        except VigcamError:
            with suppress(VigcamError):  # what is wrong was said; the next start signs
                self.sign_receipts()
            raise
        return tuple(receipt.erasure_id for receipt in self.sign_receipts() if receipt.ask_id == ask_id)

    def end(self, underway: Underway) -> None:
        """What was begun is carried through, from wherever it stopped."""
        recording = self.recordings.get(underway.recording_id)
        try:
            method = self.vault.erase(underway.recording_id)
        except NotFound:  # gone already, and whoever saw the disk's answer was cut off
            method = ErasureMethod.FOUND_GONE
        line = self.audit.append(AuditEvent.ERASED, recording=underway.recording_id, stage="done")
        self.book.end(
            ErasedRecording(
                recording_id=underway.recording_id,
                filmed=recording.started,
                filmed_boot_id=recording.boot_id,
                filmed_boottime_ns=recording.started_boottime_ns,
                sealed_bytes=underway.sealed_bytes,
                header_hash=underway.header_hash,
                was_transferred=recording.is_transferred,
                method=method,
                is_sync_reported=method is ErasureMethod.HEADER_OVERWRITTEN,
                erased=WallTime(ms=line.wall_ms, confidence=line.confidence),
                boot_id=line.boot,
                boottime_ms=line.boottime_ms,
                audit_sequence=line.seq,
            )
        )

    def sign_receipts(self) -> tuple[ErasureReceipt, ...]:
        """One for each case whose films went by one press and have none yet."""
        return tuple(self._sign(gone) for gone in self.book.without_receipt())

    def _erase_one(self, ask_id: str, practitioner: PractitionerId, recording_id: RecordingId) -> None:
        self.audit.append(AuditEvent.ERASED, ask=ask_id, recording=recording_id, stage="begun")
        # Nobody changes the header between the look at it and the note.
        with self.vault.changing, self.catalogue.transaction():
            header_hash, size = self._look(recording_id)
            underway = self.book.begin(Underway(recording_id, ask_id, practitioner, header_hash, size))
        self.end(underway)

    def _look(self, recording_id: RecordingId) -> tuple[str, int]:
        """The header's SHA-256 in hex, empty where there is none to be read, and the file's size."""
        try:
            opened = self.vault.open(recording_id)
        except (NotFound, BoxUnusable):
            return "", 0
        try:
            return hashlib.sha256(self.vault.header(opened.fd)).hexdigest(), opened.size
        except (SealBroken, Truncated, BoxUnusable):  # what nobody can read can be erased all the same
            return "", opened.size
        finally:
            os.close(opened.fd)

    def _sign(self, gone: Gone) -> ErasureReceipt:
        head = self.audit.head
        receipt = ErasureReceipt(
            erasure_id=new_erasure_id(),
            ask_id=gone.ask_id,
            box_id=self.box_id,
            case=gone.case,
            practitioner=gone.practitioner,
            recordings=gone.recordings,
            audit_sequence=head.sequence,
            audit_head=head.hash,
        )
        data = sign_receipt(receipt, self.device_key)
        self.book.keep(KeptReceipt(receipt.erasure_id, gone.case, gone.practitioner, data), gone)
        return receipt
