"""The signed statements of a subject access ZIP: docs/verify_access.py finds one that was changed, moved, left out or forged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from export_desk import DeskBox
from taken_away import EXTRACT, STATEMENTS, Taken, take_away
from verify_script import Ending

from capture.audit.line import AuditEvent, AuditHead, Stamp, make_line, parse_line
from capture.consent.statements import CaseHandedOver, Statement, make_by_box
from capture.errors import CatalogueBroken
from capture.ids import PractitionerId
from capture.model import WallTime


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskBox]:
    """Its case has seven statements, of which the last two say what the family needs."""
    (tmp_path / "box").mkdir()
    made = DeskBox(tmp_path / "box")
    need(made, "large print")
    need(made, "small print")
    yield made
    made.box.close()


@pytest.fixture
def taken(tmp_path: Path, desk: DeskBox) -> Taken:
    return take_away(tmp_path, desk)


def need(desk: DeskBox, words: str) -> None:
    desk.box.records.state_needs(desk.unlocked, desk.box.recovery, desk.case, words)


def test_a_statement_that_was_changed_or_moved_is_not_the_one_that_the_log_names(taken: Taken) -> None:
    first, second, *rest = taken.lines(STATEMENTS)
    changed = taken.files[STATEMENTS].replace(b"large print", b"loud voice!")
    for data, place in ((changed, 6), (b"".join([second, first, *rest]), 1), (b"".join([first, *rest]), 2)):
        ending = taken.run(taken.listed(STATEMENTS, data), taken.key)
        assert ending == Ending(3, f"{STATEMENTS}: line {place}: it is not the one that the log names\n")
    assert (
        taken.run(taken.listed(STATEMENTS, b"x\n"), taken.key).words == f"{STATEMENTS}: line 1: it is not in its one spelling\n"
    )


def test_statements_that_were_left_out_at_the_end_are_missed(taken: Taken) -> None:
    *kept, _, _ = taken.lines(STATEMENTS)
    ending = taken.run(taken.listed(STATEMENTS, b"".join(kept)), taken.key)
    assert ending == Ending(3, f"{STATEMENTS}: the log names a statement 6 that is not here\n")


def test_a_statement_is_missed_unless_the_log_calls_it_lost(taken: Taken) -> None:
    log = taken.lines(EXTRACT)
    last = parse_line(log[-1])
    stamp = Stamp(last.boot, last.boottime_ms, WallTime(ms=last.wall_ms, confidence=last.confidence))
    for number, event in enumerate((AuditEvent.NEEDS_STATED, AuditEvent.STATEMENT_LOST)):
        fields: dict[str, str | int] = {"case": last.fields["case"], "statement": 7, "statement_hash": "ab" * 32}
        log.append(make_line(taken.box.device_key, AuditHead(last.seq + number, "0" * 64), stamp, event, fields).encode())
    missed = taken.run(taken.listed(EXTRACT, b"".join(log[:-1])), taken.key)
    assert missed == Ending(3, f"{STATEMENTS}: the log names a statement 7 that is not here\n")
    assert taken.run(taken.listed(EXTRACT, b"".join(log)), taken.key).code == 0


def test_whoever_has_the_boxs_own_key_can_say_nothing_in_a_practitioners_name(taken: Taken) -> None:
    lines = taken.lines(STATEMENTS)
    lines[5] = lines[5].replace(b"large print", b"loud voice!")
    forged = taken.listed(STATEMENTS, b"".join(lines), audit_extract=taken.logged(6, lines[5]))
    assert taken.run(forged, taken.key) == Ending(3, f"{STATEMENTS}: line 6: its signature does not hold\n")


def test_a_statement_that_was_truly_signed_but_at_another_place_does_not_follow(taken: Taken) -> None:
    lines = taken.lines(STATEMENTS)
    lines[6] = lines[5]
    forged = taken.listed(STATEMENTS, b"".join(lines), audit_extract=taken.logged(7, lines[6]))
    assert taken.run(forged, taken.key) == Ending(3, f"{STATEMENTS}: line 7: it does not follow on the one before\n")


def test_that_a_case_changed_hands_only_the_box_can_say(taken: Taken) -> None:
    *kept, last = taken.lines(STATEMENTS)
    said = msgspec.json.decode(msgspec.json.encode(json.loads(last)["statement"]), type=Statement)
    handed = CaseHandedOver(giver=said.practitioner, taker=PractitionerId("prac-222222"))
    by_box = make_by_box(msgspec.structs.replace(said, content=handed), taken.box.device_key)
    for signed, code in ((by_box, 0), (msgspec.structs.replace(by_box, signature=json.loads(last)["signature"]), 3)):
        forged = taken.listed(STATEMENTS, b"".join([*kept, signed.line]), audit_extract=taken.logged(7, signed.line))
        assert taken.run(forged, taken.key).code == code
    assert taken.run(forged, taken.key).words == f"{STATEMENTS}: line 7: its signature does not hold\n"


def test_a_statement_by_somebody_for_whom_the_box_does_not_vouch_is_named(taken: Taken) -> None:
    ending = taken.run(taken.listed("signers.jsonl", b""), taken.key)
    assert ending == Ending(3, f"{STATEMENTS}: line 1: signers.jsonl does not know who signed it\n")


def test_a_statement_that_the_catalogue_really_lost_is_not_missed_nor_is_the_one_in_its_place(
    tmp_path: Path, desk: DeskBox
) -> None:
    catalogue = desk.box.catalogue
    catalogue.change("CREATE TRIGGER full BEFORE INSERT ON statement BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(CatalogueBroken):
        need(desk, "lost")
    catalogue.change("DROP TRIGGER full")
    need(desk, "said again")
    taken = take_away(tmp_path, desk)
    told = [parse_line(line) for line in taken.lines(EXTRACT)]
    assert [line.event for line in told if line.fields.get("statement") == 8] == [
        AuditEvent.NEEDS_STATED,
        AuditEvent.STATEMENT_LOST,
        AuditEvent.NEEDS_STATED,
    ]
    assert taken.run({}, taken.key) == Ending(0, "good: all of it holds\n")
