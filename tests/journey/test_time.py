"""Clocks on a real daemon: one wrong phone destroys nothing, the next right one gets in, and a repair outlives the process."""

from __future__ import annotations

import time

import pytest
from capture_box import CaptureBox, wait_until

from capture import messages as m
from capture.errors import ClockUnlikely, ConsentMissing, EnrolmentClosed
from capture.model import Confidence, StopReason

pytestmark = pytest.mark.promise("P3")

HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _offer(box: CaptureBox, ahead_ms: int, *, is_confirmed: bool = False) -> None:
    verb = m.OfferClock(session=box.session, wall_ms=_now_ms() + ahead_ms, is_confirmed=is_confirmed)
    box.client.call(verb, m.Done)


def _ahead_ms(box: CaptureBox) -> int:
    return box.status().clock.ms - _now_ms()


@pytest.mark.promise("P9")
def test_a_phone_that_is_ten_years_ahead_costs_a_confirmation_and_no_film_and_no_consent(box: CaptureBox) -> None:
    box.ready()
    family = box.family()
    box.arm(*family)
    kept = box.film(1)
    with pytest.raises(ClockUnlikely):
        _offer(box, 10 * YEAR_MS)
    _offer(box, 10 * YEAR_MS, is_confirmed=True)
    box.wait_for("idle")
    with pytest.raises(ConsentMissing):
        box.arm(*family)
    box.stop()
    # The process ends and comes back within this boot: what was said goes on, and nothing is erased by any date.
    box.start()
    assert _ahead_ms(box) > 9 * YEAR_MS
    waiting = box.client.call(m.SignInBegin(username=box.username, passphrase=box.passphrase), m.SignInWaiting)
    box.press()
    box.session = box._poll(waiting.ask_id).session
    with pytest.raises(ClockUnlikely):
        _offer(box, 0)
    _offer(box, 0, is_confirmed=True)
    box.arm(*family)
    found = box.client.call(m.GetRecording(session=box.session, recording_id=kept), m.RecordingFound).recording
    assert found.stop_reason is StopReason.PRESS
    assert (box.folder / "vault" / f"{kept}.mp4.age").stat().st_size > 10_000
    lines = (box.folder / "audit.log").read_text()
    assert lines.count('"event":"clock_set"') >= 3
    assert lines.count('"event":"clock_refused"') == 2


def test_a_small_correction_while_filming_changes_neither_film_nor_lease_nor_session(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    before = box.status().lease_left_s
    box.press(1.15)
    box.wait_for("recording")
    for ahead_ms in (20 * HOUR_MS, HOUR_MS, 12 * HOUR_MS):
        _offer(box, ahead_ms)
        assert box.status().state == "recording"
        assert abs(_ahead_ms(box) - ahead_ms) < HOUR_MS
    assert 0 <= before - box.status().lease_left_s < 120
    box.press()
    wait_until(lambda: box.status().state == "armed")
    box.client.call(m.KeepAlive(session=box.session), m.Done)


def test_a_clock_repaired_in_the_window_stays_repaired_when_the_daemon_starts_again(box: CaptureBox) -> None:
    box.ready()
    _offer(box, 50 * YEAR_MS, is_confirmed=True)
    repair = m.RepairClock(setup_code=box.provisioned.setup_code, wall_ms=_now_ms())
    box.client.call(repair, m.ClockRepaired)
    assert abs(_ahead_ms(box)) < HOUR_MS
    assert not box.status().is_signed_in
    box.stop()
    box.start()
    assert box.status().clock.confidence is Confidence.BROWSER
    assert abs(_ahead_ms(box)) < HOUR_MS
    with pytest.raises(EnrolmentClosed):
        box.client.call(repair, m.ClockRepaired)
    box.sign_in()
    box.arm(*box.family())
