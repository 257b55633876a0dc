"""The picture while checking the picture: it is gone with the sensor, and one that comes too late comes to nobody."""

from __future__ import annotations

import os

import pytest
from record_box import HandClock
from strict_front import FlagPanel

from capture.control import Control
from capture.errors import NotNow
from capture.framing import Framing
from capture.recorder.model import State


@pytest.fixture
def framing() -> Framing:
    clock = HandClock()
    control = Control(FlagPanel(), None, clock, State(), None)  # type: ignore[arg-type] # nothing is opened, nothing ordered
    return Framing(clock, lambda: control)


def _latest(framing: Framing) -> bytes:
    size, descriptor = framing.latest()
    try:
        return os.read(descriptor, size + 1)
    finally:
        os.close(descriptor)


def test_the_newest_picture_is_shown(framing: Framing) -> None:
    look = framing.begin()
    look.picture(b"first")
    look.picture(b"second")
    assert _latest(framing) == b"second"


def test_a_picture_that_the_camera_still_draws_when_it_is_stopped_comes_to_nobody(framing: Framing) -> None:
    look = framing.begin()
    look.picture(b"in time")
    framing.drop()
    look.picture(b"too late")
    with pytest.raises(NotNow):
        framing.latest()


def test_the_next_look_shows_nothing_of_the_last_one(framing: Framing) -> None:
    last = framing.begin()
    framing.drop()
    look = framing.begin()
    last.picture(b"another family")
    with pytest.raises(NotNow):
        framing.latest()
    look.picture(b"this one")
    assert _latest(framing) == b"this one"
