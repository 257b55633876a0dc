"""The capture daemon put together from its parts, started and ended in order. Picks no hardware: that is handed in."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from capture.anchor import TimeAnchor
from capture.attempts import Attempts
from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.config import Config
from capture.consent.history import Signers
from capture.consent.records import Records
from capture.control import Control
from capture.desk.areas import Parts, make_desk
from capture.device_key import DeviceKey
from capture.erasing.asking import Erasures
from capture.erasing.eraser import Eraser
from capture.errors import TooManyAttempts
from capture.filming import Filming
from capture.framing import Framing
from capture.handover.swapping import Swapping
from capture.housekeeping import Housekeeping
from capture.ids import PractitionerId
from capture.keyring import Keyrings
from capture.log_memory import LogMemory, remembered_head
from capture.model import StopReason
from capture.notices.texts import load_notices
from capture.orders import DaemonOrders
from capture.rate import Rate
from capture.recorder.model import (
    NS,
    EndAsked,
    EndKind,
    LeaveEnded,
    Limits,
    State,
)
from capture.recordings import Recordings
from capture.server import Peers, Server
from capture.session import Sessions
from capture.sign_in import SignIns
from capture.start_up import mark_interrupted
from capture.status import StatusBoard
from capture.take.publishing import Publisher
from capture.trust import Trust
from capture.vault import Vault
from capture.window import LONGEST_DELAY_S, EnrolmentWindow
from device.ports import Camera, Clock, Disk, Panel, PowerGauge

_log = logging.getLogger(__name__)

_PEER_LINES = 20
_PEER_LINE_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """All that is real or simulated about a box."""

    camera: Camera
    panel: Panel
    clock: Clock
    power: PowerGauge
    disk: Disk


class Daemon:
    """One box's capture daemon. `run` returns when the recorder has ended, with how it ended. `folder` is locked by the caller
    for as long."""

    def __init__(self, folder: Path, config: Config, hardware: Hardware, listener: socket.socket) -> None:
        self._hardware = hardware
        clock, disk = hardware.clock, hardware.disk
        device_key = DeviceKey.load(folder / "device.key")
        self._catalogue = Catalogue.open(folder / "catalogue.sqlite")
        self._anchor = TimeAnchor(
            clock, lambda: self._catalogue.meta("anchor"), lambda text: self._catalogue.set_meta("anchor", text)
        )
        self._audit = AuditLog.open(
            folder / "audit.log", device_key, clock, disk, self._anchor.now, remembered=remembered_head(self._catalogue)
        )
        self._memory = LogMemory(self._catalogue, self._audit, clock)
        self._memory.settle(folder / "audit.log")
        vault = Vault(folder / "vault", disk)
        recordings = Recordings(self._catalogue)
        eraser = Eraser(config.box_id, vault, self._catalogue, self._audit, device_key)
        mark_interrupted(eraser)
        keyrings = Keyrings(folder / "keyrings", folder / "recipients", device_key, disk)
        trust = Trust(keyrings, self._catalogue, self._audit)
        trust.finish()
        publisher = Publisher(config.box_id, vault, recordings, self._audit, device_key)
        self._sessions = Sessions(clock, config.limits.idle_lock_s, begun=self._signed_in, ended=self._signed_out)
        self._filming = Filming(
            config=config,
            profile=hardware.camera.profile,
            drain=hardware.camera.drain,
            publisher=publisher,
            audit=self._audit,
            keyrings=keyrings,
            clock=clock,
            disk=disk,
            now=self._anchor.now,
            control=self._control,
        )
        self._framing = Framing(clock, self._control)
        self._sign_ins = SignIns(
            keyrings=keyrings,
            attempts=Attempts(self._catalogue, clock),
            sessions=self._sessions,
            audit=self._audit,
            clock=clock,
            control=self._control,
        )
        self._erasures = Erasures(eraser, self._audit, clock, control=self._control, ended=self._memory.soon)
        limits = Limits(film=config.limits.film_limit_s * NS, framing=config.limits.framing_limit_s * NS)
        self._orders = DaemonOrders(
            filming=self._filming,
            framing=self._framing,
            sign_ins=self._sign_ins,
            erasures=self._erasures,
            audit=self._audit,
            memory=self._memory,
            die=self.die,
        )
        state = State(limits=limits, fault=self._memory.fault)
        self._recorder = Control(hardware.panel, hardware.camera, clock, state, self._orders)
        board = StatusBoard(
            config=config,
            clock=clock,
            anchor=self._anchor,
            power=hardware.power,
            camera=hardware.camera,
            control=self._control,
            filming=self._filming,
            sessions=self._sessions,
            keyrings=keyrings,
        )
        signers = Signers(device_key.public_hex, lambda practitioner: keyrings.public(practitioner).verify_hex)
        self._swapping = Swapping(self._catalogue, recordings, vault, self._audit, device_key, lambda: hardware.camera.is_open)
        self._records = Records(
            self._catalogue,
            self._memory,
            config.box_id,
            signers=signers,
            clock=clock,
            now=self._anchor.now,
            notices=load_notices(),
        )
        desk = make_desk(
            Parts(
                config=config,
                clock=clock,
                anchor=self._anchor,
                audit=self._audit,
                catalogue=self._catalogue,
                device_key=device_key,
                vault=vault,
                recordings=recordings,
                records=self._records,
                keyrings=keyrings,
                trust=trust,
                window=EnrolmentWindow(
                    verifier=config.trust.setup_verifier,
                    attempts=Attempts(self._catalogue, clock, "set_up", LONGEST_DELAY_S),
                    audit=self._audit,
                    control=self._control,
                    clock=clock,
                ),
                sessions=self._sessions,
                sign_ins=self._sign_ins,
                erasures=self._erasures,
                filming=self._filming,
                framing=self._framing,
                board=board,
                signers=signers,
                swapping=self._swapping,
                memory=self._memory,
                control=self._control,
            )
        )
        peers = Peers(
            page=frozenset(config.socket.peers or (os.getuid(), 0)),
            operators=frozenset((os.getuid(), 0)),
        )
        self._server = Server(listener, peers, desk.answer, self._peer_refused)
        self._peer_lines = Rate(clock, _PEER_LINES, _PEER_LINE_EVERY_S)

    def _control(self) -> Control:
        return self._recorder

    # --- life -----------------------------------------------------------------------------------------------------------

    def run(self) -> EndKind:
        """The caller's thread becomes the control thread. Whatever happens, the log is closed and the socket is gone after."""
        housekeeping = Housekeeping(
            control=self._recorder,
            sessions=self._sessions,
            filming=self._filming,
            memory=self._memory,
            audit=self._audit,
            clock=self._hardware.clock,
            die=self.die,
        )
        with ExitStack() as ending:  # from the last to the first, each whatever became of the others
            ending.callback(self._catalogue.close)
            ending.callback(self._memory.close)
            ending.callback(self._audit.close)
            ending.callback(self._audit.submit, AuditEvent.STOPPED)
            ending.callback(self._anchor.remember)
            ending.callback(self._sessions.end, "stopped")
            ending.callback(self._filming.close)
            ending.callback(self._erasures.close)
            ending.callback(self._swapping.close)
            ending.callback(self._sign_ins.close)
            ending.callback(self._server.close)
            ending.callback(housekeeping.stop)
            self._audit.append(AuditEvent.STARTED)
            self._swapping.begin()
            self._server.start()
            housekeeping.start()
            self._recorder.run()
        return self._orders.ended

    def stop(self) -> None:
        """Seal what is filmed, then end; returns at once. For signal handlers."""
        self._recorder.post(EndAsked(self._hardware.clock.boottime_ns(), EndKind.PROCESS))

    def die(self) -> None:
        """End at once: the kernel closes the camera, the service manager darkens the lamps and starts us again."""
        for handler in logging.getLogger().handlers:
            handler.flush()
        os.abort()

    def _signed_in(self, practitioner: PractitionerId) -> None:
        visit = self._filming.armed
        if visit is not None and visit.arming.practitioner != practitioner:
            # One practitioner's leave must not film another's family.
            self._recorder.post(LeaveEnded(self._hardware.clock.boottime_ns(), StopReason.SIGNED_OUT))

    def _signed_out(self, practitioner: PractitionerId, cause: str) -> None:
        if cause == "signed_out":  # before anything that may wait for somebody who reads
            ended = LeaveEnded(self._hardware.clock.boottime_ns(), StopReason.SIGNED_OUT)
            with suppress(TimeoutError):  # a control thread that stalls is the watchdog's
                # Whoever hears that they are signed out may rely on the sensor being off.
                self._recorder.post_and_wait(ended)
        self._audit.submit(AuditEvent.SIGNED_OUT, practitioner=practitioner, cause=cause)
        self._erasures.take_back_all()
        self._records.forget()

    def _peer_refused(self, uid: int) -> None:
        with suppress(TooManyAttempts):  # whoever knocks all day must not fill the disk
            self._peer_lines.take()
            self._orders.log(AuditEvent.PEER_REFUSED, f"uid-{uid}")
