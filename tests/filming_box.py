"""A box's way from the hold to the manifest, on real files: control thread, takes, vault, log and catalogue.

Behind the ports stand a camera that plays encoded packets and a panel of plain flags, both strict: each notes what would break a
promise.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import factory
from capture_box import wait_until
from factory import Encoded, repeated
from record_box import RecordBox

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
from device.errors import CameraUnavailable, LampFault
from device.ports import CameraReport, Disk, LampPattern, PacketSink, PanelListener, PictureSink, Profile, Tone, VideoPacket

MS = 1_000_000
QUICK = Limits(hold=20 * MS, retake=20 * MS, prepare=5 * NS)


class FlagPanel:
    """A `ports.Panel` of flags. `wrongs` gathers each moment at which the tally was dark over an open sensor."""

    def __init__(self) -> None:
        self.tally = LampPattern.OFF
        self.is_lamp_good = True
        self.wrongs: list[str] = []
        self.camera: PacketCamera | None = None
        self.heard = threading.Event()
        self.listener: PanelListener | None = None

    def listen(self, listener: PanelListener) -> None:
        self.listener = listener
        self.heard.set()

    def is_button_down(self) -> bool:
        return False

    def show_tally(self, pattern: LampPattern) -> None:
        if pattern is LampPattern.OFF and self.camera is not None and self.camera.is_open:
            self.wrongs.append("dark over an open sensor")
        if not self.is_lamp_good:
            raise LampFault("as the test wants it")
        self.tally = pattern

    def show_ready(self, pattern: LampPattern) -> None:
        pass

    def play(self, tone: Tone) -> None:
        pass

    def close(self) -> None:
        pass


class PacketCamera:
    """A `ports.Camera` that delivers `seconds` of encoded film as soon as it opens. `trouble` says what it throws, and where."""

    def __init__(self, panel: FlagPanel, encoded: Encoded, seconds: float = 1.5) -> None:
        self.encoded = encoded
        self.profile: Profile = self.encoded.profile
        self.seconds = seconds
        self.is_open = False
        self.openings = 0
        self.trouble: dict[str, list[Exception]] = {"start": [], "stop": []}
        self._panel = panel
        self._report = CameraReport(0)
        panel.camera = self

    def start_filming(self, sink: PacketSink) -> None:
        self._open()
        if self.encoded.audio_format is not None:
            sink.audio_format(self.encoded.audio_format)
        frames = 0
        for packet in repeated(self.encoded, self.seconds):
            if isinstance(packet, VideoPacket):
                frames += 1
                sink.video(packet)
            else:
                sink.audio(packet)
        self._report = CameraReport(frames)

    def start_framing(self, pictures: PictureSink) -> None:
        self._open()
        pictures.picture(b"\xff\xd8")

    def stop(self) -> CameraReport:
        if self.trouble["stop"]:
            raise self.trouble["stop"].pop(0)
        self.is_open = False
        return self._report

    def _open(self) -> None:
        if self.trouble["start"]:
            raise self.trouble["start"].pop(0)
        if self.is_open:
            raise CameraUnavailable("open already")
        if self._panel.tally is LampPattern.OFF:
            self._panel.wrongs.append("opened in the dark")
        self.is_open = True
        self.openings += 1


class StillsInRam:
    """A `ports.PictureSink` that keeps nothing."""

    def picture(self, jpeg: bytes) -> None:
        pass

    def failed(self, code: str) -> None:
        pass


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
        self.filming.arm(ArmedVisit(arming, self._check, self._check))
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

    def seal(self, reason: StopReason, report: CameraReport) -> None:
        self.filming.seal(reason, report)

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
