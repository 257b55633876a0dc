"""Rules of the clocks."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from device.clock import SystemClock


def _rtc(folder: Path, hctosys: str, since_epoch: str) -> Path:
    (folder / "rtc0").mkdir()
    (folder / "rtc0" / "hctosys").write_text(hctosys)
    (folder / "rtc0" / "since_epoch").write_text(since_epoch)
    return folder


def test_the_boot_id_is_thirty_two_hex_digits():
    assert re.fullmatch("[0-9a-f]{32}", SystemClock().boot_id)


def test_boot_time_is_the_kernels():
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= SystemClock().boottime_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_boot_time_goes_on_while_the_box_sleeps(monkeypatch):
    """Three of these seven nanoseconds it was awake."""
    kernel = {time.CLOCK_BOOTTIME: 7, time.CLOCK_MONOTONIC: 3, time.CLOCK_REALTIME: 9}
    monkeypatch.setattr(time, "clock_gettime_ns", kernel.__getitem__)
    assert SystemClock().boottime_ns() == 7


def test_wall_time_is_in_milliseconds():
    assert abs(SystemClock().wall_ms() - time.time() * 1000) < 2000


@pytest.mark.parametrize(
    ("hctosys", "since_epoch", "has_rtc"),
    [("1\n", "1780000000\n", True), ("0\n", "1780000000\n", False), ("1\n", "120\n", False), ("1\n", "", False)],
    ids=["set the clock", "did not set the clock", "lost its battery", "cannot be read"],
)
def test_a_battery_clock_is_believed_only_if_it_set_a_believable_time(tmp_path, hctosys, since_epoch, has_rtc):
    assert SystemClock(rtc_class=_rtc(tmp_path, hctosys, since_epoch)).has_rtc is has_rtc


def test_a_machine_without_battery_clock_has_none(tmp_path):
    assert not SystemClock(rtc_class=tmp_path / "missing").has_rtc
