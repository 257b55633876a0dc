"""A process that writes the log is killed in the middle: every line it was told is on disk is there, and the log goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from audit_box import AuditBox

from capture.audit.log import AuditEvent
from capture.audit.verify import Verdict

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from capture.audit.log import AuditEvent, AuditLog
from capture.device_key import DeviceKey
from capture.model import Confidence, WallTime
from device.clock import SystemClock
from device.disk import SystemDisk

folder = Path(sys.argv[1])
key = DeviceKey.load(folder / "device.key")
now = lambda: WallTime(ms=0, confidence=Confidence.NONE)
log = AuditLog.open(folder / "audit.log", key, SystemClock(), SystemDisk(), now)
while True:
    lines = [log.submit(AuditEvent.PRESS, count=count) for count in range(7)]
    print(lines[-1].result().seq, flush=True)
"""


@pytest.mark.promise("P10")
def test_killed_writer_loses_no_line_that_it_was_told_is_written(tmp_path: Path) -> None:
    box = AuditBox(tmp_path / "box")
    box.log.close()
    for rounds in (1, 3, 10, 20, 40):
        command = [sys.executable, "-c", WRITER, str(box.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
            assert writer.stdout is not None
            for _ in range(rounds):
                told = int(writer.stdout.readline())
            writer.kill()
            told = max([told, *(int(line) for line in writer.stdout.read().split("\n")[:-1] if line)])
        report = box.verify()
        assert report.verdict in (Verdict.GOOD, Verdict.TORN)
        assert report.lines >= told
        box.log = box.open()
        box.log.append(AuditEvent.STARTED)
        box.log.close()
        assert box.verify().verdict is Verdict.GOOD
