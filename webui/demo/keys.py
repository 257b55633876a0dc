"""Single key presses from a terminal, without waiting for a new line. Puts the terminal back as it was."""

from __future__ import annotations

import os
import select
import termios
import tty
from types import TracebackType
from typing import Self


class Keys:
    """A context manager around a terminal's file descriptor. Ctrl-C stays Ctrl-C."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before = termios.tcgetattr(fd)

    def __enter__(self) -> Self:
        tty.setcbreak(self._fd)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def next(self, within_s: float) -> str | None:
        """The key pressed within so many seconds, or None. The terminal's end reads as `q`."""
        if not select.select([self._fd], [], [], within_s)[0]:
            return None
        return os.read(self._fd, 1).decode("ascii", errors="replace") or "q"
