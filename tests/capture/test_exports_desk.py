"""The desk of exports: pages that fit into a message, in order and whole, of one's own cases alone, each export logged first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from case_exports import recording
from export_desk import DeskBox
from record_box import ADULT, PASSPHRASE

from capture.audit.line import AuditEvent, parse_line
from capture.consent.consent_rules import ParticipantForm
from capture.errors import BadRequest, NotFound, NotNow, SignInNeeded, TooManyAttempts
from capture.messages import (
    MAX_MESSAGE_BYTES,
    AuditExtract,
    BeginExport,
    ListArmings,
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
    ArmMode,
    ParentalResponsibility,
    Purpose,
    Role,
)

LONGEST = "\u4e00" * 40
"""Forty letters of three bytes each: what a label or a witness may be at the most."""


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


def test_every_leave_to_film_comes_with_who_was_present(desk: DeskBox) -> None:
    who = (desk.adult.participant_id, desk.child.participant_id)
    made = [
        desk.box.records.record_arming(desk.unlocked, desk.box.recovery, desk.case, who, mode=ArmMode.FILM, lease_s=60)
        for _ in range(30)
    ]
    assert [one.arming for one in every(desk, ListArmings, "armings")] == made


def test_transfers_come_with_their_roles_and_places(desk: DeskBox) -> None:
    who = (desk.adult.participant_id,)
    made = desk.box.records.record_arming(desk.unlocked, desk.box.recovery, desk.case, who, mode=ArmMode.FILM, lease_s=60)
    desk.consent(1)
    film_of_it = msgspec.structs.replace(recording("rec-2222222222222222"), case=desk.case, visit_id=made.visit_id)
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


@pytest.mark.promise("P3")
def test_a_yes_of_somebody_who_may_not_give_it_any_more_comes_with_what_speaks_against_it(desk: DeskBox) -> None:
    assert {one.against for one in every(desk, ListConsents, "consents")} == {()}
    foster = msgspec.structs.replace(ADULT, responsibility=ParentalResponsibility.NONE)
    desk.box.records.amend_participant(desk.unlocked, desk.box.recovery, desk.case, desk.adult.participant_id, foster)
    told = {one.consent.participant_id: one.against for one in every(desk, ListConsents, "consents")}
    assert told == {desk.adult.participant_id: (), desk.child.participant_id: ("giver_not_responsible",)}


@pytest.mark.promise("P10")
def test_an_export_is_in_the_log_before_it_is_answered(desk: DeskBox) -> None:
    begun = desk.begin(ExportKind.EVERYTHING)
    line = parse_line(desk.lines()[-1])
    assert line.event.value == "exported"
    assert line.fields == {"case": desk.case, "practitioner": desk.unlocked.practitioner, "kind": "subject_access_zip"}
    assert begun.audit_sequence >= line.seq
    assert (begun.now.ms, begun.now.confidence) == (line.wall_ms, line.confidence)


def test_notes_that_were_taken_out_were_there_all_the_same(desk: DeskBox) -> None:
    desk.box.records.keep_notes(desk.unlocked, desk.box.recovery, desk.case, b"sealed")
    desk.box.records.keep_notes(desk.unlocked, desk.box.recovery, desk.case, b"")
    assert desk.begin().has_notes


def test_the_sealed_notes_are_not_in_the_answer_but_that_there_are_any(desk: DeskBox) -> None:
    assert desk.begin().has_notes is False
    desk.box.records.keep_notes(desk.unlocked, desk.box.recovery, desk.case, b"sealed")
    begun = desk.begin()
    assert (begun.case.notes, begun.has_notes) == (b"", True)


def test_whoever_begins_learns_how_many_statements_the_log_knew_of_then(desk: DeskBox) -> None:
    desk.consent(3)
    begun = desk.begin()
    line = parse_line(desk.lines()[-1])
    assert (begun.audit_sequence, begun.audit_head) == (line.head.sequence, line.head.hash)
    before = [one for one in map(parse_line, desk.lines()) if "statement_hash" in one.fields]
    assert begun.statements == len(before) == 8


def test_nothing_is_stated_between_the_case_that_is_told_and_the_line_that_says_so(desk: DeskBox) -> None:
    who = (desk.unlocked, desk.box.recovery, desk.case)
    stating = threading.Thread(target=desk.box.records.state_needs, args=(*who, "large print"))

    def act() -> None:
        stating.start()
        stating.join(0.2)
        assert stating.is_alive()

    history = desk.box.records.while_still(desk.unlocked, desk.case, act)
    stating.join()
    assert desk.box.records.history(desk.unlocked, desk.case).head.count == history.head.count + 1


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


def test_lines_that_name_an_arming_or_a_recording_alone_are_the_cases_too(desk: DeskBox) -> None:
    who = (desk.adult.participant_id, desk.child.participant_id)
    arming = desk.box.records.record_arming(desk.unlocked, desk.box.recovery, desk.case, who, mode=ArmMode.FRAMING, lease_s=60)
    filmed = msgspec.structs.replace(recording("rec-2222222222222222"), case=desk.case)
    desk.desk.recordings.add(filmed)
    desk.box.audit.append(AuditEvent.FRAMING_OPENING, arming=arming.arming_id)
    desk.box.audit.append(AuditEvent.RECORDING_STOPPED, recording=filmed.recording_id)
    desk.box.audit.append(AuditEvent.RECORDING_STOPPED, recording="rec-3333333333333333")
    assert [parse_line(line).event for line in desk.lines()[-2:]] == [AuditEvent.FRAMING_OPENING, AuditEvent.RECORDING_STOPPED]
    assert b"rec-2222222222222222" in desk.lines()[-1]


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
    verbs = (ListPeople, ListConsents, ListArmings, ListTransfers, ListManifests, ListReceipts, AuditExtract)
    for verb in verbs:
        with pytest.raises(NotFound):
            desk.ask(verb(session=token, case=desk.case))
    with pytest.raises(NotFound):
        desk.ask(BeginExport(session=token, case=desk.case, kind=ExportKind.AUDIT))


def test_nobody_is_answered_without_a_session(desk: DeskBox) -> None:
    desk.sessions.end("test")
    for verb in (ListPeople, ListConsents, ListArmings, ListTransfers, ListManifests, ListReceipts, AuditExtract):
        with pytest.raises(SignInNeeded):
            desk.ask(verb(session=desk.token, case=desk.case))


@pytest.mark.promise("P10")
@pytest.mark.parametrize("verb", [ListPeople, ListConsents, ListArmings, ListTransfers, ListManifests, AuditExtract])
def test_without_its_line_in_the_log_no_page_is_answered(desk: DeskBox, verb: type[Verb]) -> None:
    other, *_ = desk.box.family(desk.unlocked)
    with pytest.raises(NotNow):
        desk.ask(verb(session=desk.token, case=other))
    desk.box.clock.run(599)
    desk.ask(verb(session=desk.token, case=desk.case))
    desk.box.clock.run(1)
    with pytest.raises(NotNow):
        desk.ask(verb(session=desk.token, case=desk.case))


def test_what_was_begun_before_somebody_else_signed_in_is_begun_anew(desk: DeskBox) -> None:
    token = desk.sessions.begin(desk.box.keyrings.unlock(desk.unlocked.practitioner, PASSPHRASE)).token
    with pytest.raises(NotNow):
        desk.ask(ListPeople(session=token, case=desk.case))
    desk.ask(BeginExport(session=token, case=desk.case, kind=ExportKind.AUDIT))
    desk.ask(ListPeople(session=token, case=desk.case))


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
