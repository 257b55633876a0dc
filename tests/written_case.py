"""A family's case as it lies in the catalogue, to be meddled with by hand. Judges nothing."""

from __future__ import annotations

from dataclasses import replace

from record_box import RecordBox

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.history import History, Opener, read_history
from capture.consent.statements import SignedStatement, Statement
from capture.keyring import Unlocked


class Written:
    """A family's case as it lies in the catalogue, and the means to write more by hand."""

    def __init__(self, box: RecordBox) -> None:
        self.box = box
        self.unlocked: Unlocked = box.sign_in()
        self.case, self.parent, self.baby = box.family(self.unlocked)
        self.rows = box.catalogue.statements(self.case)
        head = box.catalogue.head(self.case)
        assert head is not None
        self.head: CaseHead = head

    def read(self, rows: tuple[StatementRow, ...], head: CaseHead | None = None) -> History:
        return read_history(rows, head or self.head, self.box.box_id, Opener(self.unlocked, self.box.signers))

    def statement(self, place: int) -> Statement:
        """The one at this place, from 0, in the open."""
        return statements.verify(self.signed(place), self.unlocked.public.verify_hex)

    def signed(self, place: int) -> SignedStatement:
        return statements.unseal(self.rows[place].sealed, self.unlocked)

    def sealed(self, signed: SignedStatement) -> bytes:
        return statements.seal(signed, (self.unlocked.public.recipient, self.box.recovery))

    def with_last(self, statement: Statement) -> tuple[tuple[StatementRow, ...], CaseHead]:
        """The case with another last statement, truly signed by its practitioner, and a head that fits it."""
        signed = statements.make(statement, self.unlocked)
        row = replace(self.rows[-1], sealed=self.sealed(signed), nonce=statement.nonce, type=statement.type)
        return (*self.rows[:-1], row), replace(self.head, last_hash=signed.hash)
