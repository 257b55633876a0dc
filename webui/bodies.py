"""Takes in the bodies of forms, few at a time: a client that sends half a form and waits must not hold every thread.

The server gives a body to the thread that asks for it, however slowly it comes, and has no limit of its own for that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request
from werkzeug.exceptions import ServiceUnavailable

from webui.hand_over_forms import RESULT_LIMIT
from webui.security import SAFE_METHODS, STOP

LONGER = {"handing_over.bring": RESULT_LIMIT + 4_096}
"""Endpoints whose forms carry a file: what they take in bytes, all of it still held in memory."""
PLACES = 12
PLACES_EACH = 4
"""For one address. A browser sends one form at a time; half of the server's threads always stay free."""


class BodyGate:
    """Places for bodies under way, in all and for each address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """Hold a place. Raises ServiceUnavailable at once if there is none: waiting would hold the thread too."""
        with self._lock:
            if self._taken[address] >= PLACES_EACH or self._taken.total() >= PLACES:
                raise ServiceUnavailable(retry_after=2)
            self._taken[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[address] -= 1
                if not self._taken[address]:
                    del self._taken[address]


def take_in_bodies(app: Flask) -> None:
    """Read each form before anything else looks at it; past MAX_CONTENT_LENGTH it is refused unread (413)."""
    gate = BodyGate()

    @app.before_request
    def _read() -> None:
        if request.method not in SAFE_METHODS and request.endpoint != STOP:
            request.max_content_length = LONGER.get(request.endpoint or "", app.config["MAX_CONTENT_LENGTH"])
            with gate.place(request.remote_addr or ""):
                _ = request.form
