"""The simulated finger's near end: the pipe that a capture daemon on simulated hardware was handed at its start.

The page's socket cannot press; only who started the daemon holds this pipe. A daemon on real hardware has no such door.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time

PRESS_S = 0.15
HOLD_S = 1.2
OFF_HOLD_S = 5.4


class FingerPipe:
    """Writes contacts into the pipe: `d` down, `u` up, `m` mark. `far_end` goes to the daemon, then is closed here."""

    def __init__(self) -> None:
        self.far_end, self._near_end = os.pipe()
        os.set_inheritable(self.far_end, True)
        self._lock = threading.Lock()  # a key pressed at the terminal must not cut a hold in two

    def handed_over(self) -> None:
        """The daemon holds its end now: close ours, so that each side sees the other go."""
        os.close(self.far_end)

    def down(self) -> None:
        self._write(b"d")

    def up(self) -> None:
        self._write(b"u")

    def press(self, for_s: float = PRESS_S) -> None:
        """Down, wait, up. Blocks for `for_s` seconds."""
        with self._lock:
            self.down()
            try:
                time.sleep(for_s)
            finally:
                self.up()

    def hold(self) -> None:
        """Long enough to open the sensor where filming is armed."""
        self.press(HOLD_S)

    def mark(self) -> None:
        self._write(b"m")

    def close(self) -> None:
        os.close(self._near_end)

    def _write(self, contact: bytes) -> None:
        # A broken pipe: the daemon has gone, and whoever waits for what the press should do will say so.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._near_end, contact)
