"""Reads a case out of the catalogue and verifies every statement anew. Skips nothing: one that does not hold spoils all.

What is checked of each: its seal opens, its signature holds, it names this box, this case, this practitioner and its own place,
its nonce is its own, it follows the one before, and the row's clear columns say the same. A statement missing at the end is
noticed by the case's head; that the head was put back too, only by the audit log, which names each statement's hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.statements import NO_HASH, ArmingStated, CaseOpened, ConsentStated, PersonAdded, SignedStatement, Statement
from capture.errors import CatalogueBroken
from capture.ids import BoxId, CaseCode
from capture.keyring import Unlocked
from capture.model import Arming, Case, Consent, Participant


@dataclass(frozen=True, slots=True)
class ArmingPlace:
    """A signed arming and the boot in which its boot times count."""

    arming: Arming
    boot_id: str


@dataclass(frozen=True, slots=True)
class History:
    """A whole case, verified: what it says, its armings oldest first, the head that the next statement follows, and the signed
    statements themselves, so that whoever keeps a history can verify it anew when its keys are locked away."""

    head: CaseHead
    record: CaseRecord
    armings: tuple[ArmingPlace, ...]
    signed: tuple[SignedStatement, ...]


def read_history(rows: Sequence[StatementRow], head: CaseHead, box_id: BoxId, unlocked: Unlocked) -> History:
    """All of `rows` (oldest first), or nothing. Raises CatalogueBroken naming the first place that does not hold."""
    reader = _Reader(head, box_id, unlocked)
    reading = _Reading()
    signed: list[SignedStatement] = []
    for row in rows:
        opened, statement = reader.read(row)
        signed.append(opened)
        reading.take(statement)
    if len(rows) != head.count or reader.last_hash != head.last_hash:
        raise CatalogueBroken(f"{head.case}: statements are missing at the end")
    return History(head, reading.record(head.case), tuple(reading.armings), tuple(signed))


def verify_again(history: History, verify_hex: str) -> None:
    """Return only if every statement of a history kept in RAM still holds by its practitioner's public key, and says what the
    history says. Raises CatalogueBroken."""
    reading = _Reading()
    last_hash = NO_HASH
    for place, signed in enumerate(history.signed, start=1):
        statement = statements.verify(signed, verify_hex)
        if (statement.sequence, statement.previous, statement.case) != (place, last_hash, history.head.case):
            raise CatalogueBroken(f"{history.head.case}: statement {place} is not in its place")
        reading.take(statement)
        last_hash = signed.hash
    said = (reading.record(history.head.case), tuple(reading.armings), last_hash)
    if said != (history.record, history.armings, history.head.last_hash):
        raise CatalogueBroken(f"{history.head.case}: what is kept is not what was signed")


def read_opening(row: StatementRow, head: CaseHead, box_id: BoxId, unlocked: Unlocked) -> Case:
    """The case's first statement alone, for a list. It says nothing of what followed. Raises CatalogueBroken."""
    reading = _Reading()
    reading.take(_Reader(head, box_id, unlocked).read(row)[1])
    return reading.record(head.case).case


class _Reader:
    """Verifies one row after the other, each at the place that follows the last."""

    def __init__(self, head: CaseHead, box_id: BoxId, unlocked: Unlocked) -> None:
        self._head = head
        self._box_id = box_id
        self._unlocked = unlocked
        self._nonces: set[str] = set()
        self._count = 0
        self.last_hash = NO_HASH

    def read(self, row: StatementRow) -> tuple[SignedStatement, Statement]:
        place = self._count + 1
        practitioner = self._unlocked.practitioner
        try:
            signed = statements.unseal(row.sealed, self._unlocked)
            found = statements.verify(signed, self._unlocked.public.verify_hex)
        except CatalogueBroken as error:
            raise CatalogueBroken(f"{self._head.case}: statement {place}: {error.detail}") from None
        said = (found.box_id, found.case, found.practitioner, found.sequence, found.previous, found.nonce, found.type)
        must = (self._box_id, self._head.case, practitioner, place, self.last_hash, row.nonce, row.type)
        shown = (row.case, row.practitioner, row.sequence, self._head.practitioner)
        if said != must or shown != (self._head.case, practitioner, place, practitioner) or found.nonce in self._nonces:
            raise CatalogueBroken(f"{self._head.case}: statement {place} is not in its place")
        self._nonces.add(found.nonce)
        self._count = place
        self.last_hash = signed.hash
        return signed, found


@dataclass(slots=True)
class _Reading:
    """What the statements say, put together."""

    case: Case | None = None
    participants: list[Participant] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    armings: list[ArmingPlace] = field(default_factory=list)

    def record(self, code: CaseCode) -> CaseRecord:
        """Raises CatalogueBroken where nothing opened the case."""
        if self.case is None:
            raise CatalogueBroken(f"{code}: no statement opens it")
        return CaseRecord(case=self.case, participants=tuple(self.participants), consents=tuple(self.consents))

    def take(self, statement: Statement) -> None:
        # the first statement opens the case, and only the first
        if (self.case is None) != isinstance(statement.content, CaseOpened):
            raise _contradiction(statement)
        match statement.content:
            case CaseOpened(case=case):
                if case.code != statement.case:
                    raise _contradiction(statement)
                self.case = case
            case PersonAdded(participant=participant):
                self.participants.append(participant)
            case ConsentStated(consent=consent):
                self.consents.append(consent)
            case ArmingStated(arming=arming):
                if (arming.case, arming.practitioner) != (statement.case, statement.practitioner):
                    raise _contradiction(statement)
                self.armings.append(ArmingPlace(arming, statement.boot_id))
            case _:
                assert_never(statement.content)


def _contradiction(statement: Statement) -> CatalogueBroken:
    return CatalogueBroken(f"{statement.case}: statement {statement.sequence} contradicts the others")
