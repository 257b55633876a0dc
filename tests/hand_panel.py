"""A clock and a ticker that a test turns by hand, and a listener that writes down what it hears. Holds no test."""

from __future__ import annotations

from dataclasses import dataclass, field

from device.ticker import Turn

MS = 1_000_000


class HandClock:
    """A `ports.Clock` that stands until it is moved."""

    boot_id = "0" * 32
    has_rtc = False

    def __init__(self) -> None:
        self.now_ns = 5_000_000_000

    def boottime_ns(self) -> int:
        return self.now_ns

    def wall_ms(self) -> int:
        return 0


class HandTicker:
    """A `Ticker` that calls the turn when it is told to."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._turn: Turn = lambda: 1.0

    def start(self, turn: Turn) -> None:
        self._turn = turn
        turn()

    def wake(self) -> None:
        self._turn()

    def close(self) -> None:
        self._turn = lambda: 1.0

    def pass_ms(self, duration_ms: int) -> None:
        """Let time go by a millisecond at a time, as if the thread never overslept."""
        for _ in range(duration_ms):
            self._clock.now_ns += MS
            self._turn()


@dataclass
class Ear:
    """A `PanelListener` that writes down what it hears."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    def button_down(self, at_ns: int) -> None:
        self.heard.append(("down", at_ns))

    def button_up(self, at_ns: int) -> None:
        self.heard.append(("up", at_ns))

    def mark_down(self, at_ns: int) -> None:
        self.heard.append(("mark", at_ns))

    @property
    def words(self) -> list[str]:
        return [word for word, _ in self.heard]
