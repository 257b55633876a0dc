"""An offered clock and the log: what the log was not told of is kept over no restart."""

from __future__ import annotations

import pytest
from record_box import NOON_MS, HandClock

from capture.anchor import ClockStep, TimeAnchor
from capture.errors import VaultFull
from capture.model import Confidence, WallTime

HOUR_MS = 3_600_000
MONTH_MS = 30 * 24 * HOUR_MS


class Kept:
    """The text kept over restarts, on a disk that may be full."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.is_full = False

    def load(self) -> str | None:
        return self.text

    def store(self, text: str) -> None:
        if self.is_full:
            raise VaultFull
        self.text = text


def anchor(clock: HandClock, kept: Kept) -> TimeAnchor:
    return TimeAnchor(clock, kept.load, kept.store)


def browser(ms: int) -> WallTime:
    return WallTime(ms=ms, confidence=Confidence.BROWSER)


@pytest.mark.promise("P10")
def test_an_offer_is_kept_only_once_it_was_told() -> None:
    clock, kept, found = HandClock(), Kept(), []
    told = anchor(clock, kept)

    def tell(_: ClockStep) -> None:
        found.extend([told.now(), kept.text])

    told.offer(NOON_MS + HOUR_MS, is_confirmed=False, tell=tell)
    assert found == [browser(NOON_MS + HOUR_MS), None]
    assert anchor(clock, kept).now() == told.now() == browser(NOON_MS + HOUR_MS)


@pytest.mark.promise("P10")
def test_an_offer_that_cannot_be_told_is_taken_back_though_the_disk_takes_nothing_more() -> None:
    clock, kept = HandClock(), Kept()
    full = anchor(clock, kept)
    full.offer(NOON_MS, is_confirmed=False)

    kept.is_full = True

    def no_room(_: ClockStep) -> None:
        raise VaultFull

    with pytest.raises(VaultFull):
        full.offer(NOON_MS + MONTH_MS, is_confirmed=True, tell=no_room)
    assert anchor(clock, kept).now() == full.now() == browser(NOON_MS)
