"""Writes down when lamp and sensor had power and when the button was down, beside the daemon and not asking it. Judges nothing.

Where an order cannot be seen exactly it is written down to the daemon's disadvantage: the sensor counts as on from before it is
opened until after it is closed, the lamp as lit from after its line was read back until before it is told to go dark.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from device.panel import GpioPanel
from device.ports import (
    Clock,
    LampPattern,
    PanelListener,
    Tone,
)


class Sight(Enum):
    """What can be seen from outside."""

    DOWN = "down"
    UP = "up"
    LIT = "lit"
    DARK = "dark"
    ON = "on"
    OFF = "off"
    CUT = "cut"
    """The process or the power was cut: sensor and lamp are off, whatever was seen last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`at_ns` is boot time; `detail` of an ON is how long the log was, in bytes, and whether the lamp's line was high."""

    sight: Sight
    at_ns: int
    log_bytes: int = 0
    is_line_high: bool = False


class Witness:
    """All that was seen, in order. `log_bytes` tells how long the log is, `is_line_high` what the tally's line reads."""

    def __init__(self, clock: Clock, log_bytes: Callable[[], int]) -> None:
        self._clock, self._log_bytes = clock, log_bytes
        self._lock = threading.Lock()
        self.is_line_high: Callable[[], bool] = lambda: False
        self.seen: list[Seen] = []

    @property
    def is_on(self) -> bool:
        """Whether the sensor has power."""
        power = [one.sight for one in self.seen if one.sight in (Sight.ON, Sight.OFF, Sight.CUT)]
        return bool(power) and power[-1] is Sight.ON

    def note(self, sight: Sight) -> None:
        size, is_high = (self._log_bytes(), self.is_line_high()) if sight is Sight.ON else (0, False)
        with self._lock:
            self.seen.append(Seen(sight, self._clock.boottime_ns(), size, is_high))


class _Ear:
    """Notes each contact before the recorder hears of it."""

    def __init__(self, witness: Witness, listener: PanelListener) -> None:
        self._witness, self._listener = witness, listener

    def button_down(self, at_ns: int) -> None:
        self._witness.note(Sight.DOWN)
        self._listener.button_down(at_ns)

    def button_up(self, at_ns: int) -> None:
        self._witness.note(Sight.UP)
        self._listener.button_up(at_ns)

    def mark_down(self, at_ns: int) -> None:
        self._listener.mark_down(at_ns)


class WitnessedPanel:
    """A `ports.Panel`: the real one on mock lines. `listener` is the recorder's control thread, once it listens."""

    def __init__(self, panel: GpioPanel, witness: Witness) -> None:
        self._panel, self._witness = panel, witness
        self.listener: PanelListener | None = None
        self.heard = threading.Event()

    def listen(self, listener: PanelListener) -> None:
        self.listener = listener
        self._panel.listen(_Ear(self._witness, listener))
        self.heard.set()

    def is_button_down(self) -> bool:
        return self._panel.is_button_down()

    def show_tally(self, pattern: LampPattern) -> None:
        if pattern is LampPattern.OFF:
            self._witness.note(Sight.DARK)
        self._panel.show_tally(pattern)
        if pattern is not LampPattern.OFF:
            self._witness.note(Sight.LIT)

    def show_ready(self, pattern: LampPattern) -> None:
        self._panel.show_ready(pattern)

    def play(self, tone: Tone) -> None:
        self._panel.play(tone)

    def close(self) -> None:
        self._panel.close()
