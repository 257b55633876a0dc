"""A case is read whole or not at all: every way of meddling with its statements is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_box import RecordBox, film
from written_case import Written

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.case_record import ArmingPlace
from capture.consent.records import ListedCase
from capture.consent.statements import NO_HASH, ArmingStated, CaseOpened, ConsentStated, PersonAdded, SignedStatement
from capture.errors import CatalogueBroken
from capture.ids import CaseCode, PractitionerId, new_arming_id, new_box_id, new_visit_id
from capture.model import Arming, ArmMode, Decision

pytestmark = pytest.mark.promise("P3")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    box = RecordBox(tmp_path_factory.mktemp("box"))
    yield Written(box)
    box.close()


def test_an_untouched_case_is_read(written: Written) -> None:
    assert len(written.read(written.rows).record.consents) == 2


def test_a_removed_statement_is_noticed_wherever_it_stood(written: Written) -> None:
    for place in range(len(written.rows)):
        with pytest.raises(CatalogueBroken):
            written.read(written.rows[:place] + written.rows[place + 1 :])


def test_a_removed_withdrawal_is_noticed_though_what_remains_would_say_yes(tmp_path: Path) -> None:
    box = RecordBox(tmp_path)
    unlocked = box.sign_in()
    case, parent, _ = box.family(unlocked)
    box.consent(unlocked, case, film(parent.participant_id, parent.participant_id, decision=Decision.WITHDRAWN))
    box.catalogue.change("DELETE FROM statement WHERE sequence = (SELECT max(sequence) FROM statement)")
    with pytest.raises(CatalogueBroken):
        box.records.case(unlocked, case)
    box.close()


def test_an_empty_case_is_not_a_case(written: Written) -> None:
    with pytest.raises(CatalogueBroken):
        written.read(())
    with pytest.raises(CatalogueBroken):
        written.read((), replace(written.head, count=0, last_hash=NO_HASH))


def test_two_statements_that_changed_places_are_noticed(written: Written) -> None:
    first, second, *rest = written.rows
    for rows in ((second, first, *rest), (replace(second, sequence=1), replace(first, sequence=2), *rest)):
        with pytest.raises(CatalogueBroken):
            written.read(rows)


def test_a_statement_said_twice_is_noticed(written: Written) -> None:
    again = replace(written.rows[-1], sequence=len(written.rows) + 1)
    with pytest.raises(CatalogueBroken):
        written.read((*written.rows, again), replace(written.head, count=len(written.rows) + 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda row: replace(row, type="arming_stated"),
        lambda row: replace(row, nonce="f" * 32),
        lambda row: replace(row, case=CaseCode("VIG-ZZZZ")),
        lambda row: replace(row, practitioner=PractitionerId("prac-others")),
        lambda row: replace(row, sequence=row.sequence + 1),
        lambda row: replace(row, sealed=b""),
        lambda row: replace(row, sealed=row.sealed[:-1]),
    ],
)
def test_a_row_that_says_something_else_than_what_was_signed_is_noticed(
    written: Written, change: Callable[[StatementRow], StatementRow]
) -> None:
    for place, row in enumerate(written.rows):
        with pytest.raises(CatalogueBroken):
            written.read((*written.rows[:place], change(row), *written.rows[place + 1 :]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_anywhere_is_noticed(written: Written, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(written.rows) - 1))
    sealed = bytearray(written.rows[place].sealed)
    # the first stanza is the practitioner's own; a bit of the other one's body is caught by the header's MAC
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    row = replace(written.rows[place], sealed=bytes(sealed))
    with pytest.raises(CatalogueBroken):
        written.read((*written.rows[:place], row, *written.rows[place + 1 :]))


def test_a_forged_text_under_an_old_signature_is_noticed_wherever_it_stands(written: Written) -> None:
    for place, row in enumerate(written.rows):
        signed = written.signed(place)
        forged = msgspec.structs.replace(signed, text=signed.text.replace(row.case, "VIG-1111"))  # a code that no case has
        rows = list(written.rows)
        rows[place] = replace(row, sealed=written.sealed(forged))
        with pytest.raises(CatalogueBroken):
            written.read(tuple(rows))


def test_a_statement_forged_in_the_middle_does_not_hold_though_all_behind_it_is_chained_anew(written: Written) -> None:
    forged = [written.signed(place) for place in range(len(written.rows))]
    forged[1] = msgspec.structs.replace(forged[1], text=forged[1].text.replace("Adult A", "Adult Z"))
    for place in range(2, len(forged)):
        text = forged[place].text.replace(written.statement(place).previous, forged[place - 1].hash)
        forged[place] = msgspec.structs.replace(forged[place], text=text)
    rows = tuple(replace(row, sealed=written.sealed(one)) for row, one in zip(written.rows, forged, strict=True))
    with pytest.raises(CatalogueBroken, match=f"statement {len(rows)}: a statement's signature does not hold"):
        written.read(rows, replace(written.head, last_hash=forged[-1].hash))


def test_a_statement_signed_by_somebody_else_is_noticed(written: Written) -> None:
    other = written.box.sign_in()
    place = len(written.rows) - 1
    forged = statements.make(written.statement(place), other)
    rows = (*written.rows[:-1], replace(written.rows[-1], sealed=written.sealed(forged)))
    with pytest.raises(CatalogueBroken, match="signature"):
        written.read(rows, replace(written.head, last_hash=forged.hash))


@pytest.mark.parametrize(
    "changes",
    [
        {"box_id": new_box_id()},
        {"case": CaseCode("VIG-ZZZZ")},
        {"practitioner": PractitionerId("prac-others")},
        {"sequence": 4},
        {"previous": "1" * 64},
    ],
)
def test_a_statement_truly_signed_for_another_place_is_noticed(written: Written, changes: dict[str, str | int]) -> None:
    rows, head = written.with_last(msgspec.structs.replace(written.statement(-1), **changes))
    with pytest.raises(CatalogueBroken, match="place"):
        written.read(rows, head)


def test_a_nonce_used_twice_in_a_case_is_noticed(written: Written) -> None:
    used = written.statement(0).nonce
    rows, head = written.with_last(msgspec.structs.replace(written.statement(-1), nonce=used))
    with pytest.raises(CatalogueBroken, match="place"):
        written.read(rows, head)


def test_a_case_opened_twice_is_noticed(written: Written) -> None:
    opening = written.statement(0).content
    rows, head = written.with_last(msgspec.structs.replace(written.statement(-1), content=opening))
    with pytest.raises(CatalogueBroken, match="contradicts"):
        written.read(rows, head)


def test_an_opening_of_another_case_is_noticed(written: Written) -> None:
    case = written.box.records.case(written.unlocked, written.case).case
    other = CaseOpened(case=msgspec.structs.replace(case, code=CaseCode("VIG-ZZZZ")))
    signed = statements.make(msgspec.structs.replace(written.statement(0), content=other), written.unlocked)
    row = replace(written.rows[0], sealed=written.sealed(signed))
    with pytest.raises(CatalogueBroken, match="contradicts"):
        written.read((row,), replace(written.head, count=1, last_hash=signed.hash))


def arming(written: Written, **changes: str) -> ArmingStated:
    good = Arming(
        arming_id=new_arming_id(),
        visit_id=new_visit_id(),
        case=written.case,
        present=(),
        consents=(),
        practitioner=written.unlocked.practitioner,
        mode=ArmMode.FILM,
        armed_boottime_ns=0,
        lease_end_ns=1,
    )
    return ArmingStated(arming=msgspec.structs.replace(good, **changes))


def test_an_arming_is_read_with_the_boot_in_which_it_was_signed(written: Written) -> None:
    stated = arming(written)
    rows, head = written.with_last(msgspec.structs.replace(written.statement(-1), content=stated))
    placed = ArmingPlace(stated.arming, written.box.clock.boot_id, head.count)
    assert written.read(rows, head).record.armings == (placed,)


@pytest.mark.parametrize("changes", [{"case": "VIG-ZZZZ"}, {"practitioner": "prac-others"}])
def test_an_arming_of_another_case_or_practitioner_is_noticed(written: Written, changes: dict[str, str]) -> None:
    stated = arming(written, **changes)
    rows, head = written.with_last(msgspec.structs.replace(written.statement(-1), content=stated))
    with pytest.raises(CatalogueBroken, match="contradicts"):
        written.read(rows, head)


@pytest.mark.parametrize("harm", [lambda head: replace(head, count=6), lambda head: replace(head, last_hash=NO_HASH)])
def test_a_head_that_fits_only_half_is_noticed(written: Written, harm: Callable[[CaseHead], CaseHead]) -> None:
    with pytest.raises(CatalogueBroken, match="end"):
        written.read(written.rows, harm(written.head))


def test_a_truly_signed_last_statement_in_its_place_is_read(written: Written) -> None:
    """What the four tests above alter is otherwise good: they fail for the reason they name."""
    rows, head = written.with_last(written.statement(-1))
    assert len(written.read(rows, head).record.consents) == 2


def test_a_case_that_nothing_opens_is_no_case(written: Written) -> None:
    first = msgspec.structs.replace(written.statement(0), content=PersonAdded(participant=written.parent))
    signed = statements.make(first, written.unlocked)
    row = replace(written.rows[0], sealed=written.sealed(signed), type=first.type)
    with pytest.raises(CatalogueBroken, match="contradicts"):
        written.read((row,), replace(written.head, count=1, last_hash=signed.hash))


def test_the_head_alone_put_back_is_noticed(written: Written) -> None:
    before = statements.unseal(written.rows[-2].sealed, written.unlocked).hash
    with pytest.raises(CatalogueBroken):
        written.read(written.rows, replace(written.head, count=len(written.rows) - 1, last_hash=before))


def test_an_end_cut_together_with_the_head_differs_from_what_the_log_named_last(written: Written) -> None:
    """Reading cannot notice it, and does not claim to: the log is what remembers."""
    before = written.signed(-2).hash
    cut = replace(written.head, count=len(written.rows) - 1, last_hash=before)
    assert len(written.read(written.rows[:-1], cut).record.consents) == 1
    log = (written.box.folder / "audit.log").read_text()
    assert log.index(before) < log.index(written.head.last_hash)


def test_what_was_refused_never_repeats_what_a_statement_says(written: Written) -> None:
    signed = written.signed(1)
    forged = msgspec.structs.replace(signed, text=signed.text.replace('"role":"parent"', '"role":"Zebulon"'))
    good = statements.make(written.statement(1), written.unlocked)
    resigned = SignedStatement(
        text=forged.text, signature=written.unlocked.sign(b"vigcam statement v1\x00" + forged.text.encode()).hex()
    )
    assert good == signed
    rows = (written.rows[0], replace(written.rows[1], sealed=written.sealed(resigned)), *written.rows[2:])
    with pytest.raises(CatalogueBroken) as refused:
        written.read(rows)
    assert "Zebulon" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_broken_case_stays_in_the_list_and_does_not_hide_the_others(tmp_path: Path) -> None:
    box = RecordBox(tmp_path)
    unlocked = box.sign_in()
    broken, whole = box.open_case(unlocked), box.open_case(unlocked)
    box.catalogue.change("UPDATE statement SET sealed = x'00' WHERE case_code = ?", broken)
    assert box.records.cases(unlocked)[0] == (ListedCase(whole, box.wall), ListedCase(broken, None))
    box.close()


def test_a_statement_is_text_that_anybody_can_read_and_check(written: Written) -> None:
    signed = written.signed(-1)
    said = msgspec.json.decode(signed.text)
    assert said["content"]["type"] == "consent_stated"
    assert (said["box_id"], said["case"], said["sequence"]) == (written.box.box_id, written.case, 5)
    assert isinstance(written.statement(-1).content, ConsentStated)
