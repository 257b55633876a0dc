"""Turns a request to end (SIGTERM, a closed terminal) into the exception that Ctrl-C raises, so that one way out serves all."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Ended(KeyboardInterrupt):
    """Somebody asked this process to end. `signal_number` says how."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.signal_number = signal_number


def _end(signal_number: int, frame: FrameType | None) -> None:
    del frame
    raise Ended(signal_number)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """While in here SIGTERM and SIGHUP raise Ended; Ctrl-C raises KeyboardInterrupt as ever."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
