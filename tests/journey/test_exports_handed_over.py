"""A case that changed hands is taken away whole by its new practitioner, and by nobody else."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
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

FIRST_NOTES = Notes(question="What helps at teatime?")
NOTES = Notes(question="What helps at bedtime?")


def taken_away(box: CaptureBox, who: m.SignedIn, case: str) -> CaseExport:
    return Asker(box.client, who, case_code(case)).export(ExportKind.EVERYTHING, load_notices().all, Service())


def handed_over(box: CaptureBox, case: str, taker: m.Enrolled) -> m.SignedIn:
    """By the window and a workstation; the taker is signed in."""
    packed = begin(box, case, taker.username)
    bring(box, at_the_workstation(box, fetch(box, packed), Recipient.parse(taker.recipient).fingerprint))
    box.username, box.passphrase = taker.username, taker.passphrase
    signed_in = box.sign_in()
    take_over(box, case)
    settled(box)
    return signed_in


def checked(folder: Path, export: CaseExport) -> Ending:
    """What whoever gets the ZIP finds."""
    path = folder / "everything.zip"
    path.write_bytes(b"".join(bundle.stream(bundle.members(export, b""), export.made.ms)))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    return run_this(ACCESS, path, export.device_key)


@pytest.mark.promise("P10")
def test_what_was_said_to_the_giver_is_in_the_takers_export_and_the_hand_over_too(box: CaptureBox, tmp_path: Path) -> None:
    box.start(held=True)
    box.enrol()
    taker, giver = enrol(box), m.Enrolled(username=box.username, passphrase=box.passphrase, recipient="")
    first = box.sign_in()
    case, *people = box.family()
    for words in (FIRST_NOTES, NOTES):
        verb = m.KeepNotes(session=box.session, case=case, notes=seal_notes(words, first.recipients))
        box.client.call(verb, m.Done)
    box.arm(case, *people)
    film = box.film(1.5)
    before = taken_away(box, first, case)
    second = handed_over(box, case, taker)
    box.client.call(m.StateNeeds(session=box.session, case=case, communication_needs="large print"), m.Done)
    after = taken_away(box, second, case)
    assert after.consents == before.consents
    assert (after.people, after.armings) == (before.people, before.armings)
    assert [one.words for one in before.notes] == [FIRST_NOTES, NOTES]
    # What the giver wrote last came under a header that the taker opens; what they wrote before that, under no other.
    assert after.notes == (replace(before.notes[0], words=None), before.notes[1])
    assert after.statements[: len(before.statements)] == before.statements
    types = [json.loads(line)["statement"]["content"]["type"] for line in after.statements[len(before.statements) :]]
    assert types == ["case_handed_over", "needs_stated"]
    signers = [json.loads(line)["signer"]["practitioner"] for line in after.signers]
    assert (signers[0], signers) == (giver.username, [giver.username, taker.username])
    assert [one.name for one in after.manifests] == [film]
    assert after.manifests != before.manifests  # it has another header now, and the box signed for that
    events = [json.loads(line)["event"] for line in after.log]
    assert {"consent_given", "hand_over_done", "recording_rewrapped"} <= set(events)
    assert checked(tmp_path, after) == Ending(0, "good: all of it holds\n")
    sign_in(box, giver)
    for verb, fields in ((m.BeginExport, {"kind": ExportKind.EVERYTHING}), (m.ListStatements, {}), (m.ListNotes, {})):
        with pytest.raises(NotFound):
            box.client.call(verb(session=box.session, case=case, **fields), m.Answer)


@pytest.mark.promise("P10")
def test_what_a_practitioner_signed_who_has_left_since_checks_by_their_own_key(box: CaptureBox, tmp_path: Path) -> None:
    box.start(held=True)
    box.enrol()
    taker, giver = enrol(box), box.username
    box.sign_in()
    case, *_ = box.family()
    handed_over(box, case, taker)
    verb = m.RetirePractitioner(setup_code=box.provisioned.setup_code, practitioner=giver)
    box.client.call(verb, m.Done)
    export = taken_away(box, box.sign_in(), case)
    assert [json.loads(line)["signer"]["practitioner"] for line in export.signers] == [giver]
    said = [json.loads(line)["statement"] for line in export.statements]
    assert [one["practitioner"] for one in said] == [giver] * (len(said) - 1) + [taker.username]
    assert checked(tmp_path, export) == Ending(0, "good: all of it holds\n")
