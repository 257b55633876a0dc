"""The gate and the button on a real daemon: what opens the camera, what does not, and what stops it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from faults import order, recall

from capture import messages as m
from capture.errors import BadRequest, ClockUntrusted, ConsentMissing, NotNow
from capture.model import ArmMode, Decision, ParentalResponsibility, Role, StopReason


@pytest.mark.promise("P1")
@pytest.mark.promise("P3")
def test_no_consent_means_no_leave_and_a_hold_leaves_the_camera_off(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.open_case()
    with pytest.raises(ConsentMissing) as refused:
        box.arm(case, adult, child)
    assert "consent_missing" in refused.value.reasons
    box.press(1.3)
    time.sleep(0.3)
    status = box.status()
    assert not status.is_sensor_open
    assert status.state == "idle"
    assert list((box.folder / "vault").iterdir()) == []


@pytest.mark.promise("P3")
def test_a_child_needs_the_consent_of_a_holder_of_parental_responsibility(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.open_case()
    carer = box.add(case, "Adult C", Role.CARER, ParentalResponsibility.NONE)
    box.consent(case, adult, adult)
    with pytest.raises(BadRequest):
        box.consent(case, child, carer)
    with pytest.raises(ConsentMissing):
        box.arm(case, adult, child)
    box.consent(case, child, adult)
    assert box.arm(case, adult, child).lease_s > 0


@pytest.mark.promise("P3")
def test_without_a_trusted_clock_nothing_is_armed(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    waiting = box.client.call(m.SignInBegin(username=box.username, passphrase=box.passphrase), m.SignInWaiting)
    box.press()
    box.session = box._poll(waiting.ask_id).session
    if box.status().clock.confidence.value != "none":
        pytest.fail("this machine has a battery-backed clock: run it where there is none")
    case, adult, _ = box.open_case()
    with pytest.raises(ClockUntrusted):
        box.consent(case, adult, adult)
    with pytest.raises(ClockUntrusted):
        box.arm(case, adult)


@pytest.mark.promise("P1")
def test_a_short_press_never_opens_the_camera(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    for seconds in (0.05, 0.3, 0.8):
        box.press(seconds)
    time.sleep(1.2)
    status = box.status()
    assert status.state == "armed"
    assert not status.is_sensor_open
    assert list((box.folder / "vault").iterdir()) == []


@pytest.mark.promise("P1")
def test_a_hold_that_began_before_arming_is_a_stuck_button(box: CaptureBox) -> None:
    box.ready()
    family = box.family()
    box.down()
    time.sleep(0.3)
    with pytest.raises(NotNow):
        box.arm(*family)
    time.sleep(1.5)
    assert box.status().state == "faulted"
    assert not box.status().is_sensor_open


@pytest.mark.promise("P2")
@pytest.mark.parametrize("violently", ["killed", "ended"])
def test_a_restart_clears_armed(box: CaptureBox, violently: str) -> None:
    box.ready()
    box.arm(*box.family())
    if violently == "killed":
        box.kill()
    else:
        assert box.stop() == 0
    box.start()
    status = box.status()
    assert status.state == "idle"
    assert not status.is_signed_in
    box.press(1.3)
    time.sleep(0.3)
    assert not box.status().is_sensor_open


@pytest.mark.promise("P2")
@pytest.mark.promise("P8")
def test_filming_does_not_go_on_after_a_kill_and_what_was_written_is_kept(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    time.sleep(2)
    box.kill()
    box.start()
    assert box.status().state == "idle"
    box.sign_in()
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    assert found.recording.state.value == "interrupted"
    assert found.recording.stop_reason is StopReason.INTERRUPTED
    assert (box.folder / "vault" / f"{recording_id}.mp4.age.part").stat().st_size > 100_000


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[CaptureBox, Path]]:
    """A box whose daemon's disk obeys the orders in a folder."""
    orders = tmp_path / "orders"
    program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    box = CaptureBox(tmp_path / "box", program)
    yield box, orders
    box.close()


@pytest.mark.promise("P5")
@pytest.mark.parametrize("operation", ["sync_data", "write", "write_all"])
def test_a_press_stops_at_once_while_the_disk_stalls_for_two_seconds(faulty: tuple[CaptureBox, Path], operation: str) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    box.wait_for("recording")
    time.sleep(1)
    order(orders, operation, "stall 2.0")
    time.sleep(0.6)  # the writer and the log are caught in the stall by now
    began = time.monotonic()
    box.down()
    wait_until(lambda: not box.status().is_sensor_open, timeout_s=2)
    stopped_after_s = time.monotonic() - began
    wait_until(lambda: box.status().tally == "off", timeout_s=1)
    box.up()
    recall(orders, operation)
    # The promise is an order, not a speed: sensor off before the stalled disk came back.
    assert stopped_after_s < 1.5
    box.wait_for("armed")
    assert len(list((box.folder / "vault").glob("*.mp4.age"))) == 1


@pytest.mark.promise("P1")
@pytest.mark.promise("P10")
def test_the_camera_waits_for_the_log_before_it_opens(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    order(orders, "sync_data", "hold audit.log")
    box.press(1.15)
    time.sleep(0.7)
    assert box.status().state == "opening"
    assert not box.status().is_sensor_open
    assert box.status().tally == "off"
    recall(orders, "sync_data")
    assert box.wait_for("recording").is_sensor_open
    box.press()
    box.wait_for("armed")


@pytest.mark.promise("P10")
def test_a_log_that_cannot_be_written_lets_nothing_be_filmed(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    order(orders, "sync_data", "fail EIO audit.log")
    box.press(1.15)
    box.wait_for("faulted")
    assert not box.status().is_sensor_open
    assert list((box.folder / "vault").glob("*.age")) == []


def test_a_full_disk_in_the_middle_of_filming_stops_and_keeps_what_was_written(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    time.sleep(2)
    order(orders, "write", "fail ENOSPC")  # the footage and the log both
    order(orders, "write_all", "fail ENOSPC")
    status = box.wait_for("faulted")
    assert not status.is_sensor_open
    assert status.fault == "disk_error"
    recall(orders, "write")
    recall(orders, "write_all")
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    assert found.recording.state.value == "interrupted"
    assert (box.folder / "vault" / f"{recording_id}.mp4.age.part").stat().st_size > 100_000


@pytest.mark.promise("P3")
def test_withdrawal_while_filming_stops_at_once(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    time.sleep(1)
    box.consent(case, adult, adult, Decision.WITHDRAWN)
    assert not box.status().is_sensor_open
    box.wait_for("idle")
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    assert found.recording.stop_reason is StopReason.WITHDRAWN
    with pytest.raises(ConsentMissing):
        box.arm(case, adult, child)


def test_checking_the_picture_shows_a_picture_and_keeps_nothing(box: CaptureBox) -> None:
    box.ready()
    family = box.family()
    box.arm(*family, mode=ArmMode.FRAMING)
    with pytest.raises(NotNow):
        box.client.call(m.GetPicture(session=box.session), m.Picture)
    box.press(1.15)
    status = box.wait_for("framing")
    assert status.tally == "long_short"

    def look() -> bytes:
        try:
            picture, descriptor = box.client.call_with_descriptor(m.GetPicture(session=box.session), m.Picture)
        except NotNow:
            return b""
        data = os.read(descriptor, picture.size + 1)
        os.close(descriptor)
        assert len(data) == picture.size
        return data

    assert wait_until(look).startswith(b"\xff\xd8")
    box.press()
    assert box.wait_for("armed").armed_mode == "film"
    assert list((box.folder / "vault").iterdir()) == []


@pytest.mark.promise("P10")
def test_the_end_of_the_process_in_the_middle_of_filming_seals_first(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    time.sleep(1)
    assert box.stop() == 0
    assert (box.folder / "vault" / f"{recording_id}.mp4.age").exists()
    assert (box.folder / "vault" / f"{recording_id}.json").exists()
    lines = (box.folder / "audit.log").read_text().splitlines()
    assert '"event":"stopped"' in lines[-1]
    assert any('"event":"recording_sealed"' in line for line in lines)
