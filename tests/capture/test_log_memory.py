"""What the catalogue remembers of the log: a cut waits for a person, a lost statement holds its case, neither is forgotten."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import wait_until
from record_box import ADULT
from remembering_family import Family

from capture.audit.chain import read_chain
from capture.audit.log import AuditEvent
from capture.catalogue import StatementRow
from capture.errors import AuditBroken, CatalogueBroken, VaultFull
from capture.held_cases import HeldCases
from capture.ids import CaseCode
from capture.log_memory import LOG_CUT, LogMemory, remembered_head

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path)
    yield made
    made.disk.heal()
    made.box.close()


def lose_the_last_statement(family: Family) -> None:
    """A withdrawal is logged, and power is cut before the catalogue has it."""
    family.box.catalogue.close()
    before = family.catalogue.read_bytes()
    family.box.open_catalogue()
    family.withdraw()
    family.box.close()
    family.catalogue.write_bytes(before)


def test_each_statement_is_committed_with_where_the_log_stands(family: Family) -> None:
    for _ in range(3):
        family.box.add(family.unlocked, family.case, ADULT)
        assert remembered_head(family.box.catalogue) == family.box.audit.place
        assert family.box.audit.place.head == read_chain(family.log).head


def test_a_start_on_what_was_left_in_order_adds_nothing(family: Family) -> None:
    family.box.close()
    memory = family.start()
    assert memory.fault == ""
    assert (family.count(AuditEvent.LOG_CUT), family.count(AuditEvent.STATEMENT_LOST)) == (0, 0)
    assert family.arm() == ()


def test_a_statement_that_power_took_is_told_and_its_case_held(family: Family) -> None:
    assert family.arm() == ()
    lose_the_last_statement(family)
    family.start()
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    assert family.arm() == ("statement_lost",)
    lost = read_chain(family.log).traces.lost
    assert [(one.case, one.number) for one in lost] == [(family.case, 7)]


def test_a_held_case_is_held_over_restarts_and_told_of_once(family: Family) -> None:
    lose_the_last_statement(family)
    for _ in range(3):
        family.start()
        assert family.arm() == ("statement_lost",)
        family.box.close()
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    family.start()


def test_a_further_statement_ends_the_hold(family: Family) -> None:
    lose_the_last_statement(family)
    family.start()
    family.box.add(family.unlocked, family.case, ADULT)
    assert HeldCases(family.box.catalogue).all() == frozenset()
    assert family.arm() == ()


def test_a_catalogue_put_back_once_more_is_held_once_more(family: Family) -> None:
    lose_the_last_statement(family)
    before = family.catalogue.read_bytes()
    for _ in range(3):
        family.start()
        assert family.arm() == ("statement_lost",)
        family.box.close()
        family.catalogue.write_bytes(before)
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    family.start()


def test_a_statement_in_another_case_ends_no_hold(family: Family) -> None:
    lose_the_last_statement(family)
    family.start()
    family.box.family(family.unlocked)
    assert family.arm() == ("statement_lost",)


def test_a_start_that_is_cut_after_the_hold_tells_of_the_statement_at_the_next(family: Family) -> None:
    lose_the_last_statement(family)
    memory = family.open()
    family.disk.fail("sync_data", errno.EIO, "audit.log")
    with pytest.raises(AuditBroken):
        memory.settle(family.log)
    family.disk.heal()
    family.box.close()
    family.start()
    assert family.count(AuditEvent.STATEMENT_LOST) >= 1
    assert read_chain(family.log).traces.statements[family.case][-1].number == 5
    assert family.arm() == ("statement_lost",)


def test_a_catalogue_put_back_holds_every_case_that_lacks_something(family: Family) -> None:
    other, *_ = family.box.family(family.unlocked)
    family.box.close()
    before = family.catalogue.read_bytes()
    family.start()
    family.withdraw()
    family.box.add(family.unlocked, other, ADULT)
    family.box.add(family.unlocked, other, ADULT)
    new, *_ = family.box.family(family.unlocked)
    family.box.close()
    family.catalogue.write_bytes(before)
    family.start()
    assert HeldCases(family.box.catalogue).all() == {family.case, other}
    assert family.count(AuditEvent.STATEMENT_LOST) == 1 + 2 + 5
    assert new not in {head.case for head in family.box.catalogue.heads(family.unlocked.practitioner, "", 10)}


def test_a_catalogue_that_is_older_than_an_end_in_order_is_told_of_once(family: Family) -> None:
    family.box.close()
    before = family.catalogue.read_bytes()
    memory = family.start()
    family.box.audit.append(AuditEvent.STOPPED)
    memory.close()
    remembered = remembered_head(family.box.catalogue)
    family.box.close()
    family.start()
    assert family.count(AuditEvent.CATALOGUE_BEHIND) == 0
    family.box.close()
    family.catalogue.write_bytes(before)
    for _ in range(2):
        family.start().close()
        family.box.close()
    assert family.count(AuditEvent.CATALOGUE_BEHIND) == 1
    [(_, told)] = read_chain(family.log).traces.behind
    assert remembered is not None
    assert told < remembered.sequence
    family.start()


def test_a_statement_that_the_catalogue_refuses_is_told_at_once_and_holds_nothing(family: Family) -> None:
    box = family.box
    box.catalogue.change("CREATE TRIGGER no BEFORE INSERT ON statement BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(CatalogueBroken):
        family.withdraw()
    box.catalogue.change("DROP TRIGGER no")
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    family.withdraw()
    assert remembered_head(box.catalogue) == box.audit.place
    box.close()
    family.start()
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    assert HeldCases(family.box.catalogue).all() == frozenset()


def test_where_a_lost_statement_cannot_be_told_nothing_later_is_remembered_and_the_next_start_tells(family: Family) -> None:
    box = family.box
    before = remembered_head(box.catalogue)
    head = box.catalogue.head(family.case)
    assert head is not None
    row = StatementRow(family.case, head.count + 1, "consent", family.unlocked.practitioner, "nonce", b"sealed")
    memory = LogMemory(box.catalogue, box.audit, box.clock)

    def refuse() -> None:
        family.disk.fail("sync_data", errno.ENOSPC, "audit.log")
        raise VaultFull

    with pytest.raises(VaultFull):
        memory.enter(row, "ab" * 32, head, event=AuditEvent.CONSENT_WITHDRAWN, ids={}, also=refuse)
    family.disk.heal()
    memory.remember()
    assert remembered_head(box.catalogue) == before
    box.close()
    family.log.write_bytes(b"".join(family.log.read_bytes().splitlines(keepends=True)[:-1]))  # what was never synced
    family.start()
    assert family.count(AuditEvent.STATEMENT_LOST) == 1
    assert family.arm() == ("statement_lost",)


def cut(family: Family, lines: int) -> None:
    family.box.close()
    family.log.write_bytes(b"".join(family.log.read_bytes().splitlines(keepends=True)[:-lines]))


def test_a_cut_log_is_a_fault_until_somebody_has_pressed_for_it(family: Family) -> None:
    cut(family, 2)
    for _ in range(3):
        memory = family.start()
        assert memory.fault == LOG_CUT
        family.box.close()
    assert family.count(AuditEvent.LOG_CUT) == 1
    memory = family.start()
    memory.acknowledge()
    memory.keep()
    wait_until(lambda: memory.fault == "")
    family.box.close()
    assert family.start().fault == ""


def test_a_cut_log_still_tells_of_a_statement_that_is_missing_beside(family: Family) -> None:
    lose_the_last_statement(family)
    lines = family.log.read_bytes().splitlines(keepends=True)
    family.log.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    memory = family.start()
    assert memory.fault == LOG_CUT
    assert family.arm() == ("statement_lost",)


def test_housekeeping_writes_at_most_once_in_a_minute(family: Family) -> None:
    memory = LogMemory(family.box.catalogue, family.box.audit, family.box.clock)
    family.box.audit.append(AuditEvent.PRESS)
    before = remembered_head(family.box.catalogue)
    for _ in range(59):
        family.box.clock.run(1)
        memory.keep()
    assert remembered_head(family.box.catalogue) == before
    family.box.clock.run(1)
    memory.keep()
    wait_until(lambda: remembered_head(family.box.catalogue) == family.box.audit.place)
    before = family.box.audit.place
    family.box.audit.append(AuditEvent.PRESS)
    memory.keep()
    assert remembered_head(family.box.catalogue) == before


def test_the_end_remembers_the_logs_last_line(family: Family) -> None:
    memory = LogMemory(family.box.catalogue, family.box.audit, family.box.clock)
    family.box.audit.append(AuditEvent.STOPPED)
    family.box.audit.close()
    memory.close()
    assert remembered_head(family.box.catalogue) == family.box.audit.place
    assert family.box.audit.place.head == read_chain(family.log).head


def test_a_head_that_was_made_unreadable_starts_nothing(family: Family) -> None:
    family.box.catalogue.set_meta("audit_head", "7 seven 7")
    family.box.close()
    with pytest.raises(CatalogueBroken):
        family.start()
    family.box.catalogue.close()


def test_a_start_that_cannot_store_where_the_log_stands_starts_all_the_same(family: Family) -> None:
    family.box.catalogue.change("CREATE TRIGGER no BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'no room'); END")
    family.box.audit.append(AuditEvent.PRESS)
    before = remembered_head(family.box.catalogue)
    family.box.close()
    family.start()
    assert remembered_head(family.box.catalogue) == before


def test_held_cases_are_kept_in_the_catalogue(family: Family) -> None:
    held = HeldCases(family.box.catalogue)
    held.hold([CaseCode("VIG-7F3K"), CaseCode("VIG-AAAA")])
    held.hold([CaseCode("VIG-7F3K")])
    held.release(CaseCode("VIG-AAAA"))
    held.release(CaseCode("VIG-BBBB"))
    assert HeldCases(family.box.catalogue).all() == {"VIG-7F3K"}


def test_housekeeping_waits_for_no_disk(family: Family) -> None:
    memory = LogMemory(family.box.catalogue, family.box.audit, family.box.clock)
    family.box.audit.append(AuditEvent.PRESS)
    family.box.clock.run(60)
    with family.box.catalogue.transaction():  # nobody else gets at the catalogue meanwhile
        for _ in range(3):
            memory.keep()
    wait_until(lambda: remembered_head(family.box.catalogue) == family.box.audit.place)
