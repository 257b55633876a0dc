"""Long files on their way through short messages, to and from the page: in RAM, one at a time each way. Writes nothing to disk.

A ticket stands for the set-up code that was given once for it, and is worth nothing when the daemon or the window ends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field

from capture.errors import BadRequest, NotFound

PART_BYTES = 48 << 10
"""So much fits into one message."""


@dataclass(slots=True)
class _Upload:
    ticket: str
    size: int
    sha256: str
    data: bytearray = field(default_factory=bytearray, repr=False)


class Uploads:
    """One file that is fetched and one that is brought; a second takes the place of the first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._out: tuple[str, bytes] = ("", b"")
        self._in = _Upload("", 0, "")

    def offer(self, data: bytes) -> str:
        """A file to be fetched; returns its ticket."""
        with self._lock:
            self._out = (secrets.token_urlsafe(24), data)
            return self._out[0]

    def fetch(self, ticket: str, offset: int) -> bytes:
        """A part of it from `offset` on; empty at its end. Raises NotFound for another ticket."""
        with self._lock:
            known, data = self._out
        _check(known, ticket)
        return data[offset : offset + PART_BYTES]

    def expect(self, size: int, sha256: str) -> str:
        """A file of so many bytes and this hash is about to be brought; returns its ticket."""
        with self._lock:
            self._in = _Upload(secrets.token_urlsafe(24), size, sha256)
            return self._in.ticket

    def bring(self, ticket: str, offset: int, data: bytes) -> None:
        """The next part. One that was brought before may be brought again: its answer may have been lost.

        Raises NotFound for another ticket, BadRequest for a part that does not follow, differs from before, or is too much.
        """
        with self._lock:
            _check(self._in.ticket, ticket)
            held = self._in.data
            again = held[offset : offset + len(data)]
            if again != data[: len(again)] or offset > len(held) or offset + len(data) > self._in.size:
                raise BadRequest(reasons=("hand_over_out_of_order",))
            held += data[len(again) :]

    def take(self, ticket: str) -> bytes:
        """The whole file; its ticket ends. Raises NotFound for another ticket, BadRequest if it is not whole or not the one."""
        with self._lock:
            _check(self._in.ticket, ticket)
            if len(self._in.data) < self._in.size:
                raise BadRequest(reasons=("hand_over_cut_short",))
            data = bytes(self._in.data)
            is_right = hmac.compare_digest(hashlib.sha256(data).hexdigest(), self._in.sha256)
            self._in = _Upload("", 0, "")
        if not is_right:
            raise BadRequest(reasons=("hand_over_cut_short",))
        return data


def _check(known: str, ticket: str) -> None:
    if not known or not hmac.compare_digest(known.encode(), ticket.encode()):
        raise NotFound("no such ticket")
