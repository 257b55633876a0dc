"""A panel on mock pins whose time the test turns by hand. No sleeps, no real lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory
from hand_panel import Ear, HandClock, HandTicker

from device.panel import GpioPanel
from device.pins import Pins, mock_factory


@pytest.fixture
def pins() -> Pins:
    return Pins()


@pytest.fixture
def factory() -> MockFactory:
    return mock_factory()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ticker(clock: HandClock) -> HandTicker:
    return HandTicker(clock)


@pytest.fixture
def panel(pins: Pins, factory: MockFactory, clock: HandClock, ticker: HandTicker) -> Iterator[GpioPanel]:
    made = GpioPanel(pins, factory, clock, ticker)
    yield made
    made.close()


@pytest.fixture
def ear(panel: GpioPanel) -> Ear:
    listening = Ear()
    panel.listen(listening)
    return listening
