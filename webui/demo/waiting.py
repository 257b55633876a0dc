"""Waits for what a page is about to say: asks again and again, up to a limit, and sees that both processes live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from webui.demo.trouble import DemoFailed

T = TypeVar("T")

_PAUSE_S = 0.1


def wait_for(what: str, look: Callable[[], T | None], check: Callable[[], None], within_s: float = 30.0) -> T:
    """The first answer of `look` that is not None. `check` raises if waiting has become pointless. Raises DemoFailed."""
    end = time.monotonic() + within_s
    while True:
        check()
        found = look()
        if found is not None:
            return found
        if time.monotonic() > end:
            raise DemoFailed(f"waited {within_s:.0f} s in vain for {what}")
        time.sleep(_PAUSE_S)
