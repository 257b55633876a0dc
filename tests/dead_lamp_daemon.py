"""The real capture daemon with a tally line that obeys a file: `python dead_lamp_daemon.py FILE --dir BOX --simulated …`.

While FILE exists the line stays dark whatever it is told: a strict twin of a lamp whose wire is off.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

sys.path[:0] = [str(Path(__file__).parents[1])]

from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: E402

from capture import __main__ as program  # noqa: E402
from device.pins import Pins, mock_factory  # noqa: E402

_BROKEN = Path(sys.argv[1])


class LooseLine(MockPWMPin):
    """Reads dark while the file is there."""

    def _get_state(self) -> object:
        return 0 if _BROKEN.exists() else super()._get_state()


def loose_factory() -> MockFactory:
    factory = mock_factory()
    factory.pin(Pins().tally).__class__ = LooseLine
    return factory


if __name__ == "__main__":
    with mock.patch.object(program, "mock_factory", loose_factory):
        sys.exit(program.main(sys.argv[2:]))
