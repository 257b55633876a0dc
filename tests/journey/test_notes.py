"""Personal notes on a real daemon: kept only if their practitioner can open them, opened by a key that opens nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from capture_box import CaptureBox

from capture import messages as m
from capture.errors import BadRequest, SealBroken, SignInNeeded, TooManyAttempts, Truncated
from capture.seal.keys import Identity, Recipient
from capture.seal.small import seal_bytes, unseal_with_file_key

pytestmark = [pytest.mark.promise("P6"), pytest.mark.promise("P7")]

HELPING_QUESTION = b"How can Quintessa feel calmer at bedtime?"


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CaptureBox, tuple[Recipient, ...]]]:
    """A box whose practitioner is signed in, and to whom they seal."""
    box = CaptureBox(tmp_path_factory.mktemp("noted") / "box")
    try:
        box.start(held=True)
        box.enrol()
        yield box, tuple(Recipient.parse(text) for text in box.sign_in().recipients)
    finally:
        box.close()


Noted = tuple[CaptureBox, tuple[Recipient, ...]]


def open_case(box: CaptureBox, notes: bytes = b"") -> str:
    return box.client.call(m.OpenCase(session=box.session, notes=notes), m.CaseFound).case.code


def get(box: CaptureBox, case: str) -> m.NotesFound:
    return box.client.call(m.GetNotes(session=box.session, case=case), m.NotesFound)


def test_notes_open_by_the_key_that_comes_with_them_and_reading_them_is_logged(noted: Noted) -> None:
    box, recipients = noted
    case = open_case(box)
    assert get(box, case) == m.NotesFound()
    for text in (HELPING_QUESTION, b"something else"):
        sealed = seal_bytes(text, recipients)
        box.client.call(m.KeepNotes(session=box.session, case=case, notes=sealed), m.Done)
        before = (box.folder / "audit.log").read_text().count("notes_opened")
        found = get(box, case)
        assert found.notes == sealed
        assert unseal_with_file_key(found.notes, found.file_key, found.payload_offset) == text
        assert (box.folder / "audit.log").read_text().count("notes_opened") == before + 1


def test_the_key_of_one_case_s_notes_opens_no_others(noted: Noted) -> None:
    box, recipients = noted
    first, second = (get(box, open_case(box, seal_bytes(text, recipients))) for text in (HELPING_QUESTION, b"of the others"))
    assert first.file_key != second.file_key
    with pytest.raises((SealBroken, Truncated)):
        unseal_with_file_key(second.notes, first.file_key, second.payload_offset)


def test_a_case_shows_that_there_are_notes_and_not_the_notes(noted: Noted) -> None:
    box, recipients = noted
    case = open_case(box, seal_bytes(HELPING_QUESTION, recipients))
    found = box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    assert (found.has_notes, found.case.notes) == (True, b"")


@pytest.mark.parametrize("spoil", ["in clear", "cut", "for somebody else", "forged header"])
def test_notes_that_their_practitioner_could_never_open_are_refused_and_the_old_ones_stay(noted: Noted, spoil: str) -> None:
    box, recipients = noted
    good = seal_bytes(HELPING_QUESTION, recipients)
    bad = {
        "in clear": HELPING_QUESTION,
        "cut": good[:100],
        "for somebody else": seal_bytes(HELPING_QUESTION, [Identity.generate().recipient]),
        "forged header": good.replace(b"--- ", b"--- A", 1),
    }[spoil]
    case = open_case(box, good)
    with pytest.raises(BadRequest):
        box.client.call(m.KeepNotes(session=box.session, case=case, notes=bad), m.Done)
    with pytest.raises(BadRequest):
        open_case(box, bad)
    assert get(box, case).notes == good


def test_no_note_lies_open_on_the_disk(noted: Noted) -> None:
    box, recipients = noted
    case = open_case(box, seal_bytes(HELPING_QUESTION, recipients))
    get(box, case)
    files = [path for path in box.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in (*files, box.log):
        data = path.read_bytes()
        assert HELPING_QUESTION not in data
        assert base64.b64encode(HELPING_QUESTION)[:24] not in data


def test_who_asks_again_and_again_for_notes_fills_no_log(noted: Noted) -> None:
    box, recipients = noted
    case = open_case(box, seal_bytes(b"x", recipients))
    refusals = []
    for _ in range(60):
        try:
            get(box, case)
        except TooManyAttempts as refused:
            refusals.append(refused)
    assert refusals
    assert (box.folder / "audit.log").read_text().count("notes_opened") < 60


def test_once_signed_out_nobody_gets_the_notes(noted: Noted) -> None:
    box, recipients = noted
    case = open_case(box, seal_bytes(HELPING_QUESTION, recipients))
    box.client.call(m.SignOut(session=box.session), m.Done)
    with pytest.raises(SignInNeeded):
        get(box, case)
