"""A limit on how often something may be done: a web process that was taken over must not empty the vault in a minute."""

from __future__ import annotations

import threading

from capture.errors import TooManyAttempts
from device.ports import Clock


class Rate:
    """A token bucket on boot time: `burst` at once, then one every `every_s` seconds."""

    def __init__(self, clock: Clock, burst: int, every_s: float) -> None:
        self._clock, self._burst, self._every_s = clock, burst, every_s
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at_ns = clock.boottime_ns()

    def take(self) -> None:
        """Raises TooManyAttempts with the wait until the next one."""
        with self._lock:
            now = self._clock.boottime_ns()
            self._tokens = min(self._burst, self._tokens + (now - self._at_ns) / 1e9 / self._every_s)
            self._at_ns = now
            if self._tokens < 1:
                raise TooManyAttempts(retry_after_s=(1 - self._tokens) * self._every_s)
            self._tokens -= 1
