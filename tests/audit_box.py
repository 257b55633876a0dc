"""A box's log and vault in a folder of a test, made with the real parts: key, log, vault, seal, manifests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from record_box import HandClock

from capture.audit.line import AuditHead
from capture.audit.log import AuditEvent, AuditLog
from capture.audit.memories import Memories, Witness
from capture.audit.memory import RememberedHead
from capture.audit.verify import AuditReport, verify_log
from capture.device_key import DeviceKey
from capture.ids import BoxId, RecordingId, new_box_id, new_recording_id
from capture.manifest import sign_manifest
from capture.model import Confidence, Manifest, StopReason, WallTime
from capture.seal.keys import Identity
from capture.vault import Vault
from device.disk import SystemDisk
from device.ports import Disk

NOW = WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER)


@dataclass
class AuditBox:
    """`log` is open; close it before the file is tampered with."""

    folder: Path
    disk: Disk = field(default_factory=SystemDisk)
    clock: HandClock = field(default_factory=HandClock)
    box_id: BoxId = field(default_factory=new_box_id)

    def __post_init__(self) -> None:
        self.path = self.folder / "audit.log"
        self.vault_folder = self.folder / "vault"
        self.vault_folder.mkdir(parents=True)
        self.vault = Vault(self.vault_folder, self.disk)
        self.identity = Identity.generate()
        self.key = DeviceKey.create(self.folder / "device.key", SystemDisk())
        self.log = self.open()
        self.log.append(AuditEvent.BOX_PROVISIONED, box=self.box_id)

    def open(self, remembered: RememberedHead | None = None) -> AuditLog:
        return AuditLog.open(self.path, self.key, self.clock, self.disk, lambda: NOW, remembered=remembered)

    def write(self, lines: int) -> None:
        for number in range(lines):
            self.clock.run(1)
            self.log.append(AuditEvent.PRESS, button="main", count=number)

    def begin(self, footage: bytes) -> RecordingId:
        """A recording that is never closed: its part and its line in the log."""
        recording = new_recording_id()
        part = self.vault.begin(recording, [self.identity.recipient])
        self.log.append(AuditEvent.RECORDING_OPENING, recording=recording, header_hash=part.header_hash)
        part.write(footage)
        part.abandon()
        return recording

    def film(self, footage: bytes = b"film" * 50_000, arming: str = "") -> RecordingId:
        """A recording, sealed, signed and logged in the daemon's order."""
        recording = new_recording_id()
        part = self.vault.begin(recording, [self.identity.recipient])
        of = {"arming": arming} if arming else {}
        self.log.append(AuditEvent.RECORDING_OPENING, recording=recording, header_hash=part.header_hash, **of)
        part.write(footage)
        part.finish(b"end")
        self.vault.publish(part)
        manifest = self.manifest(recording, part.header_hash, part.sealed_hash, part.sealed_bytes)
        self.vault.write_manifest(recording, sign_manifest(manifest, self.key))
        self.log.append(AuditEvent.RECORDING_SEALED, recording=recording)
        return recording

    def manifest(self, recording: RecordingId, header_hash: str, sealed_hash: str, sealed_bytes: int) -> Manifest:
        return Manifest(
            box_id=self.box_id,
            recording_id=recording,
            header_hash=header_hash,
            sealed_hash=sealed_hash,
            sealed_bytes=sealed_bytes,
            duration_ms=5_000,
            frames_generated=150,
            frames_kept=149,
            width=1280,
            height=720,
            has_sound=True,
            stop_reason=StopReason.PRESS,
            longest_sync_ms=3.5,
            recipients=(self.identity.recipient.fingerprint,),
            audit_sequence=self.log.head.sequence,
            audit_head=self.log.head.hash,
        )

    def sealed(self, recording: RecordingId) -> Path:
        return self.vault_folder / f"{recording}.mp4.age"

    def part(self, recording: RecordingId) -> Path:
        return self.vault_folder / f"{recording}.mp4.age.part"

    def manifest_path(self, recording: RecordingId) -> Path:
        return self.vault_folder / f"{recording}.json"

    def verify(self, *remembered: AuditHead) -> AuditReport:
        heads = tuple(Witness("a test", head) for head in remembered)
        return verify_log(self.path, self.vault_folder, known_key=self.key.public_hex, recall=lambda: Memories(heads))


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    """`data` with one bit turned over."""
    turned = bytearray(data)
    turned[at] ^= 1 << bit
    return bytes(turned)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
