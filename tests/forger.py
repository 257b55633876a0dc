"""Somebody with the box's card in hand, who writes into the catalogue of a running daemon what it should never believe.

Where a forgery needs a practitioner's key it has one: the passphrase was theirs. Puts back what it took.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import msgspec
from capture_box import CaptureBox

from capture.catalogue import Catalogue, StatementRow
from capture.consent import statements
from capture.consent.statements import AnyContent, SignedStatement, Statement
from capture.device_key import DeviceKey
from capture.ids import CaseCode, new_box_id
from capture.keyring import Keyrings, Unlocked
from device.disk import SystemDisk

Rows = list[StatementRow]


def unlock(box: CaptureBox, username: str, passphrase: str) -> Unlocked:
    device_key = DeviceKey.load(box.folder / "device.key")
    return Keyrings(box.folder / "keyrings", box.folder / "recipients", device_key, SystemDisk()).unlock(username, passphrase)


class Forger:
    """At work on one case. `unlocked` is its practitioner's keyring, `other` somebody else's."""

    def __init__(self, box: CaptureBox, case: str, unlocked: Unlocked, other: Unlocked) -> None:
        self._path = box.folder / "catalogue.sqlite"
        self._case = CaseCode(case)
        self.unlocked, self.other = unlocked, other
        self._recipients = (unlocked.public.recipient, box.recovery.recipient)
        with closing(Catalogue.read(self._path)) as catalogue:
            self.rows: Rows = list(catalogue.statements(self._case))
            head = catalogue.head(self._case)
            assert head is not None
            self.last_hash = head.last_hash

    @contextmanager
    def forged(self, forge: Callable[[Forger, Rows], str]) -> Iterator[None]:
        """`forge` changes the rows in place, and says what the head's hash is to be."""
        rows = list(self.rows)
        try:
            self._put(rows, forge(self, rows))
            yield
        finally:
            self._put(self.rows, self.last_hash)

    def signed(self, place: int) -> SignedStatement:
        return statements.unseal(self.rows[place].sealed, self.unlocked)

    def said(self, place: int) -> Statement:
        return statements.parse(self.signed(place))

    def sealed(self, row: StatementRow, signed: SignedStatement) -> StatementRow:
        return replace(row, sealed=statements.seal(signed, self._recipients))

    def _put(self, rows: Rows, last_hash: str) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DELETE FROM statement WHERE case_code = ?", (self._case,))
            for place, row in enumerate(rows, start=1):
                values = (row.case, place, row.type, row.practitioner, row.nonce, row.sealed)
                other.execute("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?)", values)
            head = "UPDATE case_head SET count = ?, last_hash = ? WHERE case_code = ?"
            other.execute(head, (len(rows), last_hash, self._case))
            other.execute("COMMIT")


# --- what never holds ------------------------------------------------------------------------------------------------------


def malformed(forger: Forger, rows: Rows) -> str:
    """No age file at all."""
    rows[-1] = replace(rows[-1], sealed=b"yes to everything")
    return forger.last_hash


def empty(forger: Forger, rows: Rows) -> str:
    """Truly sealed and signed, and says nothing."""
    signed = SignedStatement(text="{}", signature=forger.unlocked.sign(b"vigcam statement v1\0{}").hex())
    rows[-1] = forger.sealed(rows[-1], signed)
    return signed.hash


def unsigned(forger: Forger, rows: Rows) -> str:
    """The words, but no signature."""
    signed = msgspec.structs.replace(forger.signed(-1), signature="0" * 128)
    rows[-1] = forger.sealed(rows[-1], signed)
    return signed.hash


def forged(forger: Forger, rows: Rows) -> str:
    """Signed by another practitioner."""
    signed = statements.make(forger.said(-1), forger.other)
    rows[-1] = forger.sealed(rows[-1], signed)
    return signed.hash


def other_words(forger: Forger, rows: Rows) -> str:
    """A withdrawal turned into a yes under its own signature."""
    signed = forger.signed(-1)
    text = signed.text.replace('"withdrawn"', '"given"')
    assert text != signed.text
    changed = msgspec.structs.replace(signed, text=text)
    rows[-1] = forger.sealed(rows[-1], changed)
    return changed.hash


def replayed(forger: Forger, rows: Rows) -> str:
    """An old yes, said once, put behind the withdrawal."""
    rows.append(replace(rows[-2], nonce=statements.new_nonce()))
    return forger.signed(-2).hash


def reordered(forger: Forger, rows: Rows) -> str:
    """The yes behind the withdrawal that took it back."""
    rows[-1], rows[-2] = rows[-2], rows[-1]
    return forger.signed(-2).hash


def taken_out(forger: Forger, rows: Rows) -> str:
    """One of the middle is gone."""
    del rows[2]
    return forger.last_hash


def of_another_box(forger: Forger, rows: Rows) -> str:
    return said_truly(forger, rows, box_id=new_box_id())


def of_another_case(forger: Forger, rows: Rows) -> str:
    return said_truly(forger, rows, case=CaseCode("VIG-ZZZZ"))


def out_of_its_place(forger: Forger, rows: Rows) -> str:
    return said_truly(forger, rows, sequence=forger.said(-1).sequence + 1)


def after_another(forger: Forger, rows: Rows) -> str:
    return said_truly(forger, rows, previous="1" * 64)


def said_truly(forger: Forger, rows: Rows, **changes: object) -> str:
    """The last statement with these changes, truly signed by the case's practitioner."""
    statement = msgspec.structs.replace(forger.said(-1), **changes)
    signed = statements.make(statement, forger.unlocked)
    rows[-1] = replace(forger.sealed(rows[-1], signed), type=statements.type_of(statement.content))
    return signed.hash


def saying(content: AnyContent) -> Callable[[Forger, Rows], str]:
    """The last statement says something else, truly signed and in its place: only the rules can refuse it."""
    return lambda forger, rows: said_truly(forger, rows, content=content)


NEVER_HOLDS = (
    malformed,
    empty,
    unsigned,
    forged,
    other_words,
    replayed,
    reordered,
    taken_out,
    of_another_box,
    of_another_case,
    out_of_its_place,
    after_another,
)
