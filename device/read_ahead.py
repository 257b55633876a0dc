"""Works a generator ahead of its reader, in a thread, a bounded number of items. Knows nothing of what the items are."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_LOOK_S = 0.1


class _End:
    """The generator ran out, or failed with `error`."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error


class ReadAhead(Generic[Item]):
    """`take` gives the items in order; one reader. The generator is made, run and closed in the thread."""

    def __init__(self, make: Callable[[], Iterator[Item]], depth: int, name: str) -> None:
        self._items: queue.Queue[Item | _End] = queue.Queue(depth)
        self._is_closing = threading.Event()
        self._end: _End | None = None
        self._thread = threading.Thread(target=self._run, args=(make,), name=name, daemon=True)
        self._thread.start()

    def take(self) -> Item | None:
        """The next item, waiting for it; None after the last. Raises what the generator raised."""
        if self._end is None:
            item = self._items.get()
            if not isinstance(item, _End):
                return item
            self._end = item
        if self._end.error is not None:
            raise self._end.error
        return None

    def close(self) -> None:
        """End the thread and wait for it; nothing may be taken afterwards."""
        self._is_closing.set()
        self._thread.join()

    def _run(self, make: Callable[[], Iterator[Item]]) -> None:
        error: Exception | None = None
        items: Iterator[Item] = iter(())
        try:
            items = make()
            for item in items:
                if not self._put(item):
                    return
        except Exception as failure:  # noqa: BLE001 - carried over to the reader's thread, which raises it
            error = failure
        finally:
            # A generator holds its file open until it is closed; that must not wait for the garbage collector.
            getattr(items, "close", lambda: None)()
            self._put(_End(error))

    def _put(self, item: Item | _End) -> bool:
        while not self._is_closing.is_set():
            try:
                self._items.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False
