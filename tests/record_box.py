"""A real box's records in a folder: device key, log, catalogue, keyrings, on real files, with clocks that a test sets by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from known_notices import NOTICES, VERIFIED

from capture.audit.log import AuditLog
from capture.catalogue import Catalogue
from capture.consent.consent_rules import ConsentForm, ParticipantForm
from capture.consent.history import Signers
from capture.consent.records import Records
from capture.device_key import DeviceKey
from capture.ids import BoxId, CaseCode, ParticipantId, PractitionerId, new_box_id, new_practitioner_id
from capture.keyring import Keyrings, Unlocked
from capture.log_memory import LogMemory
from capture.model import (
    Confidence,
    Decision,
    Indication,
    ParentalResponsibility,
    Participant,
    RetentionClass,
    Role,
    Scope,
    WallTime,
)
from capture.notices.texts import Notice
from capture.seal.keys import Identity
from device.disk import SystemDisk
from device.ports import Disk

WORK_FACTOR = 4
"""Of scrypt, in tests: what is tested is not its slowness."""

NOON_MS = 1_800_000_000_000
DAY_MS = 86_400_000
PASSPHRASE = "anchor maple drum velvet orbit fern"


@dataclass
class HandClock:
    """A strict twin of the box's clocks: boot time only goes forward, unless `reboot` begins it anew."""

    boot_id: str = "a" * 32
    has_rtc: bool = False
    boot_ns: int = 1_000_000_000
    system_ms: int = NOON_MS

    def boottime_ns(self) -> int:
        return self.boot_ns

    def wall_ms(self) -> int:
        return self.system_ms

    def run(self, seconds: float) -> None:
        assert seconds >= 0
        self.boot_ns += round(seconds * 1e9)
        self.system_ms += round(seconds * 1e3)

    def reboot(self, boot_id: str, system_ms: int | None = None) -> None:
        self.boot_id = boot_id
        self.boot_ns = 1_000_000_000
        if system_ms is not None:
            self.system_ms = system_ms


@dataclass
class RecordBox:
    """`wall` is what the anchor would say. Close it when done."""

    folder: Path
    disk: Disk = field(default_factory=SystemDisk)
    clock: HandClock = field(default_factory=HandClock)
    wall: WallTime = field(default_factory=lambda: WallTime(ms=NOON_MS, confidence=Confidence.BROWSER))
    box_id: BoxId = field(default_factory=new_box_id)

    def __post_init__(self) -> None:
        self.service = Identity.generate()
        self.recovery = self.service.recipient
        for name in ("keyrings", "recipients"):
            (self.folder / name).mkdir()
        self.device_key = DeviceKey.create(self.folder / "device.key", self.disk)
        self.keyrings = Keyrings(self.folder / "keyrings", self.folder / "recipients", self.device_key, self.disk, WORK_FACTOR)
        self.audit = AuditLog.open(self.folder / "audit.log", self.device_key, self.clock, self.disk, lambda: self.wall)
        self.open_catalogue()

    def open_catalogue(self) -> None:
        self.catalogue = Catalogue.open(self.folder / "catalogue.sqlite")
        self.memory = LogMemory(self.catalogue, self.audit, self.clock)
        self.records = self.records_of(self.catalogue)

    @property
    def signers(self) -> Signers:
        return Signers(self.device_key.public_hex, lambda practitioner: self.keyrings.public(practitioner).verify_hex)

    def records_of(self, catalogue: Catalogue) -> Records:
        return Records(
            catalogue,
            LogMemory(catalogue, self.audit, self.clock),
            self.box_id,
            signers=self.signers,
            clock=self.clock,
            now=lambda: self.wall,
            notices=NOTICES,
        )

    def close(self) -> None:
        self.catalogue.close()
        self.audit.close()

    def sign_in(self, practitioner: PractitionerId | None = None) -> Unlocked:
        """Enrol somebody new and unlock their keyring."""
        name = practitioner or new_practitioner_id()
        self.keyrings.enrol(name, PASSPHRASE)
        return self.keyrings.unlock(name, PASSPHRASE)

    def open_case(self, unlocked: Unlocked) -> CaseCode:
        return self.records.open_case(unlocked, self.recovery, RetentionClass.THERAPEUTIC_TRANSIENT).code

    def add(self, unlocked: Unlocked, case: CaseCode, form: ParticipantForm) -> Participant:
        return self.records.add_participant(unlocked, self.recovery, case, form)

    def consent(self, unlocked: Unlocked, case: CaseCode, form: ConsentForm) -> None:
        self.records.record_consent(unlocked, self.recovery, case, form)

    def family(self, unlocked: Unlocked) -> tuple[CaseCode, Participant, Participant]:
        """A case with an adult and a child who may both be filmed for 30 days."""
        case = self.open_case(unlocked)
        parent = self.add(unlocked, case, ADULT)
        baby = self.add(unlocked, case, CHILD)
        self.consent(unlocked, case, film(parent.participant_id, parent.participant_id))
        self.consent(unlocked, case, film(baby.participant_id, parent.participant_id))
        return case, parent, baby

    def set_wall(self, ms: int, confidence: Confidence = Confidence.BROWSER) -> None:
        self.wall = WallTime(ms=ms, confidence=confidence)


ADULT = ParticipantForm(label="Adult A", role=Role.PARENT, is_child=False, responsibility=ParentalResponsibility.HOLDS)
CHILD = ParticipantForm(label="Child B", role=Role.CHILD, is_child=True)


def film(
    person: ParticipantId,
    giver: ParticipantId,
    *,
    decision: Decision = Decision.GIVEN,
    scope: Scope = Scope.FILM,
    valid_days: int = 30,
    notice: Notice = VERIFIED,
    is_interpreter_used: bool = False,
) -> ConsentForm:
    return ConsentForm(
        participant_id=person,
        scope=scope,
        decision=decision,
        given_by=giver,
        indication=Indication.SIGNED_PAPER,
        valid_days=valid_days,
        notice_hash=notice.text_hash,
        notice_version=notice.version,
        notice_language=notice.language,
        is_interpreter_used=is_interpreter_used,
    )
