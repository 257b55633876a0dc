"""The simulated finger: presses the mock pins of a laptop's panel as a pipe says. Never built on a box with real lines.

The pipe is handed over at the daemon's start, outside the socket that the page uses: no request can press the button.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable

from gpiozero.pins.mock import MockFactory, MockPin

from device.pins import Pins

_log = logging.getLogger(__name__)

_MOVE_S = 0.04
"""No thumb moves faster: each contact stands longer than chatter does, however fast the orders come."""


class Finger:
    """Reads `d` (down), `u` (up) and `m` (the mark button, pressed and let go) from `fd` in a thread of its own.

    Other bytes are passed over. At the pipe's end the button is let go. Owns `fd` from here on. The panel on the same pins must
    exist already: it sets them up as inputs.
    """

    def __init__(self, fd: int, pins: Pins, factory: MockFactory) -> None:
        self._fd = fd
        self._button: MockPin = factory.pin(pins.button)
        self._mark: MockPin | None = None if pins.mark is None else factory.pin(pins.mark)
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC)
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="finger", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go, end the thread, close the pipe. Safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        os.write(self._wake_write, b"x")
        self._thread.join()
        for fd in (self._wake_read, self._wake_write, self._fd):
            os.close(fd)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        try:
            while self._wake_read not in {fd for fd, _ in poll.poll()}:
                orders = os.read(self._fd, 64)
                if not orders:
                    break
                for order in orders:
                    self._do(order)
        except OSError as error:
            _log.warning("finger's pipe: %s", error.strerror)
        finally:
            self._button.drive_high()

    def _do(self, order: int) -> None:
        match order:
            case 0x64:  # d
                self._move(self._button.drive_low)
            case 0x75:  # u
                self._move(self._button.drive_high)
            case 0x6D if self._mark is not None:  # m
                self._move(self._mark.drive_low)
                self._move(self._mark.drive_high)
            case _:
                pass

    def _move(self, drive: Callable[[], None]) -> None:
        drive()
        time.sleep(_MOVE_S)
