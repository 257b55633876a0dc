"""The desk of statements: each one byte for byte and by a key that the box vouches for, every wording of the notes, of one's own
cases alone, once an export is in the log."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from export_desk import DeskBox

from capture.audit.line import parse_line
from capture.consent import statements
from capture.consent.history import Opener
from capture.errors import NotFound, NotNow, SignInNeeded
from capture.messages import MAX_MESSAGE_BYTES, BeginExport, ListNotes, ListSigners, ListStatements, Verb, encode
from capture.messages.bases import SealedNote
from capture.messages.exports import ExportKind
from capture.messages.statements import PlacedNotes
from capture.model import RetentionClass
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, unseal_with_file_key
from capture.signers import read_signer

LINE = re.compile(rb'\{"statement":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')
VERBS = (ListStatements, ListSigners, ListNotes)
LONGEST = SealedNote.__metadata__[0].max_length


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskBox]:
    made = DeskBox(tmp_path)
    yield made
    made.box.close()


def keep(desk: DeskBox, words: bytes, identity: Identity | None = None) -> bytes:
    """Notes as the page seals them; or for somebody else."""
    recipient = identity.recipient if identity else desk.unlocked.public.recipient
    sealed = seal_bytes(words, [recipient, desk.box.recovery]) if words else b""
    desk.box.records.keep_notes(desk.unlocked, desk.box.recovery, desk.case, sealed)
    return sealed


def noted(desk: DeskBox) -> list[PlacedNotes]:
    """All wordings, by pages each of which fits into one message."""
    found: list[PlacedNotes] = []
    is_last = False
    while not is_last:
        after = found[-1].sequence if found else 0
        page = desk.ask(ListNotes(session=desk.token, case=desk.case, after=after))
        assert len(encode(page)) <= MAX_MESSAGE_BYTES
        found += page.notes
        is_last = page.is_last
    return found


def read(one: PlacedNotes) -> bytes:
    return unseal_with_file_key(one.notes, one.file_key, one.payload_offset)


def opened_lines(desk: DeskBox) -> list[dict[str, object]]:
    return [dict(line.fields) for line in map(parse_line, desk.lines()) if line.event.value == "notes_opened"]


def test_every_statement_is_told_byte_for_byte_as_it_lies_sealed_in_the_catalogue(desk: DeskBox) -> None:
    desk.consent(120)
    opener = Opener(desk.unlocked, desk.box.signers)
    kept = [opener.open(row) for row in desk.box.catalogue.statements(desk.case)]
    found = [LINE.fullmatch(line) for line in desk.statements()]
    assert [(one[1].decode(), one[2].decode()) for one in found if one] == [(one.text, one.signature) for one in kept]
    assert len(kept) == 125


@pytest.mark.promise("P10")
def test_each_checks_by_the_documented_rule_and_is_the_one_that_the_log_names(desk: DeskBox) -> None:
    desk.consent(3)
    (signer,) = (read_signer(line, desk.box.device_key.public_hex) for line in desk.signers())
    assert (signer.box_id, signer.practitioner) == (desk.box.box_id, desk.unlocked.practitioner)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.key))
    logged = [line.fields for line in map(parse_line, desk.lines()) if "statement_hash" in line.fields]
    last = "0" * 64
    for place, line in enumerate(desk.statements(), start=1):
        found = LINE.fullmatch(line)
        assert found
        key.verify(bytes.fromhex(found[2].decode()), b"vigcam statement v1\0" + found[1])
        said = json.loads(found[1])
        assert (said["sequence"], said["previous"], said["case"]) == (place, last, desk.case)
        signature = bytes.fromhex(found[2].decode())
        last = hashlib.sha256(b"vigcam statement hash v1\0" + found[1] + b"\0" + signature).hexdigest()
        assert (logged[place - 1]["statement"], logged[place - 1]["statement_hash"]) == (place, last)
    assert len(logged) == place


def test_what_was_put_otherwise_later_is_there_as_it_was_before(desk: DeskBox) -> None:
    records, who = desk.box.records, (desk.unlocked, desk.box.recovery, desk.case)
    records.state_needs(*who, "an interpreter for Polish")
    records.state_needs(*who, "large print")
    records.set_retention(*who, RetentionClass.CLINICAL_RECORD)
    records.set_retention(*who, RetentionClass.THERAPEUTIC_TRANSIENT)
    records.end_involvement(*who, desk.box.wall.ms)
    records.end_involvement(*who, None)
    said = [json.loads(line)["statement"]["content"] for line in desk.statements()[-6:]]
    assert [{key: value for key, value in one.items() if key != "type"} for one in said] == [
        {"needs": "an interpreter for Polish"},
        {"needs": "large print"},
        {"retention": "clinical_record"},
        {"retention": "therapeutic_transient"},
        {"ended_ms": desk.box.wall.ms},
        {"ended_ms": None},
    ]


@pytest.mark.promise("P7")
def test_no_statement_tells_a_secret_or_another_family(desk: DeskBox) -> None:
    other, adult, _ = desk.box.family(desk.unlocked)
    secret = keep(desk, b"how Quintessa sleeps")
    told = b"".join([*desk.statements(), *desk.signers()])
    for name in (other, adult.participant_id):
        assert name.encode() not in told
    assert b"Quintessa" not in told
    assert json.loads(desk.statements()[-1])["statement"]["content"]["notes"]
    assert desk.unlocked.export_identity().encode() not in told
    (one,) = noted(desk)
    assert (one.notes, len(one.file_key)) == (secret, 16)
    assert not [spelled for spelled in (one.file_key, one.file_key.hex().encode(), b64encode(one.file_key)) if spelled in told]


def test_the_longest_notes_fit_into_a_message_as_a_statement_and_as_notes(desk: DeskBox) -> None:
    overhead = len(keep(desk, b"w")) - 1
    for _ in range(5):
        assert len(keep(desk, b"w" * (LONGEST - overhead))) == LONGEST
    assert len(desk.statements()) == 11
    assert [len(one.notes) for one in noted(desk)] == [overhead + 1] + [LONGEST] * 5


@pytest.mark.promise("P10")
def test_every_wording_of_the_notes_opens_oldest_first_and_each_page_is_in_the_log(desk: DeskBox) -> None:
    words = [f"wording {number}".encode() for number in range(70)]
    for one in words:
        keep(desk, one)
    found = noted(desk)
    assert [read(one) for one in found] == words
    assert [one.sequence for one in found] == list(range(6, 76))
    assert {(one.stated, one.practitioner) for one in found} == {(desk.box.wall, desk.unlocked.practitioner)}
    ours = {"case": desk.case, "practitioner": desk.unlocked.practitioner}
    assert opened_lines(desk) == [
        {**ours, "wordings": 60, "first": 6, "last": 65},
        {**ours, "wordings": 10, "first": 66, "last": 75},
    ]


def test_notes_that_were_taken_out_are_told_and_nothing_is_logged_where_nothing_opens(desk: DeskBox) -> None:
    assert noted(desk) == []
    keep(desk, b"")
    keep(desk, b"for somebody else", Identity.generate())
    assert [(bool(one.notes), one.file_key) for one in noted(desk)] == [(False, b""), (True, b"")]
    assert opened_lines(desk) == []


def test_notes_that_a_case_was_opened_with_are_its_first_wording(desk: DeskBox) -> None:
    sealed = seal_bytes(b"first", [desk.unlocked.public.recipient])
    desk.case = desk.box.records.open_case(desk.unlocked, desk.box.recovery, RetentionClass.CLINICAL_RECORD, sealed).code
    desk.begin()
    assert [(one.sequence, read(one)) for one in noted(desk)] == [(1, b"first")]


def test_a_page_that_nobody_needs_is_empty_and_the_last(desk: DeskBox) -> None:
    for verb, items in zip(VERBS, ("lines", "lines", "notes"), strict=True):
        page = desk.ask(verb(session=desk.token, case=desk.case, after=2**52))
        assert (getattr(page, items), page.is_last) == ((), True)


@pytest.mark.parametrize("verb", VERBS)
def test_somebody_elses_case_is_not_there(desk: DeskBox, verb: type[Verb]) -> None:
    token = desk.sessions.begin(desk.box.sign_in()).token
    with pytest.raises(NotFound):
        desk.ask(verb(session=token, case=desk.case))


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_is_answered_without_a_session(desk: DeskBox, verb: type[Verb]) -> None:
    desk.sessions.end("test")
    with pytest.raises(SignInNeeded):
        desk.ask(verb(session=desk.token, case=desk.case))


@pytest.mark.promise("P10")
@pytest.mark.parametrize("verb", VERBS)
def test_without_an_export_in_the_log_no_page_is_answered(desk: DeskBox, verb: type[Verb]) -> None:
    other, *_ = desk.box.family(desk.unlocked)
    with pytest.raises(NotNow):
        desk.ask(verb(session=desk.token, case=other))
    desk.ask(BeginExport(session=desk.token, case=other, kind=ExportKind.EVERYTHING))
    desk.ask(verb(session=desk.token, case=other))


def test_the_line_of_a_statement_is_the_text_that_was_signed_and_its_signature(desk: DeskBox) -> None:
    signed = statements.SignedStatement(text='{"said":"Łódź"}', signature="ab" * 64)
    assert signed.line == '{"statement":{"said":"Łódź"},"signature":"'.encode() + b"ab" * 64 + b'"}\n'
