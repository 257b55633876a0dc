"""Real boxes for the journeys: provisioned in a folder, with real processes, ended by their pids whatever the test did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox
from whole_box import WholeBox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[CaptureBox]:
    """A provisioned box, not started."""
    made = CaptureBox(tmp_path / "box")
    yield made
    made.close()


@pytest.fixture
def whole_box(tmp_path: Path) -> Iterator[WholeBox]:
    """A provisioned box with both processes, not started."""
    made = WholeBox(tmp_path / "box")
    yield made
    made.close()
