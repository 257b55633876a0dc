"""The daemon's own log on stderr, written by a thread of its own: who logs never waits for the stream. Keeps no file.

The stream may be a pipe that nobody reads, or a journal whose disk stalls; the control thread logs too, and a press must not wait
for either. What does not fit is dropped and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress
from typing import TextIO

_MOST = 1_000
_PATIENCE_S = 0.5
"""How long an end waits for lines that are not written yet."""


class LogLane(logging.Handler):
    """Hands records over; formats and writes them in its thread."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
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
                self._stream.write(self.format(record) + "\n" + (f"{lost} lines were lost here\n" if lost else ""))
                self._stream.flush()
            self._waiting.task_done()
