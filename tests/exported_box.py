"""A box with two cases, what it exported of its log, and docs/verify_audit.py's verdict on that once it was changed."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from audit_box import AuditBox
from verify_script import Ending, run_script

from capture.audit.bundle import LOG_NAME, write_bundle
from capture.audit.line import AuditHead
from capture.audit.log import AuditEvent
from capture.audit.memories import Memories, Witness
from capture.audit.verify import Verdict, verify_log
from capture.ids import RecordingId

CASE, OTHER = "VIG-7F3K", "VIG-AAAA"


@dataclass
class Exported:
    """A box with two cases, of each a film, and what it exported."""

    box: AuditBox
    films: dict[str, RecordingId]
    files: dict[str, bytes]
    bundle: Path

    def run(self, **changed: bytes) -> Ending:
        """The script's verdict on the bundle with some files changed; a name is given without its dots and slashes."""
        with zipfile.ZipFile(self.bundle, "w") as made:
            for name, data in self.files.items():
                made.writestr(name, changed.get(re.sub(r"\W", "_", name), data))
        return run_script(self.bundle, self.box.key.public_hex)

    def compare(self, log: bytes) -> Ending:
        """The script's verdict on the bundle with this log, which is that of `vigcam audit verify`."""
        self.box.path.write_bytes(log)
        heads = tuple(Witness(one["where"], AuditHead(one["sequence"], one["hash"])) for one in self.facts["remembered"])
        report = verify_log(
            self.box.path, self.box.vault_folder, known_key=self.box.key.public_hex, recall=lambda: Memories(heads)
        )
        ending = self.run(audit_log=log)
        assert (ending.code == 0) is (report.verdict is Verdict.GOOD), (ending, report)
        if report.bad_line is not None:
            assert ending.words.startswith(f"line {report.bad_line.number}:"), (ending, report)
        assert ending.words.startswith("torn") is (report.verdict is Verdict.TORN)
        return ending

    @property
    def facts(self) -> dict[str, object]:
        return json.loads(self.files["box.json"])

    @property
    def lines(self) -> list[bytes]:
        return self.files[LOG_NAME].splitlines(keepends=True)


def filmed(box: AuditBox, case: str, ask: str) -> RecordingId:
    """A case with a leave, a film of it, and somebody who asked to erase that."""
    arming = f"arm-{case[4:].lower()}23456789"
    stated = {"case": case, "practitioner": "prac-234567", "statement": 1, "statement_hash": "ab" * 32}
    box.log.append(AuditEvent.CASE_OPENED, **stated)
    box.log.append(AuditEvent.ARMED, **{**stated, "statement": 2}, arming=arming)
    recording = box.film(arming=arming)
    box.log.append(AuditEvent.ERASE_ASKED, ask=ask, practitioner="prac-234567", recordings=1)
    box.log.append(AuditEvent.ERASE_REFUSED, ask=ask, why="withdrawn")
    box.log.append(AuditEvent.RECORDING_OPENED, recording=recording, practitioner="prac-234567", purpose="review")
    return recording


def export(box: AuditBox, target: Path, memories: Memories = Memories(), case: str = "") -> dict[str, bytes]:  # noqa: B008 - frozen
    with target.open("wb") as file:
        write_bundle(file, box.path, box.vault_folder, memories, known_key=box.key.public_hex, case=case)
    with zipfile.ZipFile(target) as made:
        return {name: made.read(name) for name in made.namelist()}


def exported_box(tmp_path: Path) -> Exported:
    """Its log is closed."""
    box = AuditBox(tmp_path / "box")
    films = {case: filmed(box, case, f"ask-{number}") for number, case in enumerate((CASE, OTHER))}
    box.write(3)
    box.log.close()
    bundle = tmp_path / "bundle.zip"
    files = export(box, bundle, Memories((Witness("the catalogue", box.log.head),)))
    return Exported(box, films, files, bundle)
