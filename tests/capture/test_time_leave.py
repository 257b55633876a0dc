"""A leave to film when the clock jumps: a correction by which its consents do not hold ends it, whatever phase it is in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from capture_box import wait_until
from jumping_box import DAY_MS, HOUR_MS, NOON_MS, JumpingBox, jumping_box

from capture import messages as m
from capture.errors import ClockUnlikely, ConsentMissing
from capture.model import ArmMode, Decision, StopReason

pytestmark = pytest.mark.promise("P3")

AFTER_ALL = NOON_MS + 61 * DAY_MS
"""The consents last 60 days."""
BEFORE_ALL = NOON_MS - HOUR_MS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JumpingBox]:
    with jumping_box(tmp_path_factory.mktemp("time") / "box") as box:
        yield box


@pytest.fixture
def box(made: JumpingBox) -> JumpingBox:
    """Nothing armed, at noon, whatever the test before did to its clock."""
    made.client.call(m.Stop(), m.Done)
    made.wait_for("idle", "armed")
    made.client.call(m.Disarm(session=made.session), m.Done)
    made.offer(NOON_MS, is_confirmed=True)
    return made


def _idle(box: JumpingBox) -> None:
    box.wait_for("idle")
    assert not box.camera.is_open
    box.hold()
    assert box.status().state == "idle", "a hold opened it although the leave is over"


def _last_stop(box: JumpingBox) -> StopReason | None:
    verb = m.GetRecording(session=box.session, recording_id=box.status().last_recording_id)
    return box.client.call(verb, m.RecordingFound).recording.stop_reason


@pytest.mark.parametrize("wall_ms", [AFTER_ALL, BEFORE_ALL], ids=["run out", "not given yet"])
@pytest.mark.parametrize("mode", list(ArmMode))
def test_a_correction_ends_what_is_armed(box: JumpingBox, wall_ms: int, mode: ArmMode) -> None:
    box.arm(*box.family(), mode=mode)
    assert box.offer(wall_ms, is_confirmed=True).state == "idle", "whoever is told yes may rely on it"
    _idle(box)


@pytest.mark.parametrize("wall_ms", [AFTER_ALL, BEFORE_ALL], ids=["run out", "not given yet"])
def test_a_correction_while_filming_stops_it_and_says_why(box: JumpingBox, wall_ms: int) -> None:
    box.arm(*box.family())
    box.filming()
    box.offer(wall_ms, is_confirmed=True)
    assert not box.camera.is_open
    _idle(box)
    assert _last_stop(box) is StopReason.CONSENT_ENDED


def test_a_correction_while_the_picture_is_checked_stops_it(box: JumpingBox) -> None:
    box.arm(*box.family(), mode=ArmMode.FRAMING)
    box.hold()
    box.wait_for("framing")
    box.offer(AFTER_ALL, is_confirmed=True)
    _idle(box)


def _beside(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_the_sensor_goes_off_before_the_correction_is_in_the_log(box: JumpingBox) -> None:
    box.arm(*box.family())
    box.filming()
    with box.held_log():
        offering = _beside(lambda: box.offer(AFTER_ALL, is_confirmed=True))
        wait_until(lambda: not box.camera.is_open)
        assert offering.is_alive(), "the line was on disk already"
    offering.join(10)
    _idle(box)


@pytest.mark.promise("P1")
def test_a_correction_between_the_hold_and_the_sensor_keeps_it_off(box: JumpingBox) -> None:
    box.arm(*box.family())
    with box.held_log():
        box.hold()
        box.wait_for("opening")
        offering = _beside(lambda: box.offer(AFTER_ALL, is_confirmed=True))
        box.wait_for("idle")
        assert not box.camera.is_open
    offering.join(10)
    _idle(box)


def test_a_correction_that_leaves_every_consent_standing_ends_nothing(box: JumpingBox) -> None:
    box.arm(*box.family())
    box.filming()
    box.offer(NOON_MS + 20 * HOUR_MS)
    assert box.camera.is_open
    assert box.status().state == "recording"


def test_an_offer_that_nobody_confirmed_ends_nothing(box: JumpingBox) -> None:
    box.arm(*box.family())
    box.filming()
    with pytest.raises(ClockUnlikely):
        box.offer(AFTER_ALL)
    assert box.status().clock.ms < NOON_MS + HOUR_MS
    assert box.camera.is_open


@pytest.mark.parametrize("jump_ms", [-400 * DAY_MS, 400 * DAY_MS])
def test_a_step_of_the_systems_clock_moves_nothing(box: JumpingBox, jump_ms: int) -> None:
    box.arm(*box.family())
    before = box.status()
    box.clock.wall_offset_ms += jump_ms
    assert 0 <= box.status().clock.ms - before.clock.ms < HOUR_MS
    box.filming()
    box.clock.wall_offset_ms -= jump_ms
    assert box.status().state == "recording"
    assert before.lease_left_s - box.status().lease_left_s < 60


def test_set_back_before_a_withdrawal_the_clock_brings_no_consent_back(box: JumpingBox) -> None:
    case, adult, child = box.family()
    box.offer(NOON_MS + HOUR_MS)
    box.consent(case, adult, adult, Decision.WITHDRAWN)
    box.offer(NOON_MS + HOUR_MS // 2)
    with pytest.raises(ConsentMissing) as refused:
        box.arm(case, adult, child)
    assert any(reason.startswith("consent_withdrawn") for reason in refused.value.reasons)


@pytest.mark.promise("P4")
def test_a_box_that_slept_through_the_lease_wakes_with_the_sensor_off(box: JumpingBox) -> None:
    box.arm(*box.family())
    box.filming()
    box.pass_s(4 * 3_600)
    wait_until(lambda: not box.camera.is_open)
    box.wait_for("idle", "faulted")
    box.press()
    _idle(box)
