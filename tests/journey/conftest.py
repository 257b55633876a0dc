"""Real boxes for the journeys: provisioned in a folder, with real processes, ended by their pids whatever the test did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[CaptureBox]:
    """A provisioned box, not started."""
    made = CaptureBox(tmp_path / "box")
    yield made
    made.close()
