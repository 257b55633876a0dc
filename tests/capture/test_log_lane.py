"""Logging never waits for whoever reads the log."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress

from capture_box import wait_until

from capture.log_lane import LogLane


def _logger(lane: LogLane) -> logging.Logger:
    logger = logging.Logger("a daemon's")
    lane.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(lane)
    return logger


def test_a_pipe_that_nobody_reads_holds_up_nobody_who_logs() -> None:
    read_end, write_end = os.pipe()
    lane = LogLane(write_end)
    logger = _logger(lane)
    began = time.monotonic()
    for number in range(3_000):
        logger.warning("line %d %s", number, "x" * 200)
    lane.flush()
    assert time.monotonic() - began < 2
    os.set_blocking(read_end, False)
    seen = b""

    def read() -> bool:
        nonlocal seen
        with suppress(BlockingIOError):
            seen += os.read(read_end, 1 << 20)
        return b"lines were lost here" in seen

    wait_until(read)
    assert seen.startswith(b"line 0 x")
    os.close(read_end)  # what is still to be written now fails at once, and nobody minds
    lane.flush()
    os.close(write_end)


def test_what_was_logged_is_there_after_a_flush() -> None:
    read_end, write_end = os.pipe()
    lane = LogLane(write_end)
    try:
        raise ValueError("as it happens")
    except ValueError:
        _logger(lane).exception("something broke")
    lane.flush()
    assert b"something broke\nTraceback" in os.read(read_end, 65_536)
    os.close(read_end)
    os.close(write_end)
