"""A camera that hangs behind a stop: sealing ends all the same, the film says what it lost, and the box can be shut down."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from capture_box import CaptureBox

from capture import messages as m


@pytest.mark.promise("P5")
@pytest.mark.promise("P11")
def test_sealing_ends_though_the_camera_hands_over_nothing_more(tmp_path: Path) -> None:
    program = (sys.executable, str(Path(__file__).parents[1] / "hanging_daemon.py"), "1.0")
    box = CaptureBox(tmp_path / "box", program)
    try:
        box.ready()
        case, adult, child = box.family()
        box.arm(case, adult, child)
        box.press(1.15)
        status = box.wait_for("faulted")  # no picture came for a second: stopped, and sealed
        assert (status.fault, status.tally, status.is_sensor_open) == ("no_frames", "off", False)
        [film] = box.client.call(m.ListRecordings(session=box.session), m.RecordingList).recordings
        assert film.frames_kept == 3
        assert film.frames_generated > 20
        assert box.stop() == 0
    finally:
        box.close()
