"""The desk of leave: arming the box for a visit, and taking that back. Asks the gate through the records; films nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from capture import ids
from capture.audit.log import AuditEvent, AuditLog
from capture.config import Config
from capture.consent.records import Records
from capture.control import Control
from capture.desk.desk import Handlers
from capture.desk.leaves import Leaves
from capture.errors import ClockUntrusted, ConsentMissing, NotNow, RecoveryUnproven, VaultFull
from capture.filming import Filming
from capture.keyring import Keyrings
from capture.messages import Arm, Armed, Disarm, Done
from capture.model import StopReason
from capture.recorder.model import NS, Phase
from capture.server import Reply
from capture.session import Sessions


@dataclass(frozen=True, slots=True)
class ArmingDesk:
    """Answers a signed-in practitioner who is with a family."""

    config: Config
    sessions: Sessions
    records: Records
    keyrings: Keyrings
    filming: Filming
    leaves: Leaves
    control: Callable[[], Control]
    audit: AuditLog
    arming_door: threading.Lock = field(default_factory=threading.Lock)
    """One arming after another: each is offered to the recorder before the next is signed."""

    def handlers(self) -> Handlers:
        return {Arm: self._arm, Disarm: self._disarm}

    def _arm(self, verb: Arm) -> Reply:
        with self.arming_door:
            return self._arm_alone(verb)

    def _arm_alone(self, verb: Arm) -> Reply:
        session = self.sessions.require(verb.session)
        code = ids.case_code(verb.case)
        present = tuple(ids.participant_id(text) for text in verb.present)
        if not self.config.trust.recovery_proven:
            raise RecoveryUnproven
        if self.control().state.phase not in (Phase.IDLE, Phase.ARMED):
            raise NotNow
        try:
            self.filming.check_room()
            arming = self.records.record_arming(
                session.unlocked,
                self.keyrings.recovery(),
                code,
                present,
                mode=verb.mode,
                lease_s=self.config.limits.lease_s,
            )
        except (ConsentMissing, ClockUntrusted, VaultFull) as error:
            reasons = "+".join(error.reasons)[:80]
            self.audit.append(AuditEvent.ARM_REFUSED, case=code, code=error.code, reasons=reasons)
            raise
        self.leaves.give(session, arming)
        return Reply(Armed(arming_id=arming.arming_id, lease_s=(arming.lease_end_ns - arming.armed_boottime_ns) // NS))

    def _disarm(self, verb: Disarm) -> Reply:
        session = self.sessions.require(verb.session)
        self.leaves.take_back(StopReason.PAGE)
        self.audit.append(AuditEvent.DISARMED, practitioner=session.practitioner)
        return Reply(Done())
