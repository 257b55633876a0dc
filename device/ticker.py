"""Calls one function again and again, each time when it asked to be called. Decides nothing about what is done.

It is the only place of the panel that waits for real time, so that a test can turn the hands itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

Turn = Callable[[], float]
"""Does what is due and returns in how many seconds it wants to be called again."""

_log = logging.getLogger(__name__)

_AFTER_A_FAILURE_S = 0.5


class Ticker(Protocol):
    """Whatever calls the panel's turn."""

    def start(self, turn: Turn) -> None: ...

    def wake(self) -> None:
        """Something changed: call the turn now."""

    def close(self) -> None:
        """No turn runs after this returned. Safe to call twice."""


class ThreadTicker:
    """`Ticker` in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Event()
        self._is_closing = False
        self._name = name
        self._thread: threading.Thread | None = None

    def start(self, turn: Turn) -> None:
        """Begin; the first turn comes at once."""
        self._thread = threading.Thread(target=self._run, args=(turn,), name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Call the turn now."""
        self._changed.set()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._is_closing = True
        self._changed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, turn: Turn) -> None:
        while not self._is_closing:
            try:
                wait_s = turn()
            except Exception:  # noqa: BLE001 - a lamp that fails to blink must not end the thread that also hears the release
                _log.exception("panel turn failed")
                wait_s = _AFTER_A_FAILURE_S
            self._changed.wait(wait_s)
            self._changed.clear()
