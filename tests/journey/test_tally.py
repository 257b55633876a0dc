"""The tally on a real box with both processes: lit before the sensor, dark after it, and no film without it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from whole_box import WholeBox

from capture import messages as m
from capture.errors import DaemonUnreachable


class Watch:
    """Asks for the box's state as fast as it answers, and keeps what would break the promise."""

    def __init__(self, box: CaptureBox) -> None:
        self._box = box
        self._is_over = threading.Event()
        self.looks = 0
        self.lit_without_sensor = 0
        self.dark_with_sensor: list[m.Status] = []
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._is_over.is_set():
            try:
                # Two looks, for one is not taken in an instant: a sensor open in both with a dark lamp in both is a breach.
                first, second = self._box.status(), self._box.status()
            except DaemonUnreachable:
                continue
            self.looks += 1
            if first.is_sensor_open and second.is_sensor_open and first.tally == second.tally == "off":
                self.dark_with_sensor.append(second)
            if first.tally != "off" and not first.is_sensor_open:
                self.lit_without_sensor += 1

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()


@pytest.mark.promise("P4")
def test_whenever_the_sensor_is_open_the_tally_is_lit(whole_box: WholeBox) -> None:
    whole_box.ready()
    box = whole_box.capture
    whole_box.arm(whole_box.family())
    watch = Watch(box)
    try:
        for _ in range(3):
            box.film(0.8)
            time.sleep(1.1)  # a new hold counts from a second after the stop
    finally:
        watch.end()
    assert watch.looks > 200
    assert watch.dark_with_sensor == []


@pytest.mark.promise("P4")
def test_a_lamp_that_is_dead_lets_nothing_be_filmed(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    program = (sys.executable, str(Path(__file__).parents[1] / "dead_lamp_daemon.py"), str(broken))
    box = CaptureBox(tmp_path / "box", program)
    try:
        box.ready()
        box.arm(*box.family())
        broken.touch()
        box.press(1.15)
        status = box.wait_for("faulted")
        assert status.fault == "lamp_fault"
        assert not status.is_sensor_open
        assert list((box.folder / "vault").iterdir()) == []
        broken.unlink()
        box.press()  # acknowledges
        assert box.wait_for("idle").armed_case == ""
    finally:
        box.close()


@pytest.mark.promise("P4")
def test_a_lamp_that_dies_while_filming_ends_the_film_and_keeps_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    program = (sys.executable, str(Path(__file__).parents[1] / "dead_lamp_daemon.py"), str(broken))
    box = CaptureBox(tmp_path / "box", program)
    try:
        box.ready()
        box.arm(*box.family())
        box.press(1.15)
        box.wait_for("recording")
        time.sleep(1.2)
        broken.touch()
        status = box.wait_for("faulted")
        assert status.fault == "lamp_fault"
        assert not status.is_sensor_open
        wait_until(lambda: len(list((box.folder / "vault").glob("*.mp4.age"))) == 1)
        assert '"reason":"lamp_fault"' in (box.folder / "audit.log").read_text()
    finally:
        box.close()


@pytest.mark.promise("P4")
def test_a_start_after_a_kill_while_filming_begins_dark(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    box.wait_for("recording")
    box.kill()
    box.start()
    status = box.status()
    assert status.tally == "off"
    assert not status.is_sensor_open
