"""A box's clock that stands until a test moves it, but for a microsecond at each look: whoever waits for it to go on does not
wait for ever. Reads no clock of the machine it runs on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

NS = 1_000_000_000
_A_LOOK_NS = 1_000


@dataclass
class MovedClock:
    """A `ports.Clock`. Boot time only goes forward, unless `reboot` begins it anew; the system's wall time is its own claim."""

    boot_id: str = "a1" * 16
    has_rtc: bool = False
    system_ms: int = 1_800_000_000_000
    true_ms: int = 1_800_000_000_000
    """What a good clock elsewhere would say."""
    _now_ns: int = NS
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def boottime_ns(self) -> int:
        with self._lock:
            self._now_ns += _A_LOOK_NS
            return self._now_ns

    def wall_ms(self) -> int:
        return self.system_ms

    def move(self, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self._now_ns += round(seconds * NS)
            self.system_ms += round(seconds * 1_000)
            self.true_ms += round(seconds * 1_000)

    def reboot(self, boot_id: str, system_ms: int) -> MovedClock:
        """The clock of the next boot: whoever still holds this one sees it go on."""
        return MovedClock(boot_id, self.has_rtc, system_ms, self.true_ms)
