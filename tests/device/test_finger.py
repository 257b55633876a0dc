"""Rules of the simulated finger: a pipe in, presses out."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator

import pytest

from device.clock import SystemClock
from device.finger import Finger
from device.panel import GpioPanel
from device.pins import Pins, mock_factory


class Waiting:
    """A `PanelListener` on the other side of a queue."""

    def __init__(self) -> None:
        self._heard: queue.Queue[str] = queue.Queue()

    def button_down(self, at_ns: int) -> None:
        self._heard.put("down")

    def button_up(self, at_ns: int) -> None:
        self._heard.put("up")

    def mark_down(self, at_ns: int) -> None:
        self._heard.put("mark")

    def next(self, count: int) -> list[str]:
        return [self._heard.get(timeout=5) for _ in range(count)]


@pytest.fixture
def told() -> Iterator[tuple[Waiting, int, Finger]]:
    pins, factory, ear = Pins(), mock_factory(), Waiting()
    panel = GpioPanel(pins, factory, SystemClock())
    panel.listen(ear)
    reading, writing = os.pipe()
    finger = Finger(reading, pins, factory)
    yield ear, writing, finger
    finger.close()
    panel.close()
    os.close(writing)


def test_down_and_up_press_and_release_the_button(told):
    ear, pipe, _ = told
    os.write(pipe, b"d")
    assert ear.next(1) == ["down"]
    os.write(pipe, b"u")
    assert ear.next(1) == ["up"]


def test_m_presses_the_mark_button_and_lets_it_go(told):
    ear, pipe, _ = told
    os.write(pipe, b"mm")
    assert ear.next(2) == ["mark", "mark"]


def test_orders_that_come_all_at_once_are_done_one_after_the_other(told):
    ear, pipe, _ = told
    os.write(pipe, b"dudu")
    assert ear.next(4) == ["down", "up", "down", "up"]


def test_unknown_bytes_press_nothing(told):
    ear, pipe, _ = told
    os.write(pipe, b"\0xX\n\xff")
    os.write(pipe, b"m")
    assert ear.next(1) == ["mark"]


def test_the_end_of_the_pipe_lets_the_button_go(told):
    ear, pipe, _ = told
    os.write(pipe, b"d")
    assert ear.next(1) == ["down"]
    os.dup2(os.open(os.devnull, os.O_WRONLY), pipe)
    assert ear.next(1) == ["up"]


def test_closing_lets_the_button_go_and_ends_the_thread(told):
    ear, pipe, finger = told
    os.write(pipe, b"d")
    assert ear.next(1) == ["down"]
    finger.close()
    finger.close()
    assert ear.next(1) == ["up"]
