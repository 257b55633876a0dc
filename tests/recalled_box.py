"""A box with a family, its log and the catalogue that remembers the log; and what `vigcam audit` says of it. No daemon runs."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from record_box import RecordBox

from capture.audit.log import AuditEvent
from capture.audit.verify import AuditReport, Verdict, verify_log
from capture.cli.audit import audit
from capture.keyring import Unlocked
from capture.log_memory import LogMemory
from capture.recall import recall


class RecalledBox:
    """A box with a family, its log and its catalogue."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.catalogue = folder, folder / "audit.log", folder / "catalogue.sqlite"
        (folder / "vault").mkdir()
        self.box = RecordBox(folder)
        self.box.audit.append(AuditEvent.BOX_PROVISIONED, box=self.box.box_id)
        self.box.audit.append(AuditEvent.STARTED)
        self.unlocked: Unlocked = self.box.sign_in()
        self.case, *_ = self.box.family(self.unlocked)

    def stop(self) -> None:
        self.box.audit.append(AuditEvent.STOPPED)
        self.box.audit.close()
        LogMemory(self.box.catalogue, self.box.audit, self.box.clock).close()
        self.box.catalogue.close()

    def verify(self) -> AuditReport:
        key = self.box.device_key.public_hex
        return verify_log(self.log, self.folder / "vault", known_key=key, recall=lambda: recall(self.folder, key))

    def found(self) -> list[tuple[str, str]]:
        report = self.verify()
        assert report.verdict is (Verdict.DAMAGED if report.findings else Verdict.GOOD)
        return [(one.where, one.what) for one in report.findings]

    def cut(self, lines: int) -> None:
        self.log.write_bytes(b"".join(self.log.read_bytes().splitlines(keepends=True)[:-lines]))


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(audit, [str(word) for word in words])
    return done.exit_code, done.output
