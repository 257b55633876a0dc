"""SHA-256 of the virtual MP4, computed once for each recording and kept as a hash only. Stores no footage."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from capture.container.progressive import ProgressiveMp4

KEPT = 64


class Hashes:
    """Hashes by recording and ETag. One is computed at a time: two at once would only take turns at the card."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def of(self, recording_id: str, movie: ProgressiveMp4, on_block: Callable[[], None]) -> str:
        """Hex digest; `on_block` is called for each block read. Raises SealBroken, Truncated."""
        key = (recording_id, movie.etag)
        with self._lock:
            found = self._known.get(key)
            if found is None:
                digest = hashlib.sha256()
                for block in movie.blocks(0, movie.size):
                    digest.update(block)
                    on_block()
                found = self._known[key] = digest.hexdigest()
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return found
