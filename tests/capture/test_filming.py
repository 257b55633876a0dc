"""Takes between the control thread and the disk: which arming is filmed, what becomes of what was given up, how it ends."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import wait_until
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.filming import ArmedVisit
from capture.model import ArmMode, RecordingState, StopReason
from capture.recorder.model import ArmGranted, Leave, Phase
from device.disk import SystemDisk
from device.errors import CameraUnavailable
from device.ports import LampPattern


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk(SystemDisk())


@pytest.fixture
def box(tmp_path: Path, disk: FaultyDisk) -> Iterator[FilmingBox]:
    made = FilmingBox(tmp_path, disk).start()
    yield made
    disk.heal()
    if made.thread.is_alive():
        made.shut()
    made.box.close()


def _film(box: FilmingBox) -> None:
    box.hold()
    assert box.wait_for(Phase.RECORDING, Phase.FAULTED, Phase.IDLE) is Phase.RECORDING
    box.press()
    box.wait_for(Phase.ARMED, Phase.FAULTED)


@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
def test_a_take_given_up_on_a_slow_disk_takes_nothing_from_the_next_one(box: FilmingBox, disk: FaultyDisk) -> None:
    box.arm()
    disk.stall("create", 0.6)
    box.hold()
    box.press()
    assert box.wait_for(Phase.ARMED) is Phase.ARMED
    time.sleep(0.1)  # the retake pause
    disk.heal()
    box.hold()
    assert box.wait_for(Phase.RECORDING, Phase.IDLE, Phase.FAULTED) is Phase.RECORDING
    time.sleep(0.2)  # the one that was given up is closed by now
    box.press()
    box.wait_for(Phase.ARMED, Phase.FAULTED)
    assert box.failure is None
    assert [row.state for row in box.rows()] == [RecordingState.SEALED]
    assert box.vault.parts() == []


@pytest.mark.promise("P3")
def test_a_hold_films_for_the_arming_whose_leave_it_has_and_for_no_other(box: FilmingBox) -> None:
    first = box.arm()
    later = box.visit()
    box.filming.arm(ArmedVisit(later, lambda: None, lambda: None, lambda _: None))  # signed, and then not taken by the recorder
    _film(box)
    assert box.filming.armed is not None
    assert box.filming.armed.arming.arming_id == first
    assert [row.visit_id for row in box.rows()] == [box.filming.armed.arming.visit_id]


@pytest.mark.promise("P3")
def test_while_one_arming_is_filmed_a_later_one_does_not_hide_who_is_present(box: FilmingBox) -> None:
    first = box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    later = box.visit()
    box.filming.arm(ArmedVisit(later, lambda: None, lambda: None, lambda _: None))
    leave = Leave(later.arming_id, later.mode, later.lease_end_ns)
    box.control.post_and_wait(ArmGranted(box.clock.boottime_ns(), leave))
    assert box.filming.armed is not None
    assert box.filming.armed.arming.arming_id == first


@pytest.mark.promise("P1")
@pytest.mark.promise("P10")
@pytest.mark.parametrize("mode", ArmMode)
def test_without_a_log_line_on_the_disk_the_sensor_does_not_open(box: FilmingBox, disk: FaultyDisk, mode: ArmMode) -> None:
    box.arm(mode)
    disk.fail("sync_data", errno.EIO, "audit.log")
    box.hold()
    assert box.wait_for(Phase.FAULTED, Phase.RECORDING, Phase.FRAMING) is Phase.FAULTED
    assert box.camera.openings == 0


@pytest.mark.promise("P10")
def test_looking_at_the_picture_is_in_the_log_before_the_sensor_opens(box: FilmingBox) -> None:
    arming_id = box.arm(ArmMode.FRAMING)
    box.hold()
    box.wait_for(Phase.FRAMING)
    assert f'"event":"framing_opening","fields":{{"arming":"{arming_id}"}}' in (box.folder / "audit.log").read_text()


@pytest.mark.promise("P2")
@pytest.mark.parametrize("stalled", ["create", "sync_folder"])
def test_an_end_while_a_take_is_prepared_leaves_no_file_and_no_row(box: FilmingBox, disk: FaultyDisk, stalled: str) -> None:
    box.arm()
    disk.stall(stalled, 0.4)
    disk.stall("close", 0.2, ".part")
    box.hold()
    assert box.control.state.phase is Phase.PREPARING
    box.shut()
    assert box.failure is None
    assert box.rows() == ()
    assert list((box.folder / "vault").iterdir()) == []
    assert box.camera.openings == 0


def test_an_end_while_a_film_is_sealed_waits_for_the_seal(box: FilmingBox, disk: FaultyDisk) -> None:
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    disk.stall("rename", 0.4)
    box.press()
    assert box.wait_for(Phase.SEALING, Phase.ARMED) is Phase.SEALING
    box.shut()
    assert [row.state for row in box.rows()] == [RecordingState.SEALED]


@pytest.mark.promise("P4")
@pytest.mark.parametrize("error", [CameraUnavailable("taken"), RuntimeError("a driver's own"), OSError("no such device")])
def test_a_camera_that_does_not_open_is_a_fault_and_not_the_end(box: FilmingBox, error: Exception) -> None:
    box.arm()
    box.camera.trouble["start"].append(error)
    box.hold()
    assert box.wait_for(Phase.FAULTED, Phase.RECORDING) is Phase.FAULTED
    assert box.control.state.fault == "camera_unavailable"
    assert box.panel.tally is LampPattern.OFF
    assert box.rows() == ()
    box.press()
    box.wait_for(Phase.IDLE)
    box.arm()
    _film(box)
    assert [row.state for row in box.rows()] == [RecordingState.SEALED]


@pytest.mark.promise("P4")
def test_a_camera_that_does_not_close_keeps_its_lamp_and_ends_the_process(box: FilmingBox) -> None:
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.camera.trouble["stop"] += [RuntimeError("stuck"), RuntimeError("stuck still")]
    box.press()
    assert box.died.wait(5)
    box.thread.join(5)
    assert box.panel.tally is not LampPattern.OFF
    assert box.panel.wrongs == []


@pytest.mark.promise("P4")
@pytest.mark.promise("P8")
def test_a_camera_that_closes_at_the_second_try_leaves_the_film_sealed(box: FilmingBox) -> None:
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.camera.trouble["stop"].append(RuntimeError("once"))
    box.press()
    box.thread.join(5)
    assert not box.died.is_set()
    assert box.panel.tally is LampPattern.OFF
    box.filming.close()
    assert [(row.state, row.stop_reason) for row in box.rows()] == [(RecordingState.SEALED, StopReason.SHUTDOWN)]


@pytest.mark.promise("P11")
def test_a_take_that_never_opened_does_not_log_the_pictures_of_the_one_before(box: FilmingBox) -> None:
    box.arm()
    _film(box)
    time.sleep(0.1)  # the retake pause
    box.camera.trouble["start"].append(CameraUnavailable("taken"))
    box.hold()
    box.wait_for(Phase.FAULTED)
    lines = [line for line in (box.folder / "audit.log").read_text().splitlines() if "recording_stopped" in line]
    assert len(lines) == 2
    assert '"frames":0' in lines[-1]


@pytest.mark.promise("P4")
def test_a_lamp_that_fails_at_any_moment_leaves_the_sensor_closed(box: FilmingBox) -> None:
    box.arm()
    box.panel.is_lamp_good = False
    box.hold()
    assert box.wait_for(Phase.FAULTED, Phase.RECORDING) is Phase.FAULTED
    assert box.camera.openings == 0
    box.panel.is_lamp_good = True
    box.press()
    box.wait_for(Phase.IDLE)
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.panel.is_lamp_good = False
    wait_until(lambda: not box.camera.is_open, timeout_s=3)
    assert box.wait_for(Phase.FAULTED) is Phase.FAULTED
    assert [row.stop_reason for row in box.rows()] in ([StopReason.LAMP_FAULT], [StopReason.NO_FRAMES])


@pytest.mark.promise("P4")
@pytest.mark.promise("P5")
def test_an_encoder_that_takes_its_time_keeps_no_lamp_lit_and_no_press_waiting(box: FilmingBox) -> None:
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.camera.draining.clear()
    box.press()
    assert box.wait_for(Phase.SEALING) is Phase.SEALING
    wait_until(lambda: box.panel.tally is LampPattern.OFF)
    assert not box.camera.is_open
    before_ns = box.control.turned_ns
    wait_until(lambda: box.control.turned_ns > before_ns)
    box.camera.draining.set()
    assert box.wait_for(Phase.ARMED, Phase.FAULTED) is Phase.ARMED
    assert [(row.state, row.stop_reason, row.frames_kept) for row in box.rows()] == [
        (RecordingState.SEALED, StopReason.PRESS, row.frames_generated) for row in box.rows()
    ]


@pytest.mark.promise("P8")
def test_what_a_camera_filmed_is_sealed_though_it_cannot_say_how_much_that_was(box: FilmingBox) -> None:
    box.arm()
    box.hold()
    box.wait_for(Phase.RECORDING)
    box.camera.trouble["drain"].append(RuntimeError("the driver is gone"))
    box.press()
    assert box.wait_for(Phase.ARMED, Phase.FAULTED) is Phase.ARMED
    assert [row.state for row in box.rows()] == [RecordingState.SEALED]
    assert box.rows()[0].frames_kept > 0
