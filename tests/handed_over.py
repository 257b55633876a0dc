"""A hand-over package for tests, made without a box: statements and films that recovery opens. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from factory import UnsyncedDisk

from capture.device_key import DeviceKey
from capture.handover.package import Package, RecordingHeader, StatementHeader, sign_package
from capture.ids import new_box_id, new_case_code, new_practitioner_id, new_recording_id
from capture.model import Confidence, WallTime
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes

NOTES = b"what the family would like to see more of"


def header_of(sealed: bytes) -> bytes:
    return sealed[: parse_header(sealed).length]


@dataclass(slots=True)
class Packer:
    """Makes packages of one box, one giver, one taker, one recovery."""

    key: DeviceKey
    giver: Identity = field(default_factory=Identity.generate)
    taker: Identity = field(default_factory=Identity.generate)
    recovery: Identity = field(default_factory=Identity.generate)

    @classmethod
    def create(cls, folder: Path) -> Packer:
        return cls(DeviceKey.create(folder / "device.key", UnsyncedDisk()))

    def seal(self, data: bytes) -> bytes:
        return seal_bytes(data, [self.giver.recipient, self.recovery.recipient])

    def package(self, *, statements: int = 3, recordings: int = 2, noted: bytes = b"") -> Package:
        return Package(
            box_id=new_box_id(),
            device_key=self.key.public_hex,
            case=new_case_code(),
            giver=new_practitioner_id(),
            taker=new_practitioner_id(),
            recipient=self.taker.recipient.encode(),
            recovery=self.recovery.recipient.encode(),
            made=WallTime(ms=1_790_000_000_000, confidence=Confidence.BROWSER),
            audit_sequence=7,
            audit_head="a" * 64,
            last_hash="b" * 64,
            statements=tuple(
                StatementHeader(place=place, header=header_of(self.seal(b"said"))) for place in range(1, statements + 1)
            ),
            recordings=tuple(
                RecordingHeader(recording_id=new_recording_id(), header=header_of(self.seal(b"filmed")))
                for _ in range(recordings)
            ),
            noted=noted,
        )

    def signed(self, package: Package | None = None) -> bytes:
        return sign_package(package or self.package(), self.key)
