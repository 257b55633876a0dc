"""The desk of exports: pages that fit into a message, in order and whole, of one's own cases alone, each export logged first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from case_exports import recording
from record_box import ADULT, RecordBox, film

from capture.audit.line import AuditEvent, parse_line
from capture.consent.consent_rules import ParticipantForm
from capture.consent.retention import Kept
from capture.desk.exports import ExportDesk
from capture.errors import BadRequest, NotFound, SignInNeeded, TooManyAttempts
from capture.ids import new_erasure_id
from capture.keyring import Unlocked
from capture.messages import (
    MAX_MESSAGE_BYTES,
    AuditExtract,
    BeginExport,
    ListConsents,
    ListManifests,
    ListPeople,
    ListReceipts,
    ListTransfers,
    Verb,
    encode,
)
from capture.messages.exports import ExportKind
from capture.model import (
    Confidence,
    Decision,
    ErasedRecording,
    ErasureMethod,
    ErasureReceipt,
    Purpose,
    Role,
    Scope,
    WallTime,
)
from capture.rate import Rate
from capture.receipts import sign_receipt
from capture.recordings import Recordings
from capture.session import Sessions
from capture.vault import Vault
from device.disk import SystemDisk

LONGEST = "\u4e00" * 40
"""Forty letters of three bytes each: what a label or a witness may be at the most."""


NOW = WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER)


class DeskBox:
    """A desk over a real catalogue and a real log, somebody signed in, and a case of theirs."""

    def __init__(self, folder: Path) -> None:
        self.box = RecordBox(folder)
        (folder / "vault").mkdir()
        self.sessions = Sessions(self.box.clock, 900, begun=lambda _: None, ended=lambda *_: None)
        self.unlocked: Unlocked = self.box.sign_in()
        self.token = self.sessions.begin(self.unlocked).token
        self.case, self.adult, self.child = self.box.family(self.unlocked)
        self.desk = ExportDesk(
            box_id=self.box.box_id,
            sessions=self.sessions,
            records=self.box.records,
            recordings=Recordings(self.box.catalogue),
            catalogue=self.box.catalogue,
            vault=Vault(folder / "vault", SystemDisk()),
            device_key=self.box.device_key,
            audit=self.box.audit,
            kept=Kept(42),
            export_rate=Rate(self.box.clock, 3, 5.0),
        )

    def ask(self, verb: Verb):
        return self.desk.handlers()[type(verb)](verb).answer

    def consent(self, count: int, **changed: object) -> None:
        """The adult says yes and no to supervision in turn."""
        who = self.adult.participant_id
        for number in range(count):
            decision = Decision.WITHDRAWN if number % 2 else Decision.GIVEN
            form = film(who, who, scope=Scope.SUPERVISION, decision=decision)
            self.box.consent(self.unlocked, self.case, msgspec.structs.replace(form, **changed))

    def begin(self, kind: ExportKind = ExportKind.RECEIPT):
        return self.ask(BeginExport(session=self.token, case=self.case, kind=kind))

    def receipt(self, films: int = 1, ask_id: str = "") -> bytes:
        """One that the box signed, as it lies in the catalogue."""
        gone = ErasedRecording(
            recording_id="rec-2222222222222222",
            filmed=NOW,
            filmed_boot_id="a" * 32,
            filmed_boottime_ns=2**60,
            sealed_bytes=2**50,
            header_hash="b" * 64,
            was_transferred=True,
            method=ErasureMethod.HEADER_OVERWRITTEN,
            is_sync_reported=True,
            erased=NOW,
            boot_id="c" * 32,
            boottime_ms=2**50,
            audit_sequence=2**50,
        )
        receipt = ErasureReceipt(
            erasure_id=new_erasure_id(),
            ask_id=ask_id,
            box_id=self.box.box_id,
            case=self.case,
            practitioner=self.unlocked.practitioner,
            recordings=(gone,) * films,
            audit_sequence=1,
            audit_head="d" * 64,
        )
        data = sign_receipt(receipt, self.box.device_key)
        insert = "INSERT INTO erasure (erasure_id, case_code, practitioner, receipt) VALUES (?, ?, ?, ?)"
        self.box.catalogue.change(insert, receipt.erasure_id, self.case, self.unlocked.practitioner, data)
        return data

    def lines(self) -> list[bytes]:
        found: list[bytes] = []
        offset, is_last = 0, False
        while not is_last:
            page = self.ask(AuditExtract(session=self.token, case=self.case, offset=offset))
            assert len(encode(page)) <= MAX_MESSAGE_BYTES
            found += page.lines
            offset, is_last = page.next_offset, page.is_last
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskBox]:
    made = DeskBox(tmp_path)
    yield made
    made.box.close()


def every(desk: DeskBox, verb: type[Verb], items: str) -> list:
    """All pages of a list, each of which fits into one message."""
    found: list = []
    is_last = False
    while not is_last:
        page = desk.ask(verb(session=desk.token, case=desk.case, after=found[-1].sequence if found else 0))
        assert len(encode(page)) <= MAX_MESSAGE_BYTES
        found += getattr(page, items)
        is_last = page.is_last
    return found


def test_every_consent_event_comes_once_in_order_with_the_hash_that_the_log_has(desk: DeskBox) -> None:
    desk.consent(90, witness=LONGEST)
    placed = every(desk, ListConsents, "consents")
    record = desk.box.records.case(desk.unlocked, desk.case)
    assert [one.consent for one in placed] == list(record.consents)
    assert len(placed) == 92
    logged = {line.fields["consent"]: line.fields for line in map(parse_line, desk.lines()) if "consent" in line.fields}
    for one in placed:
        said = logged[one.consent.consent_id]
        assert (said["statement"], said["statement_hash"]) == (one.sequence, one.statement_hash)


def test_people_who_were_removed_are_told_of_too(desk: DeskBox) -> None:
    form = ParticipantForm(label=LONGEST, role=Role.OTHER, is_child=False, basis="\u4e00" * 200)
    for _ in range(30):
        person = desk.box.add(desk.unlocked, desk.case, form)
        desk.box.records.remove_participant(desk.unlocked, desk.box.recovery, desk.case, person.participant_id)
    found: list = []
    is_last = False
    while not is_last:
        page = desk.ask(ListPeople(session=desk.token, case=desk.case, after=len(found)))
        assert len(encode(page)) <= MAX_MESSAGE_BYTES
        found += page.people
        is_last = page.is_last
    assert [one.is_removed for one in found] == [False] * 2 + [True] * 30


def test_transfers_come_with_their_roles_and_places(desk: DeskBox) -> None:
    film_of_it = msgspec.structs.replace(recording("rec-2222222222222222"), case=desk.case)
    for _ in range(3):
        desk.box.records.record_transfer(
            desk.unlocked,
            desk.box.recovery,
            film_of_it,
            purpose=Purpose.SUPERVISION,
            recipient="supervisor",
            sealed_hash="ab" * 32,
        )
    placed = every(desk, ListTransfers, "transfers")
    assert [(one.purpose, one.recipient) for one in placed] == [(Purpose.SUPERVISION, "supervisor")] * 3
    assert [one.sequence for one in placed] == sorted({one.sequence for one in placed})


@pytest.mark.parametrize("films", [1, 50])
def test_the_signed_receipts_come_oldest_first_and_page_by_page(desk: DeskBox, films: int) -> None:
    made = [desk.receipt(films=films) for _ in range(25)]
    found: list = []
    is_last = False
    while not is_last:
        page = desk.ask(ListReceipts(session=desk.token, case=desk.case, after=found[-1].number if found else 0))
        assert len(encode(page)) <= MAX_MESSAGE_BYTES
        found += page.receipts
        is_last = page.is_last
    assert [one.data for one in found] == made


@pytest.mark.promise("P10")
def test_an_export_is_in_the_log_before_it_is_answered(desk: DeskBox) -> None:
    begun = desk.begin(ExportKind.EVERYTHING)
    line = parse_line(desk.lines()[-1])
    assert line.event.value == "exported"
    assert line.fields == {"case": desk.case, "practitioner": desk.unlocked.practitioner, "kind": "subject_access_zip"}
    assert begun.audit_sequence >= line.seq
    assert (begun.now.ms, begun.now.confidence) == (line.wall_ms, line.confidence)


def test_the_sealed_notes_are_not_in_the_answer(desk: DeskBox) -> None:
    assert desk.begin().case.notes == b""
    assert desk.begin().has_notes is False


def test_the_erase_date_is_by_the_services_own_days(desk: DeskBox) -> None:
    assert (desk.begin().kept_days, desk.begin().erase_due_ms) == (42, None)
    ended_ms = desk.box.wall.ms
    desk.box.records.end_involvement(desk.unlocked, desk.box.recovery, desk.case, ended_ms)
    assert desk.begin().erase_due_ms == ended_ms + 42 * 86_400_000


def test_exports_are_slowed_down(desk: DeskBox) -> None:
    for _ in range(3):
        desk.begin()
    with pytest.raises(TooManyAttempts):
        desk.begin()
    desk.box.clock.run(5)
    desk.begin()


def test_the_extract_has_all_lines_about_the_case_and_none_about_another(desk: DeskBox) -> None:
    other, *_ = desk.box.family(desk.unlocked)
    desk.consent(100)
    whole = desk.box.audit.path.read_bytes().splitlines(keepends=True)
    assert desk.lines() == [line for line in whole if desk.case.encode() in line]
    assert not [line for line in desk.lines() if other.encode() in line]


def test_what_was_asked_and_pressed_for_is_found_by_the_receipt(desk: DeskBox) -> None:
    ask, other = "ask-2222222222222222", "ask-3333333333333333"
    for name in (ask, other):
        desk.box.audit.append(AuditEvent.ERASE_ASKED, ask=name, practitioner=desk.unlocked.practitioner, recordings=1)
    assert not [line for line in desk.lines() if b"erase_asked" in line]
    desk.receipt(ask_id=ask)
    assert [parse_line(line).fields["ask"] for line in desk.lines() if b"erase_asked" in line] == [ask]


def test_somebody_elses_case_is_not_there(desk: DeskBox) -> None:
    other = desk.box.sign_in()
    token = desk.sessions.begin(other).token
    verbs = (ListPeople, ListConsents, ListTransfers, ListManifests, ListReceipts, AuditExtract)
    for verb in verbs:
        with pytest.raises(NotFound):
            desk.ask(verb(session=token, case=desk.case))
    with pytest.raises(NotFound):
        desk.ask(BeginExport(session=token, case=desk.case, kind=ExportKind.AUDIT))


def test_nobody_is_answered_without_a_session(desk: DeskBox) -> None:
    desk.sessions.end("test")
    for verb in (ListPeople, ListConsents, ListTransfers, ListManifests, ListReceipts, AuditExtract):
        with pytest.raises(SignInNeeded):
            desk.ask(verb(session=desk.token, case=desk.case))


def test_a_place_in_the_middle_of_a_line_is_refused(desk: DeskBox) -> None:
    with pytest.raises(BadRequest):
        desk.ask(AuditExtract(session=desk.token, case=desk.case, offset=7))
    with pytest.raises(BadRequest):
        desk.ask(AuditExtract(session=desk.token, case=desk.case, offset=2**40))


def test_a_person_is_told_as_they_are_now(desk: DeskBox) -> None:
    form = msgspec.structs.replace(ADULT, evidence_by="social worker")
    desk.box.records.amend_participant(desk.unlocked, desk.box.recovery, desk.case, desk.adult.participant_id, form)
    page = desk.ask(ListPeople(session=desk.token, case=desk.case))
    assert page.people[0].participant.evidence_by == "social worker"
