"""Waiting for what other threads do at once: looked at each millisecond, and never for long. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 20.0


def soon(look: Callable[[], T], timeout_s: float = PATIENCE_S) -> T:
    """The first true answer of `look`. Raises TimeoutError where none comes in time."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError("it did not come in time")
        time.sleep(0.001)
    return found
