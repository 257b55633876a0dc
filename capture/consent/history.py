"""A case's statements verified anew: out of the catalogue, or as they were kept. One that does not hold spoils all the others.

What is checked of each: its seal opens, its signature holds, it names this box, this case, its practitioner and its own place,
its nonce is its own, it follows the one before, and the row's clear columns say the same. All are by the practitioner who opened
the case, until the box says that it was handed over: from there on by who took it, and at the end by whose case it is. A
statement missing at the end is noticed by the case's head; that the head was put back too, only by the audit log, which names
each statement's hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.reading import Reading
from capture.consent.statements import HANDED_OVER, NO_HASH, CaseHandedOver, SignedStatement, Statement
from capture.errors import BoxUnusable, CatalogueBroken, NotFound
from capture.ids import BoxId, PractitionerId
from capture.keyring import Unlocked
from capture.model import Case

Open = Callable[[StatementRow], tuple[SignedStatement, Statement]]
"""Opens one row and checks its signature. Raises CatalogueBroken."""


@dataclass(frozen=True, slots=True)
class History:
    """A whole case, verified: what it says, the head that the next statement follows, and the signed statements themselves, so
    that whoever keeps a history can verify it anew when its keys are locked away."""

    head: CaseHead
    record: CaseRecord
    signed: tuple[SignedStatement, ...]


@dataclass(frozen=True, slots=True)
class Signers:
    """By whose keys statements are verified: `box` is the device key's public half in hex, `of` finds a practitioner's, also of
    one who has left. `of` raises NotFound, BoxUnusable."""

    box: str
    of: Callable[[PractitionerId], str]


def opener(unlocked: Unlocked, signers: Signers) -> Open:
    """Opens each row with this practitioner's identity and verifies it by its signer's key; remembers none of what it opened.

    The signer is who the row's clear columns name: whether that is who it should be, is for the caller to see.
    """
    known = {unlocked.practitioner: unlocked.public.verify_hex}

    def key_of(practitioner: PractitionerId) -> str:
        if practitioner not in known:
            try:
                known[practitioner] = signers.of(practitioner)
            except (NotFound, BoxUnusable):
                raise CatalogueBroken("a statement's signer is not known") from None
        return known[practitioner]

    def open_row(row: StatementRow) -> tuple[SignedStatement, Statement]:
        signed = statements.unseal(row.sealed, unlocked)
        if row.type == HANDED_OVER:
            return signed, statements.verify_by_box(signed, signers.box)
        return signed, statements.verify(signed, key_of(row.practitioner))

    return open_row


def read_history(rows: Sequence[StatementRow], head: CaseHead, box_id: BoxId, open_row: Open) -> History:
    """All of `rows` (oldest first), or nothing. Raises CatalogueBroken naming the first place that does not hold."""
    reader = _Reader(head, box_id, open_row)
    reading = Reading()
    signed: list[SignedStatement] = []
    for row in rows:
        opened, statement = reader.read(row)
        signed.append(opened)
        reading.take(statement, opened.hash)
    if reader.owner != head.practitioner:
        raise CatalogueBroken(f"{head.case}: its statements are another practitioner's")
    if len(rows) != head.count or reader.last_hash != head.last_hash:
        raise CatalogueBroken(f"{head.case}: statements are missing at the end")
    return History(head, reading.record(head.case), tuple(signed))


def verify_again(history: History, verify_hex: str) -> None:
    """Return only if a history kept in RAM still is what its practitioner signed, and says what it says. Raises CatalogueBroken.

    The last signature covers its statement, which holds the hash of the text and the signature before it, and so on to the first:
    checking the chain and that one signature checks them all.
    """
    reading = Reading()
    last_hash = NO_HASH
    for place, signed in enumerate(history.signed, start=1):
        is_last = place == len(history.signed)
        statement = statements.verify(signed, verify_hex) if is_last else statements.parse(signed)
        if (statement.sequence, statement.previous, statement.case) != (place, last_hash, history.head.case):
            raise CatalogueBroken(f"{history.head.case}: statement {place} is not in its place")
        last_hash = signed.hash
        reading.take(statement, last_hash)
    # That the case is held nobody signed: the box saw it.
    said = replace(reading.record(history.head.case), is_held=history.record.is_held)
    if (said, last_hash) != (history.record, history.head.last_hash):
        raise CatalogueBroken(f"{history.head.case}: what is kept is not what was signed")


def read_opening(row: StatementRow, head: CaseHead, box_id: BoxId, open_row: Open) -> Case:
    """The case's first statement alone, for a list. It says nothing of what followed. Raises CatalogueBroken."""
    reading = Reading()
    signed, statement = _Reader(head, box_id, open_row).read(row)
    reading.take(statement, signed.hash)
    return reading.record(head.case).case


class _Reader:
    """Verifies one row after the other, each at the place that follows the last."""

    def __init__(self, head: CaseHead, box_id: BoxId, open_row: Open) -> None:
        self._head = head
        self._box_id = box_id
        self._open = open_row
        self._nonces: set[str] = set()
        self._count = 0
        self.owner: PractitionerId | None = None
        """Whose case it is by the statements so far."""
        self.last_hash = NO_HASH

    def read(self, row: StatementRow) -> tuple[SignedStatement, Statement]:
        place = self._count + 1
        try:
            signed, found = self._open(row)
        except CatalogueBroken as error:
            raise CatalogueBroken(f"{self._head.case}: statement {place}: {error.detail}") from None
        practitioner = self._signer(found)
        said = (found.box_id, found.case, found.practitioner, found.sequence, found.previous, found.nonce, found.type)
        must = (self._box_id, self._head.case, practitioner, place, self.last_hash, row.nonce, row.type)
        shown = (row.case, row.practitioner, row.sequence)
        if said != must or shown != (self._head.case, practitioner, place) or found.nonce in self._nonces:
            raise CatalogueBroken(f"{self._head.case}: statement {place} is not in its place")
        self._nonces.add(found.nonce)
        self._count = place
        self.owner = practitioner
        self.last_hash = signed.hash
        return signed, found

    def _signer(self, found: Statement) -> PractitionerId | None:
        """Who must have made this one; None where nobody may."""
        match found.content:
            case CaseHandedOver(giver=giver, taker=taker):
                return taker if giver == self.owner else None
            case _:
                return self.owner or found.practitioner
