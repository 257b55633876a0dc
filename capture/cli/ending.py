"""Lets a command that is told to end clear away what it has half written, as Ctrl-C does. Ends nothing itself."""

from __future__ import annotations

import signal
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_by_exception() -> None:
    """From here on Ctrl-C, SIGTERM and a closed terminal raise KeyboardInterrupt, once. Only in the main thread.

    Left to themselves the last two end a program where it stands: what it had unsealed so far would stay on the disk.
    """
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # whoever started it under nohup wants it to go on
            signal.signal(number, _raise_once)


def _raise_once(number: int, frame: FrameType | None) -> None:
    del number, frame
    for each in _ENDING:  # a closed terminal often says so twice: the second must not cut short the clearing away
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
