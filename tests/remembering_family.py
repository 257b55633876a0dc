"""A family's box that can be started again on whatever lies on its disk: log, catalogue, and what one remembers of the other."""

from __future__ import annotations

from pathlib import Path

from faults import FaultyDisk
from record_box import RecordBox, film

from capture.audit.log import AuditEvent, AuditLog
from capture.errors import ConsentMissing
from capture.keyring import Unlocked
from capture.log_memory import LogMemory, remembered_head
from capture.model import ArmMode, Decision
from device.disk import SystemDisk


class Family:
    """A box whose practitioner has a family, and that can be started again on whatever lies on its disk then."""

    def __init__(self, folder: Path) -> None:
        self.disk = FaultyDisk(SystemDisk(), folder / "orders")
        self.box = RecordBox(folder, self.disk)
        self.box.audit.append(AuditEvent.BOX_PROVISIONED)
        self.unlocked: Unlocked = self.box.sign_in()
        self.case, self.parent, self.baby = self.box.family(self.unlocked)
        self.log = folder / "audit.log"
        self.catalogue = folder / "catalogue.sqlite"

    def open(self) -> LogMemory:
        """As the daemon opens log and catalogue."""
        box = self.box
        box.open_catalogue()
        remembered = remembered_head(box.catalogue)
        box.audit = AuditLog.open(self.log, box.device_key, box.clock, self.disk, lambda: box.wall, remembered=remembered)
        box.records = box.records_of(box.catalogue)
        return LogMemory(box.catalogue, box.audit, box.clock)

    def start(self) -> LogMemory:
        memory = self.open()
        memory.settle(self.log)
        self.box.audit.append(AuditEvent.STARTED)
        return memory

    def withdraw(self) -> None:
        person = self.parent.participant_id
        self.box.consent(self.unlocked, self.case, film(person, person, decision=Decision.WITHDRAWN))

    def arm(self) -> tuple[str, ...]:
        """The reasons against it."""
        people = (self.parent.participant_id, self.baby.participant_id)
        try:
            self.box.records.record_arming(self.unlocked, self.box.recovery, self.case, people, mode=ArmMode.FILM, lease_s=600)
        except ConsentMissing as refused:
            return refused.reasons
        return ()

    def count(self, event: AuditEvent) -> int:
        return self.log.read_bytes().count(b'"event":"%s"' % event.value.encode())
