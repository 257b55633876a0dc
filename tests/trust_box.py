"""A box with somebody enrolled and a recovery recipient, on a disk that can fail, and its folder in the next process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from faults import FaultyDisk
from record_box import NOON_MS, PASSPHRASE, WORK_FACTOR, HandClock, RecordBox

from capture.audit.log import AuditEvent, AuditLine, AuditLog
from capture.catalogue import Catalogue
from capture.device_key import DeviceKey
from capture.ids import new_practitioner_id
from capture.keyring import Keyrings
from capture.model import Confidence, WallTime
from capture.recipients import Recipients
from capture.trust import Trust
from device.disk import SystemDisk
from device.ports import Disk


class TrustBox:
    """`who` is enrolled with PASSPHRASE; `public` is what anybody may know of them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.disk = FaultyDisk(SystemDisk())
        self.box = RecordBox(folder, self.disk)
        Recipients(folder / "recipients", self.box.device_key, self.disk).set_recovery(self.box.recovery)
        self.box.audit.append(AuditEvent.BOX_PROVISIONED)
        self.keyrings = self.box.keyrings
        self.who = new_practitioner_id()
        self.public = self.keyrings.enrol(self.who, PASSPHRASE)
        self.trust = Trust(self.keyrings, self.box.catalogue, self.box.audit)
        self.keyring = folder / "keyrings" / f"{self.who}.age"

    def reset(self) -> None:
        """As the desk does it: the new one first."""
        self.trust.enrol(instead_of=self.who)
        self.trust.retire(self.who)

    def lines(self, event: str) -> list[Mapping[str, int | str]]:
        text = (self.folder / "audit.log").read_bytes().splitlines()
        lines = [msgspec.json.decode(line, type=AuditLine) for line in text]
        return [line.fields for line in lines if line.event.value == event]

    def stages(self, event: str) -> list[int | str]:
        return [fields["stage"] for fields in self.lines(event)]

    def close(self) -> None:
        self.box.close()

    def next_process(self) -> NextProcess:
        """What stands on the disk now, opened anew and brought to an end."""
        self.disk.heal()
        self.close()
        return NextProcess.on(self.folder, self.box.device_key)


@dataclass(frozen=True, slots=True)
class NextProcess:
    """After the next start; close it."""

    keyrings: Keyrings
    catalogue: Catalogue
    audit: AuditLog

    @classmethod
    def on(cls, folder: Path, key: DeviceKey, disk: Disk | None = None) -> NextProcess:
        disk = disk or SystemDisk()
        keyrings = Keyrings(folder / "keyrings", folder / "recipients", key, disk, WORK_FACTOR)
        catalogue = Catalogue.open(folder / "catalogue.sqlite")
        noon = WallTime(ms=NOON_MS, confidence=Confidence.BROWSER)
        audit = AuditLog.open(folder / "audit.log", key, HandClock(), disk, lambda: noon)
        Trust(keyrings, catalogue, audit).finish()
        return cls(keyrings, catalogue, audit)

    def close(self) -> None:
        self.catalogue.close()
        self.audit.close()
