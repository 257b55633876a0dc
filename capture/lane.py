"""A lane of worker threads for one kind of question, bounded in number: one kind that waits for a disk holds up no other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Lane:
    """`workers` questions are answered at once, `most` are taken in at all."""

    def __init__(self, name: str, workers: int, most: int = 64) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._places = threading.BoundedSemaphore(most)

    def take(self, connection: socket.socket, serve: Callable[[], None]) -> bool:
        """Have `serve` called; it closes the connection. False if there is no place."""
        if not self._places.acquire(blocking=False):
            return False

        def leave(done: Future[None]) -> None:
            self._places.release()
            if done.cancelled():
                connection.close()

        self._pool.submit(serve).add_done_callback(leave)
        return True

    def close(self) -> None:
        """What is being answered is answered; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
