"""What the control thread orders, handed on to whoever does it: the `Orders` of a daemon. Returns at once, decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from capture.audit.log import AuditEvent, AuditLog
from capture.erasing.asking import Erasures
from capture.errors import VigcamError
from capture.filming import Filming
from capture.framing import Framing
from capture.log_memory import LOG_CUT, LogMemory
from capture.model import ArmMode, StopReason
from capture.recorder.model import Ask, AskKind, AskOutcome, EndKind
from capture.sign_in import SignIns
from device.ports import PacketSink, PictureSink

_log = logging.getLogger(__name__)


class DaemonOrders:
    """`ended` says how the recorder ended, once it has."""

    def __init__(
        self,
        *,
        filming: Filming,
        framing: Framing,
        sign_ins: SignIns,
        erasures: Erasures,
        audit: AuditLog,
        memory: LogMemory,
        die: Callable[[], None],
    ) -> None:
        self._filming, self._framing, self._sign_ins, self._erasures = filming, framing, sign_ins, erasures
        self._audit, self._memory, self._die = audit, memory, die
        self.ended = EndKind.PROCESS

    def prepare(self, take: int, mode: ArmMode, arming_id: str) -> None:
        self._filming.prepare(take, mode, arming_id)

    def abandon(self, take: int) -> None:
        self._filming.abandon(take)

    def packet_sink(self) -> PacketSink:
        return self._filming.writer()

    def picture_sink(self) -> PictureSink:
        return self._framing.begin()

    def drop_picture(self) -> None:
        self._framing.drop()

    def seal(self, reason: StopReason) -> None:
        self._filming.seal(reason)

    def mark(self, at_ns: int) -> None:
        self._filming.mark(at_ns)

    def confirm(self, ask: Ask) -> None:
        match ask.kind:
            case AskKind.SIGN_IN:
                self._sign_ins.confirm(ask)
            case AskKind.ERASE:
                self._erasures.confirm(ask)

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None:
        match ask.kind:
            case AskKind.SIGN_IN:
                self._sign_ins.refuse(ask, outcome)
            case AskKind.ERASE:
                self._erasures.refuse(ask, outcome)

    def log(self, event: AuditEvent, code: str) -> None:
        """Not waited for. A log that cannot be written refuses every later opening; it must not keep a stop from happening."""
        if (event, code) == (AuditEvent.FAULT_ACKNOWLEDGED, LOG_CUT):
            self._memory.acknowledge()
        try:
            self._audit.submit(event, **({"code": code} if code else {}))
        except (VigcamError, ValueError):
            _log.exception("a line could not be handed to the log")

    def end(self, kind: EndKind) -> None:
        self.ended = kind

    def die(self) -> None:
        self._die()
