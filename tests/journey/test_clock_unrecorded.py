"""A clock that the log cannot be told of is not taken: no correction goes unrecorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from faults import order, recall

from capture import messages as m
from capture.errors import DaemonUnreachable, VigcamError

YEAR_MS = 365 * 86_400_000


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return tmp_path / "orders"


@pytest.fixture
def box(tmp_path: Path, orders: Path) -> Iterator[CaptureBox]:
    """Its disk obeys the orders."""
    made = CaptureBox(tmp_path / "box", (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders)))
    try:
        yield made.ready()
    finally:
        made.close()


@pytest.mark.promise("P10")
def test_a_correction_that_the_log_cannot_be_told_of_is_taken_back_and_stays_so(box: CaptureBox, orders: Path) -> None:
    before = box.status().clock
    order(orders, "write_all", "fail EIO audit.log")
    with pytest.raises(VigcamError):
        box.client.call(m.OfferClock(session=box.session, wall_ms=before.ms + YEAR_MS, is_confirmed=True), m.Done)
    assert abs(box.status().clock.ms - before.ms) < YEAR_MS // 2
    recall(orders, "write_all")
    box.stop()
    box.start()
    assert abs(box.status().clock.ms - before.ms) < YEAR_MS // 2
    assert (box.folder / "audit.log").read_text().count('"event":"clock_set"') == 1


@pytest.mark.promise("P10")
def test_a_correction_that_the_log_was_not_told_of_yet_is_not_believed_after_a_kill(box: CaptureBox, orders: Path) -> None:
    before = box.status().clock
    order(orders, "write_all", "hold audit.log")
    verb = m.OfferClock(session=box.session, wall_ms=before.ms + YEAR_MS, is_confirmed=True)
    with ThreadPoolExecutor(1) as lane:
        offered = lane.submit(box.client.call, verb, m.Done)
        wait_until(lambda: box.status().clock.ms > before.ms + YEAR_MS // 2)
        box.kill()
        with pytest.raises(DaemonUnreachable):
            offered.result(10)
    recall(orders, "write_all")
    box.start()
    assert abs(box.status().clock.ms - before.ms) < YEAR_MS // 2
    assert (box.folder / "audit.log").read_text().count('"event":"clock_set"') == 1
