"""A case that changed hands is taken away whole by its new practitioner, and by nobody else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from capture_box import CaptureBox
from hand_over_visit import at_the_workstation, begin, bring, enrol, fetch, settled, sign_in, take_over
from verify_script import ACCESS, Ending, run_this

from capture import messages as m
from capture.errors import NotFound
from capture.ids import case_code
from capture.messages.exports import ExportKind
from capture.notices.texts import load_notices
from capture.seal.keys import Recipient
from webui.exports import bundle
from webui.exports.case_export import CaseExport
from webui.exports.gather import Asker
from webui.notes import Notes, seal_notes
from webui.service import Service

NOTES = Notes(question="What helps at bedtime?")


def taken_away(box: CaptureBox, who: m.SignedIn, case: str) -> CaseExport:
    return Asker(box.client, who, case_code(case)).export(ExportKind.EVERYTHING, load_notices().all, Service())


@pytest.mark.promise("P10")
def test_what_was_said_to_the_giver_is_in_the_takers_export_and_the_hand_over_too(box: CaptureBox, tmp_path: Path) -> None:
    box.start(held=True)
    box.enrol()
    taker, giver = enrol(box), m.Enrolled(username=box.username, passphrase=box.passphrase, recipient="")
    first = box.sign_in()
    case, *people = box.family()
    notes = seal_notes(NOTES, first.recipients)
    box.client.call(m.KeepNotes(session=box.session, case=case, notes=notes), m.Done)
    box.arm(case, *people)
    film = box.film(1.5)
    before = taken_away(box, first, case)
    packed = begin(box, case, taker.username)
    bring(box, at_the_workstation(box, fetch(box, packed), Recipient.parse(taker.recipient).fingerprint))
    box.username, box.passphrase = taker.username, taker.passphrase
    second = box.sign_in()
    take_over(box, case)
    settled(box)
    after = taken_away(box, second, case)
    assert after.consents == before.consents
    assert (after.people, after.armings, after.notes) == (before.people, before.armings, NOTES)
    assert [one.name for one in after.manifests] == [film]
    assert after.manifests != before.manifests  # it has another header now, and the box signed for that
    events = [json.loads(line)["event"] for line in after.log]
    assert {"consent_given", "hand_over_done", "recording_rewrapped"} <= set(events)
    path = tmp_path / "everything.zip"
    path.write_bytes(b"".join(bundle.stream(bundle.members(after, b""), after.made.ms)))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    assert run_this(ACCESS, path, after.device_key) == Ending(0, "good: all of it holds\n")
    sign_in(box, giver)
    with pytest.raises(NotFound):
        box.client.call(m.BeginExport(session=box.session, case=case, kind=ExportKind.EVERYTHING), m.ExportBegun)
