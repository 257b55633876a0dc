"""Rules of the power gauge."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.ports import PowerState
from device.power import PiPowerGauge, UnknownPower


def _gauge(
    box: Path, *, word: str | None = None, alarm: str | None = None, model: str = "Raspberry Pi 4 Model B"
) -> PiPowerGauge:
    (box / "model").write_bytes(model.encode() + b"\0")
    if word is not None:
        (box / "throttled").write_text(word)
    for index, name in enumerate(("cpu_thermal", "rpi_volt") if alarm is not None else ()):
        (box / f"hwmon{index}").mkdir()
        (box / f"hwmon{index}" / "name").write_text(name + "\n")
        (box / f"hwmon{index}" / "in0_lcrit_alarm").write_text(alarm or "")
    return PiPowerGauge(box / "throttled", box, box / "model")


@pytest.mark.parametrize(
    ("word", "state"),
    [("0\n", PowerState.GOOD), ("50005\n", PowerState.LOW), ("50000\n", PowerState.GOOD), ("?\n", PowerState.UNKNOWN)],
)
def test_the_firmwares_word_tells_of_now_not_of_once(tmp_path, word, state):
    assert _gauge(tmp_path, word=word).read() is state


@pytest.mark.parametrize(("alarm", "state"), [("0\n", PowerState.GOOD), ("1\n", PowerState.LOW), ("", PowerState.UNKNOWN)])
def test_without_the_word_the_kernels_monitor_tells(tmp_path, alarm, state):
    assert _gauge(tmp_path, alarm=alarm).read() is state


def test_a_zero_cannot_know_and_says_so(tmp_path):
    assert _gauge(tmp_path, word="0\n", model="Raspberry Pi Zero 2 W Rev 1.0").read() is PowerState.UNKNOWN


def test_where_nothing_can_be_read_the_state_is_unknown(tmp_path):
    assert PiPowerGauge(tmp_path / "a", tmp_path / "b", tmp_path / "c").read() is PowerState.UNKNOWN
    assert UnknownPower().read() is PowerState.UNKNOWN
