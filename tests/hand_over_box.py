"""A box with a case, its films and two practitioners, on real files, and all that hands the case over. No daemon, no socket."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from factory import UnsyncedDisk
from record_box import RecordBox

from capture.audit.log import AuditEvent, AuditLog
from capture.audit.verify import AuditReport, verify_log
from capture.catalogue import Catalogue
from capture.consent.history import History, Opener, read_history
from capture.handover.holdings import Inventory, check_result
from capture.handover.new_headers import NewHeaders
from capture.handover.packing import Packing
from capture.handover.result import Result
from capture.handover.rewrapping import rewrap_package
from capture.handover.shelf import Shelf
from capture.handover.swapping import Swapping
from capture.handover.taking_over import TakingOver
from capture.ids import RecordingId, new_recording_id, new_visit_id
from capture.keyring import Unlocked
from capture.log_memory import LogMemory
from capture.manifest import sign_manifest
from capture.model import Manifest, Recording, RecordingState, StopReason
from capture.recipients import Recipients
from capture.recordings import Recordings
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes
from capture.seal.stream import SalvageReader, open_header
from capture.vault import Vault
from device.ports import Disk

FOOTAGE = b"a picture of a parent and a baby " * 6_000
"""Three chunks and a bit."""
NOTES = b"the helping question"


class HandOverBox:
    """`giver` and `taker` are unlocked; `case` is the giver's, with notes and consents."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.disk = disk or UnsyncedDisk()
        self.is_camera_open = False
        self.box = RecordBox(folder, disk=self.disk)
        Recipients(folder / "recipients", self.box.device_key, self.disk).set_recovery(self.box.recovery)
        self.box.audit.append(AuditEvent.BOX_PROVISIONED, box=self.box.box_id)
        (folder / "vault").mkdir()
        self.vault = Vault(folder / "vault", self.disk)
        self.giver, self.taker = self.box.sign_in(), self.box.sign_in()
        self.case, self.parent, self.baby = self.box.family(self.giver)
        notes = seal_bytes(NOTES, [self.giver.public.recipient, self.box.recovery])
        self.box.records.keep_notes(self.giver, self.box.recovery, self.case, notes)
        self.open_work()

    def open_work(self) -> None:
        """What works on the catalogue as it is open now."""
        catalogue = self.box.catalogue
        self.recordings = Recordings(catalogue)
        self.new_headers = NewHeaders(catalogue)
        self.shelf = Shelf(catalogue)
        self.inventory = Inventory(catalogue, self.recordings, self.vault, self.new_headers.has)
        self.packing = Packing(
            self.box.box_id, self.box.device_key, self.inventory, self.box.keyrings, self.box.audit, lambda: self.box.wall
        )
        self.taking_over = TakingOver(
            box_id=self.box.box_id,
            device_key=self.box.device_key,
            catalogue=catalogue,
            recordings=self.recordings,
            inventory=self.inventory,
            shelf=self.shelf,
            new_headers=self.new_headers,
            keyrings=self.box.keyrings,
            signers=self.box.signers,
            audit=self.box.audit,
            memory=LogMemory(catalogue, self.box.audit, self.box.clock),
            clock=self.box.clock,
            now=lambda: self.box.wall,
        )
        self.swapping = Swapping(
            catalogue, self.recordings, self.vault, self.box.audit, self.box.device_key, lambda: self.is_camera_open
        )

    def close(self) -> None:
        self.swapping.close()
        self.box.close()

    # --- films ------------------------------------------------------------------------------------------------------------

    def film(self, footage: bytes = FOOTAGE) -> RecordingId:
        """Sealed, logged, vouched for."""
        recording_id = new_recording_id()
        part = self.vault.begin(recording_id, (self.giver.public.recipient, self.box.recovery))
        self.box.audit.append(AuditEvent.RECORDING_OPENING, recording=recording_id, header_hash=part.header_hash)
        part.write(footage)
        part.finish(b"the end")
        self.vault.publish(part)
        line = self.box.audit.append(
            AuditEvent.RECORDING_SEALED, recording=recording_id, sealed_hash=part.sealed_hash, bytes=part.sealed_bytes
        )
        manifest = Manifest(
            box_id=self.box.box_id,
            recording_id=recording_id,
            header_hash=part.header_hash,
            sealed_hash=part.sealed_hash,
            sealed_bytes=part.sealed_bytes,
            duration_ms=5_000,
            frames_generated=150,
            frames_kept=150,
            width=1280,
            height=720,
            has_sound=True,
            stop_reason=StopReason.PRESS,
            longest_sync_ms=1.5,
            recipients=(self.giver.public.recipient.fingerprint, self.box.recovery.fingerprint),
            audit_sequence=line.head.sequence,
            audit_head=line.head.hash,
        )
        self.vault.write_manifest(recording_id, sign_manifest(manifest, self.box.device_key))
        self._add(recording_id, RecordingState.SEALED)
        return recording_id

    def cut(self, footage: bytes = FOOTAGE) -> RecordingId:
        """Interrupted by a power cut."""
        recording_id = new_recording_id()
        part = self.vault.begin(recording_id, (self.giver.public.recipient, self.box.recovery))
        self.box.audit.append(AuditEvent.RECORDING_OPENING, recording=recording_id, header_hash=part.header_hash)
        part.write(footage)
        part.abandon()
        self.box.audit.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording_id, why="power_or_process_lost")
        self._add(recording_id, RecordingState.INTERRUPTED)
        return recording_id

    def _add(self, recording_id: RecordingId, state: RecordingState) -> None:
        self.recordings.add(
            Recording(
                recording_id=recording_id,
                case=self.case,
                visit_id=new_visit_id(),
                practitioner=self.giver.practitioner,
                state=state,
                started=self.box.wall,
                boot_id=self.box.clock.boot_id,
                started_boottime_ns=1,
                stop_reason=StopReason.PRESS,
            )
        )

    def shown(self, recording_id: RecordingId, identity: Identity) -> bytes:
        """What this identity sees of a film. Raises NotARecipient and the like."""
        opened = self.vault.open(recording_id)
        try:
            file_key, offset = open_header(self.vault.header(opened.fd), identity)
            reader = SalvageReader(opened.fd, file_key, offset)
            return reader.read_at(0, reader.size)
        finally:
            os.close(opened.fd)

    # --- handing over -----------------------------------------------------------------------------------------------------

    def packed(self, *leave: RecordingId) -> bytes:
        return self.packing.pack(self.case, self.taker.practitioner, leave)[1]

    def rewrapped(self, *leave: RecordingId, identity: Identity | None = None) -> Result:
        """As recovery makes it, unless somebody else does."""
        return rewrap_package(self.packed(*leave), [identity or self.box.service])

    def bring(self, result: Result) -> None:
        """As the desk does it."""
        check_result(result, self.inventory.of(self.case), self.box.box_id)
        self.shelf.put(result)

    def take_over(self) -> None:
        self.taking_over.take_over(self.taker, self.case)

    def swap_all(self) -> None:
        for new in self.new_headers.all():
            self.swapping.swap(new)

    def read(self, unlocked: Unlocked) -> History:
        head = self.box.catalogue.head(self.case)
        assert head is not None
        rows = self.box.catalogue.statements(self.case)
        return read_history(rows, head, self.box.box_id, Opener(unlocked, self.box.signers))

    def verify(self) -> AuditReport:
        return verify_log(self.folder / "audit.log", self.folder / "vault", known_key=self.box.device_key.public_hex)

    def state(self) -> dict[str, str]:
        """A hash of every sealed thing of the case, and whose it is: to see that nothing was changed."""
        files = {path.name: path.read_bytes() for path in (self.folder / "vault").iterdir()}
        rows = {f"statement {row.sequence}": row.sealed for row in self.box.catalogue.statements(self.case)}
        found = {name: hashlib.sha256(data).hexdigest() for name, data in (files | rows).items()}
        return found | {"head": str(self.box.catalogue.head(self.case)), "rows": str(self.rows())}

    def rows(self) -> tuple[Recording, ...]:
        return self.recordings.present()

    def reopen(self, disk: Disk) -> None:
        """A start of the box after its process died, on this disk; the files stay as they are."""
        self.box.catalogue.close()
        self.disk = self.box.disk = disk
        self.vault = Vault(self.folder / "vault", disk)
        self.box.audit.close()
        log = self.folder / "audit.log"
        self.box.audit = AuditLog.open(log, self.box.device_key, self.box.clock, disk, lambda: self.box.wall)
        self.box.catalogue = Catalogue.open(self.folder / "catalogue.sqlite")
        self.open_work()
