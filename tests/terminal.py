"""Programs that ask their questions on a terminal, run on one of their own. Knows no program."""

from __future__ import annotations

import os
import pty
import select
import time


def run_on_terminal(command: list[str], answers: list[str], timeout_s: float = 60) -> str:
    """Run a program, giving one answer to each prompt (a line that ends with a colon). It must end well; returns its words."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    waiting, said, deadline = list(answers), b"", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            words = os.read(terminal, 4096)
        except OSError:  # the terminal's other end was closed: the program has ended
            break
        if not words:
            break
        said += words
        if words.rstrip().endswith(b":") and waiting:
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said
    return said.decode("utf-8", "replace")
