"""What may be recorded of a case, who may read it, and that the log knows of it first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyrage
import pytest
from faults import FaultyDisk
from known_notices import UNVERIFIED
from record_box import ADULT, CHILD, DAY_MS, NOON_MS, RecordBox, film

from capture.audit.line import AuditEvent, parse_line
from capture.catalogue import Catalogue
from capture.consent.consent_rules import MAX_PARTICIPANTS, ParticipantForm
from capture.consent.gate import permits
from capture.consent.records import ListedCase
from capture.errors import AuditBroken, BadRequest, CatalogueBroken, ClockUntrusted, NotFound, SignInNeeded, VaultFull
from capture.ids import CaseCode, ParticipantId, new_participant_id
from capture.keyring import Unlocked
from capture.model import Confidence, Decision, ParentalResponsibility, RetentionClass, Role, Scope
from device.disk import SystemDisk

PLANTED = ("Zebulon", "birth certificate of Quintessa", "talk about bedtime")
"""A label, a basis and a note that stand nowhere else."""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecordBox]:
    made = RecordBox(tmp_path, disk=FaultyDisk(SystemDisk()))
    yield made
    made.close()


@pytest.fixture
def unlocked(box: RecordBox) -> Unlocked:
    return box.sign_in()


def test_a_case_reads_back_as_it_was_recorded(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, baby = box.family(unlocked)
    record = box.records.case(unlocked, case)
    assert record.case.code == case
    assert record.participants == (parent, baby)
    assert [(event.participant_id, event.given_by) for event in record.consents] == [
        (parent.participant_id, parent.participant_id),
        (baby.participant_id, parent.participant_id),
    ]


def test_a_case_outlives_a_restart(box: RecordBox, unlocked: Unlocked) -> None:
    case, _, _ = box.family(unlocked)
    before = box.records.case(unlocked, case)
    box.catalogue.close()
    box.open_catalogue()
    assert box.records.case(unlocked, case) == before


def test_only_the_practitioner_who_opened_a_case_reads_or_adds_to_it(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, _ = box.family(unlocked)
    other = box.sign_in()
    with pytest.raises(NotFound):
        box.records.case(other, case)
    with pytest.raises(NotFound):
        box.add(other, case, ADULT)
    with pytest.raises(NotFound):
        box.consent(other, case, film(parent.participant_id, parent.participant_id))
    assert box.records.cases(other) == ((), True)


def test_a_case_that_was_never_opened_is_not_found(box: RecordBox, unlocked: Unlocked) -> None:
    with pytest.raises(NotFound):
        box.records.case(unlocked, CaseCode("VIG-ZZZZ"))


def test_once_signed_out_nothing_is_read_or_written(box: RecordBox, unlocked: Unlocked) -> None:
    case, _, _ = box.family(unlocked)
    unlocked.wipe()
    with pytest.raises(SignInNeeded):
        box.records.case(unlocked, case)
    with pytest.raises(SignInNeeded):
        box.add(unlocked, case, ADULT)


def test_cases_are_listed_newest_first_with_the_time_they_were_opened(box: RecordBox, unlocked: Unlocked) -> None:
    codes = [box.open_case(unlocked) for _ in range(3)]
    first, is_last = box.records.cases(unlocked, limit=2)
    assert first == (ListedCase(codes[2], box.wall), ListedCase(codes[1], box.wall))
    assert not is_last
    assert box.records.cases(unlocked, limit=3)[1]
    assert box.records.cases(unlocked, after=codes[1], limit=2) == ((ListedCase(codes[0], box.wall),), True)


def test_a_case_has_at_most_twelve_people(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    for _ in range(MAX_PARTICIPANTS):
        box.add(unlocked, case, ADULT)
    with pytest.raises(BadRequest) as refused:
        box.add(unlocked, case, ADULT)
    assert refused.value.reasons == ("participants_full",)
    assert len(box.records.case(unlocked, case).participants) == MAX_PARTICIPANTS


def test_somebody_in_the_role_of_a_child_is_a_child(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    with pytest.raises(BadRequest) as refused:
        box.add(unlocked, case, ParticipantForm(label="Child B", role=Role.CHILD, is_child=False))
    assert refused.value.reasons == ("role_contradicts",)


@pytest.mark.promise("P3")
def test_consent_that_the_gate_would_never_count_is_refused_with_its_reason(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    parent, baby = box.add(unlocked, case, ADULT), box.add(unlocked, case, CHILD)
    carer = box.add(unlocked, case, msgspec.structs.replace(ADULT, role=Role.CARER, responsibility=ParentalResponsibility.NONE))
    for person, giver, code in (
        (baby, baby, "giver_not_responsible"),
        (baby, carer, "giver_not_responsible"),
        (parent, carer, "giver_not_self"),
        (carer, baby, "giver_not_self"),
    ):
        with pytest.raises(BadRequest) as refused:
            box.consent(unlocked, case, film(person.participant_id, giver.participant_id))
        assert refused.value.reasons == (code,)
    assert box.records.case(unlocked, case).consents == ()


def test_consent_names_people_of_the_case(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    parent = box.add(unlocked, case, ADULT).participant_id
    stranger = new_participant_id()
    for decision in Decision:
        for person, giver in ((parent, stranger), (stranger, parent)):
            with pytest.raises(NotFound):
                box.consent(unlocked, case, film(person, giver, decision=decision))


def test_a_notice_that_nobody_verified_needs_an_interpreter(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    parent = box.add(unlocked, case, ADULT).participant_id
    with pytest.raises(BadRequest) as refused:
        box.consent(unlocked, case, film(parent, parent, notice=UNVERIFIED))
    assert refused.value.reasons == ("interpreter_needed",)
    box.consent(unlocked, case, film(parent, parent, notice=UNVERIFIED, is_interpreter_used=True))


def test_whoever_records_a_consent_is_told_what_was_recorded(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    parent = box.add(unlocked, case, ADULT).participant_id
    recorded = box.records.record_consent(unlocked, box.recovery, case, film(parent, parent))
    assert box.records.case(unlocked, case).consents == (recorded,)


@pytest.mark.promise("P3")
def test_consent_is_not_given_by_an_untrusted_clock_but_can_be_withdrawn_by_it(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, _ = box.family(unlocked)
    box.set_wall(5, Confidence.NONE)
    with pytest.raises(ClockUntrusted):
        box.consent(unlocked, case, film(parent.participant_id, parent.participant_id))
    box.consent(unlocked, case, film(parent.participant_id, parent.participant_id, decision=Decision.WITHDRAWN))
    box.set_wall(NOON_MS)
    assert _may_film(box, unlocked, case, parent.participant_id) is False


@pytest.mark.promise("P3")
def test_anybody_of_the_case_may_withdraw_for_anybody_even_a_child(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, baby = box.family(unlocked)
    assert _may_film(box, unlocked, case, parent.participant_id, baby.participant_id)
    withdrawal = film(parent.participant_id, baby.participant_id, decision=Decision.WITHDRAWN, notice=UNVERIFIED)
    box.consent(unlocked, case, withdrawal)
    assert not _may_film(box, unlocked, case, parent.participant_id)


def test_consent_lasts_the_days_that_were_said(box: RecordBox, unlocked: Unlocked) -> None:
    case = box.open_case(unlocked)
    parent = box.add(unlocked, case, ADULT).participant_id
    box.consent(unlocked, case, film(parent, parent, valid_days=2))
    assert box.records.case(unlocked, case).consents[0].expires_ms == NOON_MS + 2 * DAY_MS


def _may_film(box: RecordBox, unlocked: Unlocked, case: CaseCode, *present: ParticipantId) -> bool:
    return permits(Scope.FILM, present, box.records.case(unlocked, case), box.wall).is_given


def _plant(box: RecordBox, unlocked: Unlocked) -> CaseCode:
    label, basis, note = PLANTED
    case = box.records.open_case(unlocked, box.recovery, RetentionClass.CLINICAL_RECORD, note.encode()).code
    form = msgspec.structs.replace(ADULT, label=label, basis=basis)
    for _ in range(3):
        person = box.add(unlocked, case, form).participant_id
        box.consent(unlocked, case, film(person, person))
    return case


@pytest.mark.promise("P7")
def test_no_planted_label_basis_or_note_is_found_in_any_byte_of_the_box(box: RecordBox, unlocked: Unlocked) -> None:
    case = _plant(box, unlocked)
    while_open = _all_bytes(box.folder)
    box.catalogue.close()
    closed = _all_bytes(box.folder)
    box.open_catalogue()
    read = box.records.case(unlocked, case)
    assert (read.participants[0].label, read.participants[0].basis, read.case.notes.decode()) == PLANTED
    assert case.encode() in while_open["catalogue.sqlite-wal"]  # the search would find what lies open
    for name, data in (while_open | {f"closed {name}": data for name, data in closed.items()}).items():
        for planted in PLANTED:
            for spelling in (planted.encode(), planted.encode("utf-16-le"), planted.lower().encode()):
                assert spelling not in data, name


@pytest.mark.promise("P10")
def test_the_log_names_every_statement_by_its_hash_and_nobody_by_name(box: RecordBox, unlocked: Unlocked) -> None:
    case = _plant(box, unlocked)
    log = (box.folder / "audit.log").read_bytes()
    assert not any(planted.encode() in log for planted in PLANTED)
    lines = [parse_line(line) for line in log.splitlines(keepends=True)]
    said = [line for line in lines if line.fields.get("case") == case]
    assert [line.event for line in said] == [AuditEvent.CASE_OPENED] + [
        AuditEvent.PARTICIPANT_ADDED,
        AuditEvent.CONSENT_GIVEN,
    ] * 3
    assert [line.fields["statement"] for line in said] == [1, 2, 3, 4, 5, 6, 7]
    head = box.catalogue.head(case)
    assert head is not None
    assert said[-1].fields["statement_hash"] == head.last_hash


@pytest.mark.promise("P10")
def test_what_cannot_be_logged_does_not_happen(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, _ = box.family(unlocked)
    before = box.records.case(unlocked, case)
    assert isinstance(box.disk, FaultyDisk)
    box.disk.fail("write", path_end="audit.log")
    box.disk.fail("write_all", path_end="audit.log")
    box.disk.fail("sync_data", path_end="audit.log")
    for decision in Decision:
        with pytest.raises(AuditBroken):
            box.consent(unlocked, case, film(parent.participant_id, parent.participant_id, decision=decision))
    assert box.records.case(unlocked, case) == before


def test_a_full_catalogue_keeps_what_it_had_and_goes_on_once_there_is_room(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, _ = box.family(unlocked)
    before = box.records.case(unlocked, case)
    (pages,) = box.catalogue.row("PRAGMA page_count") or (0,)
    box.catalogue.row(f"PRAGMA max_page_count = {pages}")  # SQLite's own full disk
    with pytest.raises(VaultFull):
        box.add(unlocked, case, msgspec.structs.replace(ADULT, basis="x" * 30_000))
    assert box.records.case(unlocked, case) == before
    box.catalogue.row("PRAGMA max_page_count = 1000000")
    box.consent(unlocked, case, film(parent.participant_id, parent.participant_id))
    assert len(box.records.case(unlocked, case).consents) == len(before.consents) + 1


def test_two_records_of_one_catalogue_never_write_over_each_other(box: RecordBox, unlocked: Unlocked) -> None:
    case, parent, _ = box.family(unlocked)
    other = Catalogue.open(box.folder / "catalogue.sqlite")
    also = box.records_of(other)
    for records in (box.records, also, box.records):
        records.record_consent(unlocked, box.recovery, case, film(parent.participant_id, parent.participant_id))
    assert len(also.case(unlocked, case).consents) == 5
    other.close()


def test_recovery_alone_can_read_every_statement(box: RecordBox, unlocked: Unlocked) -> None:
    case, _, _ = box.family(unlocked)
    service = pyrage.x25519.Identity.from_str(box.service.encode())
    texts = [pyrage.decrypt(row.sealed, [service]) for row in box.catalogue.statements(case)]
    assert [msgspec.json.decode(text).keys() for text in texts] == [{"text": 0, "signature": 0}.keys()] * 5
    assert b"Adult A" in texts[1]


def _all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_statements_without_a_head_are_called_broken(box: RecordBox, unlocked: Unlocked) -> None:
    case, _, _ = box.family(unlocked)
    box.catalogue.row("PRAGMA foreign_keys = OFF")
    box.catalogue.change("DELETE FROM case_head")
    with pytest.raises(CatalogueBroken):
        box.records.case(unlocked, case)


def test_a_head_without_statements_is_called_broken(box: RecordBox, unlocked: Unlocked) -> None:
    case, _, _ = box.family(unlocked)
    box.catalogue.change("DELETE FROM statement")
    with pytest.raises(CatalogueBroken):
        box.records_of(box.catalogue).case(unlocked, case)
