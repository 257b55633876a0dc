"""What the daemon looks after once a second: the leave, the idle lock, the log's head, and that the control thread still turns.

Stops nothing itself but by an order to the recorder, and ends the process only where nobody could stop the sensor any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.errors import VigcamError
from capture.filming import Filming
from capture.log_memory import LogMemory
from capture.model import StopReason
from capture.recorder.model import LeaveEnded, Phase
from capture.session import Sessions
from device.ports import Clock

_log = logging.getLogger(__name__)

EVERY_S = 1.0
_STALLED_LOOKS = 4
"""The control thread comes round at least once a second; the watchdog looks as often."""


class Housekeeping:
    """A thread of its own, from `start` to `stop`; `die` ends the process at once."""

    def __init__(
        self,
        *,
        control: Control,
        sessions: Sessions,
        filming: Filming,
        memory: LogMemory,
        audit: AuditLog,
        clock: Clock,
        die: Callable[[], None],
    ) -> None:
        self._control, self._sessions, self._filming = control, sessions, filming
        self._memory, self._audit, self._clock, self._die = memory, audit, clock, die
        self._stopping = threading.Event()
        self._looks, self._turned_ns = 0, 0
        self._thread = threading.Thread(target=self._keep, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns at once; a look that is under way is finished."""
        self._stopping.set()

    def _keep(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """All of it, once."""
        self._look_at_leave()
        phase = self._control.state.phase
        if phase in (Phase.RECORDING, Phase.FRAMING):
            self._sessions.touch()
        elif phase is not Phase.SEALING:  # sealing takes no keyring: a disk that hangs in it must not keep one unlocked for ever
            self._memory.keep()
        self._sessions.lock_if_idle()
        # Counted in looks, not by the clock: after a suspend this thread may be awake before the control thread is.
        self._looks = self._looks + 1 if self._control.turned_ns == self._turned_ns else 0
        self._turned_ns = self._control.turned_ns
        if self._looks >= _STALLED_LOOKS:
            # Nothing would stop the sensor any more.
            _log.critical("the control thread stalls")
            self._die()

    def _look_at_leave(self) -> None:
        """A lease runs on boot time, and a consent by the wall clock: where that was corrected, the consent can run out first."""
        visit = self._filming.armed
        if visit is None:
            return
        try:
            visit.look()
        except VigcamError as refusal:
            # Stopping acts first.
            self._control.post(LeaveEnded(self._clock.boottime_ns(), StopReason.CONSENT_ENDED))
            reasons = "+".join(refusal.reasons)[:80]
            self._audit.submit(AuditEvent.DISARMED, code=refusal.code, reasons=reasons, arming=visit.arming.arming_id)
