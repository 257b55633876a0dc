"""One switch's contact, debounced: pure bookkeeping of edges and times. Holds no pin, no thread and no clock.

The first contact counts at once, because a press stops filming before anything else. What follows is chatter: the release counts
only after the contact stood open for 20 ms, so bounce at the release can never look like a second press.
"""

from __future__ import annotations

from enum import Enum

SETTLE_NS = 20_000_000


class Report(Enum):
    """What a switch tells its listener."""

    DOWN = "down"
    UP = "up"


class Contact:
    """The debounced state of one switch; `is_closed` at the start is what the pin reads then, and reports nothing."""

    def __init__(self, is_closed: bool) -> None:
        self._is_down = is_closed
        self._open_since_ns: int | None = None

    @property
    def is_down(self) -> bool:
        """The debounced state."""
        return self._is_down

    @property
    def due_ns(self) -> int | None:
        """When `settle` must be called, in the same clock as the edges; None while there is nothing to wait for."""
        return None if self._open_since_ns is None else self._open_since_ns + SETTLE_NS

    def closed(self) -> Report | None:
        """The contact closed: DOWN if it was up, else chatter."""
        self._open_since_ns = None
        if self._is_down:
            return None
        self._is_down = True
        return Report.DOWN

    def opened(self, at_ns: int) -> None:
        """The contact opened; whether it is a release shows when it has stood open long enough."""
        if self._is_down:
            self._open_since_ns = at_ns

    def settle(self, at_ns: int, is_closed: bool) -> Report | None:
        """Called when due, with what the pin reads now (an edge may have been lost): UP if the release held."""
        due = self.due_ns
        if due is None or at_ns < due:
            return None
        self._open_since_ns = None
        if is_closed:
            return None
        self._is_down = False
        return Report.UP
