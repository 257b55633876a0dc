"""A box's way from the hold to the manifest, on real files: control thread, takes, vault, log and catalogue.

Behind the ports stand the camera and the panel of `strict_front`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import factory
from capture_box import wait_until
from factory import Encoded
from record_box import RecordBox
from strict_front import FlagPanel, PacketCamera, StillsInRam

from capture.audit.log import AuditEvent, AuditLog
from capture.config import BoxSection, Config
from capture.control import Control
from capture.erasing.asking import Erasures
from capture.erasing.eraser import Eraser
from capture.filming import ArmedVisit, Filming
from capture.ids import ArmingId, new_arming_id, new_case_code, new_consent_id, new_participant_id, new_visit_id
from capture.model import Arming, ArmMode, Recording, StopReason
from capture.recipients import Recipients
from capture.recorder.model import NS, ArmGranted, Ask, AskOutcome, EndAsked, EndKind, Leave, Limits, Phase, State
from capture.recordings import Recordings
from capture.start_up import mark_interrupted
from capture.take.publishing import Publisher
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import Disk, PacketSink, PictureSink

MS = 1_000_000
QUICK = Limits(hold=20 * MS, retake=20 * MS, prepare=5 * NS)


@dataclass
class FilmingBox:
    """`start` begins a daemon's life without socket and sign-in; `end` ends it; the folder stays. Also the control's `Orders`."""

    folder: Path
    disk: Disk = field(default_factory=SystemDisk)
    encoded: Encoded = field(default_factory=factory.encode)
    seconds: float = 1.5

    def __post_init__(self) -> None:
        (self.folder / "vault").mkdir()
        self.box = RecordBox(self.folder, self.disk)
        Recipients(self.folder / "recipients", self.box.device_key, self.disk).set_recovery(self.box.recovery)
        self.unlocked = self.box.sign_in()
        self.practitioner = self.unlocked.practitioner
        self.box.audit.append(AuditEvent.BOX_PROVISIONED)
        self.clock = SystemClock()
        self.case = new_case_code()
        self.died = threading.Event()
        self.is_allowed = True
        self.recordings = Recordings(self.box.catalogue)
        self.vault = Vault(self.folder / "vault", self.disk)

    def start(self) -> FilmingBox:
        mark_interrupted(self.eraser)
        self.panel = FlagPanel()
        self.camera = PacketCamera(self.panel, self.encoded, self.seconds)
        self.control = Control(self.panel, self.camera, self.clock, State(limits=QUICK), self)
        publisher = Publisher(self.box.box_id, self.vault, self.recordings, self.box.audit, self.box.device_key)
        self.filming = Filming(
            config=Config(box=BoxSection(id=self.box.box_id, name="box")),
            profile=self.camera.profile,
            drain=self.camera.drain,
            publisher=publisher,
            audit=self.box.audit,
            keyrings=self.box.keyrings,
            clock=self.clock,
            disk=self.disk,
            now=lambda: self.box.wall,
            control=lambda: self.control,
        )
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="control", daemon=True)
        self.thread.start()
        assert self.panel.heard.wait(5)
        self.wait_for(Phase.IDLE)
        return self

    @property
    def eraser(self) -> Eraser:
        return Eraser(self.box.box_id, self.vault, self.box.catalogue, self.box.audit, self.box.device_key)

    def erasures(self) -> Erasures:
        """Close it when done."""
        return Erasures(self.eraser, self.box.audit, self.clock, control=lambda: self.control, ended=self.box.memory.remember)

    def _run(self) -> None:
        try:
            self.control.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.failure = error

    def shut(self) -> None:
        """As the daemon ends: the recorder first, then what it left under way."""
        self.control.post(EndAsked(self.clock.boottime_ns(), EndKind.PROCESS))
        self.thread.join(10)
        assert not self.thread.is_alive(), "the recorder does not end"
        self.filming.close()

    def restart_records(self) -> None:
        """Log and catalogue opened anew, as the next process would."""
        box = self.box
        box.close()
        box.audit = AuditLog.open(self.folder / "audit.log", box.device_key, box.clock, self.disk, lambda: box.wall)
        box.open_catalogue()
        self.recordings = Recordings(self.box.catalogue)

    # --- what people do -------------------------------------------------------------------------------------------------

    def visit(self, mode: ArmMode = ArmMode.FILM, lease_s: float = 1000) -> Arming:
        """An arming that nobody signed: what it takes to get one is tested elsewhere."""
        now = self.clock.boottime_ns()
        return Arming(
            arming_id=new_arming_id(),
            visit_id=new_visit_id(),
            case=self.case,
            present=(new_participant_id(),),
            consents=(new_consent_id(),),
            practitioner=self.practitioner,
            mode=mode,
            armed_boottime_ns=now,
            lease_end_ns=now + round(lease_s * NS),
        )

    def arm(self, mode: ArmMode = ArmMode.FILM) -> ArmingId:
        arming = self.visit(mode)
        self.filming.arm(ArmedVisit(arming, self._check, self._check, lambda _: self._check()))
        self.control.post_and_wait(
            ArmGranted(self.clock.boottime_ns(), Leave(arming.arming_id, arming.mode, arming.lease_end_ns))
        )
        return arming.arming_id

    def _check(self) -> None:
        assert self.is_allowed

    def down(self) -> None:
        self.control.button_down(self.clock.boottime_ns())

    def up(self) -> None:
        self.control.button_up(self.clock.boottime_ns())

    def hold(self) -> None:
        """Down, and up as soon as the hold has had its effect."""
        self.down()
        wait_until(lambda: self.control.state.phase is not Phase.ARMED)
        self.up()

    def press(self) -> None:
        self.down()
        self.up()

    def wait_for(self, *phases: Phase) -> Phase:
        wait_until(lambda: self.control.state.phase in phases or not self.thread.is_alive(), timeout_s=10)
        return self.control.state.phase

    def rows(self) -> tuple[Recording, ...]:
        return self.recordings.page(self.practitioner)[0]

    # --- the control thread's orders --------------------------------------------------------------------------------------

    def prepare(self, take: int, mode: ArmMode, arming_id: str) -> None:
        self.filming.prepare(take, mode, arming_id)

    def abandon(self, take: int) -> None:
        self.filming.abandon(take)

    def packet_sink(self) -> PacketSink:
        return self.filming.writer()

    def picture_sink(self) -> PictureSink:
        return StillsInRam()

    def drop_picture(self) -> None:
        pass

    def seal(self, reason: StopReason) -> None:
        self.filming.seal(reason)

    def mark(self, at_ns: int) -> None:
        self.filming.mark(at_ns)

    def confirm(self, ask: Ask) -> None:
        pass

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None:
        pass

    def log(self, event: AuditEvent, code: str) -> None:
        self.box.audit.submit(event, **({"code": code} if code else {}))

    def end(self, kind: EndKind) -> None:
        pass

    def die(self) -> None:
        self.died.set()
