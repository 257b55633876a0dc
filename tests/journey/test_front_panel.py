"""`vigcam run` at a terminal: the terminal is the box's front panel, and nothing of the box runs on after it."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox

from capture.errors import DaemonUnreachable
from webui.demo.box import free_port

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class FrontPanelTerminal:
    """A terminal of its own with `vigcam run` on it. `screen` is all that was drawn since the last key."""

    def __init__(self, box: Path) -> None:
        program = [sys.executable, "-m", "webui.cli", "run", "--enrol", "--dir", str(box)]
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            os.environ["COLUMNS"] = "120"
            os.execv(program[0], program)
        self.screen = ""
        self._is_waited_for = False

    def press(self, key: str) -> None:
        self.screen = ""
        os.write(self._terminal, key.encode())

    def wait_for(self, words: str, timeout_s: float = 30) -> None:
        end = time.monotonic() + timeout_s
        while words not in self.screen:
            assert time.monotonic() < end, self.screen[-2000:]
            if select.select([self._terminal], [], [], 0.5)[0]:
                self.screen += _ESCAPES.sub("", os.read(self._terminal, 65_536).decode("utf-8", "replace"))

    def exit_code(self) -> int:
        """Read on until the program ends: a full terminal would keep it from ending."""
        while True:
            try:
                if not os.read(self._terminal, 65_536):
                    break
            except OSError:
                break
        _, status = os.waitpid(self._child, 0)
        self._is_waited_for = True
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        if not self._is_waited_for:
            os.kill(self._child, 15)
            self.exit_code()
        os.close(self._terminal)


@pytest.fixture
def box(tmp_path: Path) -> CaptureBox:
    """A provisioned box, switched off, whose page has a port of its own."""
    return CaptureBox(tmp_path / "box", port=free_port())


@pytest.fixture
def panel(box: CaptureBox) -> Iterator[FrontPanelTerminal]:
    terminal = FrontPanelTerminal(box.folder)
    yield terminal
    terminal.close()


def test_terminal_draws_the_lamps_presses_the_button_and_ends_the_box(box: CaptureBox, panel: FrontPanelTerminal) -> None:
    panel.wait_for("IDLE")
    panel.wait_for("CAMERA ON")
    assert box.status().is_enrolment_open, "the button was held through power-on"
    panel.press(" ")
    panel.wait_for("refused")
    panel.press("q")
    assert panel.exit_code() == 0
    with pytest.raises(DaemonUnreachable):
        box.status()


def test_a_long_hold_in_idle_switches_the_box_off(box: CaptureBox, panel: FrontPanelTerminal) -> None:
    panel.wait_for("IDLE")
    panel.press("s")
    assert panel.exit_code() == 0
    with pytest.raises(DaemonUnreachable):
        box.status()
