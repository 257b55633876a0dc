"""Reads a case out of the catalogue and verifies every statement anew. Skips nothing: one that does not hold makes all unreadable.

What is checked of each: its seal opens, its signature holds, it names this box, this case, this practitioner and its own place,
its nonce is its own, it follows the one before, and the row's clear columns say the same. A statement missing at the end is
noticed by the case's head; that the head was put back too, only by the audit log, which names each statement's hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from capture import statements
from capture.case_record import CaseRecord
from capture.catalogue import CaseHead, StatementRow
from capture.errors import CatalogueBroken
from capture.ids import BoxId
from capture.keyring import Unlocked
from capture.model import Arming, Case, Consent, Participant
from capture.statements import NO_HASH, ArmingStated, CaseOpened, ConsentStated, PersonAdded, Statement


@dataclass(frozen=True, slots=True)
class ArmingPlace:
    """A signed arming and the boot in which its boot times count."""

    arming: Arming
    boot_id: str


@dataclass(frozen=True, slots=True)
class History:
    """A whole case, verified: what it says, its armings oldest first, and the head that the next statement follows."""

    head: CaseHead
    record: CaseRecord
    armings: tuple[ArmingPlace, ...]


def read_history(rows: Sequence[StatementRow], head: CaseHead, box_id: BoxId, unlocked: Unlocked) -> History:
    """All of `rows` (oldest first), or nothing. Raises CatalogueBroken naming the first place that does not hold."""
    reading = _Reading()
    previous = NO_HASH
    for place, row in enumerate(rows, start=1):
        statement, previous = _read(row, place, previous, head, box_id, unlocked)
        reading.take(statement)
    if len(rows) != head.count or previous != head.last_hash:
        raise CatalogueBroken(f"{head.case}: statements are missing at the end")
    if reading.case is None:
        raise CatalogueBroken(f"{head.case}: no statement opens it")
    record = CaseRecord(case=reading.case, participants=tuple(reading.participants), consents=tuple(reading.consents))
    return History(head, record, tuple(reading.armings))


def read_opening(row: StatementRow, head: CaseHead, box_id: BoxId, unlocked: Unlocked) -> Case:
    """The case's first statement alone, for a list. It says nothing of what followed. Raises CatalogueBroken."""
    statement, _ = _read(row, 1, NO_HASH, head, box_id, unlocked)
    if not isinstance(statement.content, CaseOpened):
        raise CatalogueBroken(f"{head.case}: no statement opens it")
    return statement.content.case


@dataclass(slots=True)
class _Reading:
    case: Case | None = None
    participants: list[Participant] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    armings: list[ArmingPlace] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    def take(self, statement: Statement) -> None:
        if statement.nonce in self.nonces or (self.case is None) != isinstance(statement.content, CaseOpened):
            raise _broken(statement)
        self.nonces.add(statement.nonce)
        match statement.content:
            case CaseOpened(case=case):
                if case.code != statement.case:
                    raise _broken(statement)
                self.case = case
            case PersonAdded(participant=participant):
                self.participants.append(participant)
            case ConsentStated(consent=consent):
                self.consents.append(consent)
            case ArmingStated(arming=arming):
                if (arming.case, arming.practitioner) != (statement.case, statement.practitioner):
                    raise _broken(statement)
                self.armings.append(ArmingPlace(arming, statement.boot_id))
            case _:
                assert_never(statement.content)


def _read(
    row: StatementRow, place: int, previous: str, head: CaseHead, box_id: BoxId, unlocked: Unlocked
) -> tuple[Statement, str]:
    """One statement at its place, and its hash."""
    try:
        signed = statements.unseal(row.sealed, unlocked)
        statement = statements.verify(signed, unlocked.public.verify_hex)
    except CatalogueBroken as error:
        raise CatalogueBroken(f"{head.case}: statement {place}: {error.detail}") from None
    said = (
        statement.box_id,
        statement.case,
        statement.practitioner,
        statement.sequence,
        statement.previous,
        statement.nonce,
        statement.type,
    )
    expected = (box_id, head.case, unlocked.practitioner, place, previous, row.nonce, row.type)
    shown = (row.case, row.practitioner, row.sequence)
    if said != expected or shown != (head.case, head.practitioner, place) or head.practitioner != unlocked.practitioner:
        raise _broken(statement)
    return statement, signed.hash


def _broken(statement: Statement) -> CatalogueBroken:
    return CatalogueBroken(f"{statement.case}: statement {statement.sequence} is not in its place")
