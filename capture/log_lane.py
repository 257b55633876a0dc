"""The daemon's own log on stderr, written by a thread of its own: who logs never waits for the stream. Keeps no file.

The stream may be a pipe that nobody reads, or a journal whose disk stalls; the control thread logs too, and a press must not wait
for either. What does not fit is dropped and counted.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from contextlib import suppress

_MOST = 1_000
_PATIENCE_S = 0.5
"""How long an end waits for lines that are not written yet."""


class LogLane(logging.Handler):
    """Hands records over; formats and writes them in its thread, straight to `descriptor`: a Python stream has a lock, and a
    writer caught in a full pipe would keep it from whoever closes or flushes that stream at the process's end."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: queue.Queue[logging.LogRecord] = queue.Queue(_MOST)
        self._lost = 0
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Returns at once."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._lost += 1

    def flush(self) -> None:
        """Wait for what was handed over, but not for long."""
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, _PATIENCE_S)

    def _write_all(self) -> None:
        while True:
            record = self._waiting.get()
            lost, self._lost = self._lost, 0
            with suppress(Exception):  # nobody is left to be told
                self._write(self.format(record) + "\n" + (f"{lost} lines were lost here\n" if lost else ""))
            self._waiting.task_done()

    def _write(self, text: str) -> None:
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        while left:
            left = left[os.write(self._descriptor, left) :]
