"""The end of the daemon in every phase: asked to end it seals and says so; killed, the next start makes one story of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from faults import order, recall

from capture import messages as m
from capture.model import ArmMode


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[CaptureBox, Path]]:
    """A box whose daemon's disk obeys the orders in a folder."""
    orders = tmp_path / "orders"
    program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    box = CaptureBox(tmp_path / "box", program)
    yield box, orders
    box.close()


def _vault(box: CaptureBox) -> list[str]:
    return sorted(path.suffix for path in (box.folder / "vault").iterdir())


def _log_verifies(box: CaptureBox) -> bool:
    command = [str(Path(sys.executable).with_name("vigcam")), "audit", "verify", "--dir", str(box.folder)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def _ask_to_end(box: CaptureBox) -> None:
    assert box.process is not None
    box.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)


def test_an_end_while_booting_ends_well(box: CaptureBox) -> None:
    box.start(held=True)
    assert box.status().state == "booting"
    assert box.stop() == 0


@pytest.mark.promise("P2")
def test_an_end_while_the_log_is_waited_for_leaves_nothing(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    order(orders, "sync_data", "hold audit.log")
    box.press(1.15)
    assert box.status().state == "opening"
    _ask_to_end(box)
    recall(orders, "sync_data")
    assert box.stop() == 0
    assert _vault(box) == []
    assert _log_verifies(box)


def test_an_end_while_sealing_waits_for_the_seal(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    box.wait_for("recording")
    order(orders, "rename", "hold")
    box.press()
    box.wait_for("sealing")
    _ask_to_end(box)
    assert _vault(box) == [".part"]
    recall(orders, "rename")
    assert box.stop() == 0
    assert _vault(box) == [".age", ".json"]
    assert _log_verifies(box)


def test_an_end_while_the_picture_is_looked_at_ends_well(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family(), mode=ArmMode.FRAMING)
    box.press(1.15)
    box.wait_for("framing")
    assert box.stop() == 0
    assert _vault(box) == []


@pytest.mark.promise("P2")
@pytest.mark.promise("P8")
def test_a_kill_between_the_seal_and_its_manifest_leaves_a_film_that_nothing_vouches_for(
    faulty: tuple[CaptureBox, Path],
) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    recording_id = box.wait_for("recording").recording_id
    time.sleep(1)
    order(orders, "create", "hold .json.new")
    box.press()
    wait_until(lambda: _vault(box) == [".age"])
    box.kill()
    recall(orders, "create")
    box.start()
    assert box.status().state == "idle"
    box.sign_in()
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    assert (found.recording.state.value, found.sealed_hash) == ("interrupted", "")
    assert _vault(box) == [".age"]
    assert _log_verifies(box)


@pytest.mark.promise("P1")
def test_a_kill_while_preparing_leaves_no_film(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    box.arm(*box.family())
    order(orders, "sync_data", "hold audit.log")
    box.press(1.15)
    assert box.status().state == "opening"
    box.kill()
    recall(orders, "sync_data")
    box.start()
    status = box.status()
    assert (status.state, status.is_sensor_open) == ("idle", False)
    assert _log_verifies(box)
