"""The box's clocks, read from the kernel: boot time, wall time, the boot's own id. Never sets or steps any of them."""

from __future__ import annotations

import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_RTC_CLASS = Path("/sys/class/rtc")

_OLDEST_BELIEVABLE_RTC_S = 1_735_689_600
"""2025-01-01: a battery-backed clock that says less has lost its battery (a Pi 5 without one starts near 1970)."""


class SystemClock:
    """`ports.Clock` on Linux. The two paths are given so that a test can show another machine's files.

    Source: clock_gettime(2) CLOCK_BOOTTIME; kernel Documentation/ABI/testing/sysfs-class-rtc (`hctosys`, `since_epoch`).
    """

    def __init__(self, boot_id_file: Path = _BOOT_ID, rtc_class: Path = _RTC_CLASS) -> None:
        self._boot_id = boot_id_file.read_text(encoding="ascii").strip().replace("-", "").lower()
        # Asked once: whether the wall time came from a battery was settled when the kernel booted.
        self._has_rtc = _did_an_rtc_set_the_time(rtc_class)

    @property
    def boot_id(self) -> str:
        """32 lower-case hex digits, new at every boot."""
        return self._boot_id

    @property
    def has_rtc(self) -> bool:
        """Whether a battery-backed clock set the system's wall time at this boot; where no clock is listed, it did not."""
        return self._has_rtc

    def boottime_ns(self) -> int:
        """Nanoseconds since boot; never steps, counts through suspend."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wall_ms(self) -> int:
        """The system's own idea of UTC, milliseconds since 1970: only a claim."""
        return time.time_ns() // 1_000_000


def _did_an_rtc_set_the_time(rtc_class: Path) -> bool:
    return any(
        _read_int(rtc / "hctosys") == 1 and _read_int(rtc / "since_epoch") >= _OLDEST_BELIEVABLE_RTC_S
        for rtc in rtc_class.glob("rtc*")
    )


def _read_int(path: Path) -> int:
    """The number in a small sysfs file; 0 where it is missing or is none: no proof is no."""
    try:
        return int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return 0
