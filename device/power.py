"""Whether the supply holds, read from the Pi's own monitor. Never guesses: what cannot be read is UNKNOWN, not GOOD."""

from __future__ import annotations

from pathlib import Path

from device.ports import PowerState

_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_HWMON_CLASS = Path("/sys/class/hwmon")
_MODEL = Path("/proc/device-tree/model")

_UNDERVOLTAGE_NOW = 1 << 0


class UnknownPower:
    """`ports.PowerGauge` of a machine that has no monitor: a laptop."""

    def read(self) -> PowerState:
        """Always UNKNOWN."""
        return PowerState.UNKNOWN


class PiPowerGauge:
    """`ports.PowerGauge` of a Raspberry Pi: the firmware's throttling word, else the kernel's `rpi_volt` monitor.

    The Zero family has no under-voltage detector and its firmware then reports a clean bill: there the answer is UNKNOWN.
    Only "now" counts; the sticky "has happened since boot" bit would cry for ever after one weak moment.
    Source: Raspberry Pi documentation, `vcgencmd get_throttled`; kernel drivers/hwmon/raspberrypi-hwmon.c.
    """

    def __init__(self, throttled: Path = _THROTTLED, hwmon_class: Path = _HWMON_CLASS, model: Path = _MODEL) -> None:
        self._throttled = throttled
        self._hwmon_class = hwmon_class
        self._has_detector = " Zero" not in _read(model)

    def read(self) -> PowerState:
        """The supply at this moment; two small reads, no waiting."""
        if not self._has_detector:
            return PowerState.UNKNOWN
        word = _read(self._throttled)
        if word:
            return _state_of(word, base=16, mask=_UNDERVOLTAGE_NOW)
        for monitor in sorted(self._hwmon_class.glob("hwmon*")):
            if _read(monitor / "name") == "rpi_volt":
                return _state_of(_read(monitor / "in0_lcrit_alarm"), base=10, mask=1)
        return PowerState.UNKNOWN


def _state_of(word: str, base: int, mask: int) -> PowerState:
    try:
        return PowerState.LOW if int(word, base) & mask else PowerState.GOOD
    except ValueError:
        return PowerState.UNKNOWN


def _read(path: Path) -> str:
    """A sysfs or device-tree string without its end; empty where it cannot be read."""
    try:
        return path.read_bytes().rstrip(b"\0\n ").decode("ascii", "replace")
    except OSError:
        return ""
