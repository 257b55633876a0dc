"""One lamp on one GPIO line: driven, read back, and blinked by turns. Knows no state of the recorder and starts no thread."""

from __future__ import annotations

from gpiozero import LED

from device.errors import LampFault
from device.lamps import showing
from device.pins import PinFactory
from device.ports import LampPattern


class Lamp:
    """A gpiozero `LED` with a pattern. Not thread-safe: the panel holds its lock around every call.

    The read-back is the level of the line as the GPIO chip sees it: it finds a line that is shorted, claimed elsewhere or not
    driven; it cannot find a burnt-out diode.
    """

    def __init__(self, line: int, factory: PinFactory) -> None:
        self._led = LED(line, pin_factory=factory)
        self._pattern = LampPattern.OFF
        self._began_ns = 0

    @property
    def pattern(self) -> LampPattern:
        """What the lamp was last asked to show."""
        return self._pattern

    def show(self, pattern: LampPattern, now_ns: int) -> None:
        """Begin `pattern` (one that runs already is not begun anew), drive the line and read it back. Raises LampFault."""
        if pattern is not self._pattern:
            self._pattern, self._began_ns = pattern, now_ns
        self.advance(now_ns)

    def advance(self, now_ns: int) -> int | None:
        """Drive what the pattern shows now; returns in how many ns it changes (None: never). Raises LampFault."""
        now = showing(self._pattern, now_ns - self._began_ns)
        try:
            self._led.value = now.is_lit
            level = bool(self._led.pin.state)
        except Exception as error:  # whatever the driver throws, the lamp is not proven to show what it should
            raise LampFault(f"GPIO {self._led.pin}: {type(error).__name__}") from error
        if level is not now.is_lit:
            raise LampFault(f"GPIO {self._led.pin} reads {int(level)}, driven {int(now.is_lit)}")
        return now.change_in_ns

    def close(self) -> None:
        """Off, and the line given back."""
        try:
            self._led.off()
        finally:
            self._led.close()
