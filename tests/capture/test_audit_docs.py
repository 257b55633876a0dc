"""The log's document is true: it names every event, and its verifier verifies."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from audit_box import AuditBox, flip

from capture.audit.log import AuditEvent

DOCUMENT = (Path(__file__).parents[2] / "docs" / "audit-log.md").read_text("utf-8")


def verify_as_documented(log: Path) -> int:
    script = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert script is not None
    return subprocess.run([sys.executable, "-c", script[1], log], capture_output=True, timeout=30, check=False).returncode


@pytest.mark.parametrize("event", AuditEvent)
def test_every_event_is_documented(event: AuditEvent) -> None:
    assert f"`{event.value}`" in DOCUMENT.split("## Events")[1]


@pytest.mark.promise("P10")
def test_documents_own_verifier_agrees(tmp_path: Path) -> None:
    box = AuditBox(tmp_path / "box")
    box.write(20)
    box.log.close()
    assert verify_as_documented(box.path) == 0
    data = box.path.read_bytes()
    box.path.write_bytes(flip(data, data.index(b'"count":7') + 8))
    assert verify_as_documented(box.path) != 0
