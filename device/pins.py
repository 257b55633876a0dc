"""Which GPIO line is what, and where the lines come from: the box's own, or gpiozero's mock at the laptop. Drives none of them.

The factory is always handed on by hand; gpiozero's global `Device.pin_factory` is never set or read.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

_MOCK_BOARD = "a02082"
"""Revision code of a Pi 3B: named here so that no environment variable decides it."""

PinFactory = Any
"""A gpiozero `Factory` (published without types)."""


@dataclass(frozen=True, slots=True)
class Pins:
    """BCM numbers of the lines. Buttons close to ground (internal pull-up); lamps are lit by a high line.

    `mark` and `buzzer` may be missing; the button and both lamps may not. Raises ValueError where two share a line.
    """

    button: int = 17
    tally: int = 27
    ready: int = 24
    mark: int | None = 22
    buzzer: int | None = 18

    def __post_init__(self) -> None:
        used = [line for line in (self.button, self.tally, self.ready, self.mark, self.buzzer) if line is not None]
        if len(set(used)) != len(used):
            raise ValueError(f"two parts share a GPIO line: {sorted(used)}")


def mock_factory() -> MockFactory:
    """The laptop's lines: gpiozero's strict twins, with PWM as the buzzer needs it."""
    return MockFactory(revision=_MOCK_BOARD, pin_class=MockPWMPin)


def box_factory(run_folder: Path) -> PinFactory:
    """The box's own lines by lgpio. Call it before any thread starts.

    lgpio makes its notify pipe in the working directory at import and opens it by a relative name: the process stands in
    `run_folder` (writable, in RAM) for that moment. Raises ImportError off a Pi, OSError if the folder is missing.
    """
    with contextlib.chdir(run_folder):
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 - importing it starts lgpio's thread: only on a box

        return LGPIOFactory()
