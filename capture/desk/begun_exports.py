"""Which exports were begun, and so stand in the log: of no other case is a page answered. Kept in RAM; writes nothing."""

from __future__ import annotations

import threading

from capture.errors import NotNow
from capture.ids import CaseCode
from capture.session import Session
from device.ports import Clock

LASTS_NS = 600 * 1_000_000_000
"""So long the pages of an export are answered: ten minutes of boot time."""


class BegunExports:
    """Of whoever is signed in; another sign-in begins anew. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until_ns: dict[CaseCode, int] = {}

    def begin(self, session: Session, case: CaseCode) -> None:
        """Call it once the log has the line."""
        with self._lock:
            if session.token != self._token:
                self._until_ns.clear()
            self._token = session.token
            self._until_ns[case] = self._clock.boottime_ns() + LASTS_NS

    def check(self, session: Session, case: CaseCode) -> None:
        """Raises NotNow where this practitioner has begun no export of this case, or too long ago."""
        with self._lock:
            until_ns = self._until_ns.get(case, 0) if session.token == self._token else 0
        if self._clock.boottime_ns() >= until_ns:
            raise NotNow("no export was begun")
