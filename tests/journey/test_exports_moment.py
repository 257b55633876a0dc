"""An export is of one moment, whatever is said while its pages are asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import pytest
from capture_box import CaptureBox
from verify_script import ACCESS, Ending, run_this

from capture import messages as m
from capture.client import CaptureClient
from capture.ids import case_code
from capture.messages.exports import ExportKind
from capture.model import Decision
from capture.notices.texts import load_notices
from webui.exports import bundle
from webui.exports.gather import Asker
from webui.notes import Notes, seal_notes
from webui.service import Service

A = TypeVar("A", bound=m.Answer)


class Interrupted(CaptureClient):
    """The real client in a second window: before each page of an export something more is said in the case."""

    def __init__(self, box: CaptureBox, case: str, adult: str, recipients: tuple[str, ...]) -> None:
        super().__init__(box.folder / "run" / "capture.sock")
        self._box, self._case, self._adult, self._recipients = box, case, adult, recipients
        self.asked: list[str] = []

    def call(self, verb: m.Verb, expected: type[A]) -> A:
        if not isinstance(verb, m.BeginExport):
            self._say()
        self.asked.append(type(verb).__name__)
        return super().call(verb, expected)

    def _say(self) -> None:
        self._box.consent(self._case, self._adult, self._adult, Decision.WITHDRAWN)
        notes = seal_notes(Notes(question=f"question {len(self.asked)}"), self._recipients)
        self._box.client.call(m.KeepNotes(session=self._box.session, case=self._case, notes=notes), m.Done)


@pytest.mark.promise("P10")
def test_what_is_said_while_it_is_made_is_in_the_next_one(box: CaptureBox, tmp_path: Path) -> None:
    box.start(held=True)
    box.enrol()
    who = box.sign_in()
    case, adult, _ = box.family()
    first = seal_notes(Notes(question="first"), who.recipients)
    box.client.call(m.KeepNotes(session=box.session, case=case, notes=first), m.Done)
    client = Interrupted(box, case, adult, who.recipients)
    export = Asker(client, who, case_code(case)).export(ExportKind.EVERYTHING, load_notices().all, Service())
    assert {"ListConsents", "ListStatements", "ListNotes", "AuditExtract"} <= set(client.asked)
    last = json.loads(export.log[-1])
    assert (last["event"], last["seq"]) == ("exported", export.audit_sequence)
    assert [one.consent.decision for one in export.consents] == [Decision.GIVEN] * 4
    assert [one.words for one in export.notes] == [Notes(question="first")]
    assert json.loads(export.statements[-1])["statement"]["content"]["type"] == "notes_kept"
    path = tmp_path / "everything.zip"
    path.write_bytes(b"".join(bundle.stream(bundle.members(export, b""), export.made.ms)))
    assert run_this(ACCESS, path, export.device_key) == Ending(0, "good: all of it holds\n")
    again = Asker(box.client, who, case_code(case)).export(ExportKind.EVERYTHING, load_notices().all, Service())
    assert len(again.statements) > len(export.statements)
