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
from itertools import zip_longest

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.reading import Reading
from capture.consent.statements import HANDED_OVER, NO_HASH, CaseHandedOver, SignedStatement, Statement
from capture.errors import BoxUnusable, CatalogueBroken, NotFound
from capture.ids import BoxId, CaseCode, PractitionerId
from capture.keyring import Unlocked
from capture.model import Case


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


class Opener:
    """Opens rows with one practitioner's identity, and verifies what was in them by its signer's key. Remembers no row.

    The signer is who the row's clear columns name: whether that is who it should be, is for the reader to see.
    """

    def __init__(self, unlocked: Unlocked, signers: Signers) -> None:
        self._unlocked = unlocked
        self._signers = signers
        self._keys = {unlocked.practitioner: unlocked.public.verify_hex}

    def open(self, row: StatementRow) -> SignedStatement:
        """Raises CatalogueBroken; SignInNeeded once the keyring is wiped."""
        return statements.unseal(row.sealed, self._unlocked)

    def verify(self, row: StatementRow, signed: SignedStatement) -> None:
        """Raises CatalogueBroken."""
        if row.type == HANDED_OVER:
            statements.verify_by_box(signed, self._signers.box)
        else:
            statements.verify(signed, self._key_of(row.practitioner))

    def _key_of(self, practitioner: PractitionerId) -> str:
        if practitioner not in self._keys:
            try:
                self._keys[practitioner] = self._signers.of(practitioner)
            except (NotFound, BoxUnusable):
                raise CatalogueBroken("a statement's signer is not known") from None
        return self._keys[practitioner]


class CaseReader:
    """Reads one case's rows from the first on, each at the place that follows the last; goes on where it stopped when there are
    more. One that raised is spoilt, and not to be used again.

    Where several statements of one signer stand in a row only the last one's signature is checked: it covers its statement, which
    holds the hash of the text and the signature before it, and so on to the first.
    """

    def __init__(self, code: CaseCode, box_id: BoxId) -> None:
        self._code = code
        self._box_id = box_id
        self._reading = Reading()
        self._signed: list[SignedStatement] = []
        self._nonces: set[str] = set()
        self._owner: PractitionerId | None = None
        """Whose case it is by the statements so far."""
        self._last_hash = NO_HASH

    def read(self, rows: Sequence[StatementRow], opener: Opener) -> None:
        """All of `rows`, oldest first. Raises CatalogueBroken naming a place that does not hold, SignInNeeded."""
        for row, following in zip_longest(rows, rows[1:]):
            place = len(self._signed) + 1
            try:
                signed = opener.open(row)
                statement = statements.parse(signed)
                if following is None or HANDED_OVER in {row.type, following.type}:
                    opener.verify(row, signed)
            except CatalogueBroken as error:
                raise CatalogueBroken(f"{self._code}: statement {place}: {error.detail}") from None
            self._take(row, signed, statement, place)

    def history(self, head: CaseHead) -> History:
        """What was read, only if it is all that `head` knows of. Raises CatalogueBroken."""
        if self._owner != head.practitioner:
            raise CatalogueBroken(f"{self._code}: its statements are another practitioner's")
        if (len(self._signed), self._last_hash) != (head.count, head.last_hash):
            raise CatalogueBroken(f"{self._code}: statements are missing at the end")
        return History(head, self._reading.record(self._code).settled(), tuple(self._signed))

    def opening(self) -> Case:
        """What the case is by what was read. Raises CatalogueBroken."""
        return self._reading.record(self._code).case

    def _take(self, row: StatementRow, signed: SignedStatement, found: Statement, place: int) -> None:
        practitioner = self._signer(found)
        said = (found.box_id, found.case, found.practitioner, found.sequence, found.previous, found.nonce, found.type)
        must = (self._box_id, self._code, practitioner, place, self._last_hash, row.nonce, row.type)
        shown = (row.case, row.practitioner, row.sequence)
        if said != must or shown != (self._code, practitioner, place) or found.nonce in self._nonces:
            raise CatalogueBroken(f"{self._code}: statement {place} is not in its place")
        self._nonces.add(found.nonce)
        self._owner = practitioner
        self._last_hash = signed.hash
        self._signed.append(signed)
        self._reading.take(found, self._last_hash)

    def _signer(self, found: Statement) -> PractitionerId | None:
        """Who must have made this one; None where nobody may."""
        match found.content:
            case CaseHandedOver(giver=giver, taker=taker):
                return taker if giver == self._owner else None
            case _:
                return self._owner or found.practitioner


def read_history(rows: Sequence[StatementRow], head: CaseHead, box_id: BoxId, opener: Opener) -> History:
    """All of `rows` (oldest first), or nothing. Raises CatalogueBroken naming a place that does not hold."""
    reader = CaseReader(head.case, box_id)
    reader.read(rows, opener)
    return reader.history(head)


def read_opening(row: StatementRow, box_id: BoxId, opener: Opener) -> Case:
    """The case's first statement alone, for a list. It says nothing of what followed. Raises CatalogueBroken."""
    reader = CaseReader(row.case, box_id)
    reader.read((row,), opener)
    return reader.opening()


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
