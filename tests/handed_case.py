"""A case written by hand by several practitioners, with what the box says between them. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from record_box import RecordBox
from written_case import Written

from capture.catalogue import CaseHead, StatementRow
from capture.consent import statements
from capture.consent.history import History, Opener, read_history
from capture.consent.statements import AnyContent, CaseHandedOver, NeedsStated, Statement
from capture.device_key import DeviceKey
from capture.ids import PractitionerId
from capture.keyring import Unlocked


@dataclass(slots=True)
class HandedCase:
    """The family's case of `Written`, every row sealed for `reader`, and longer by each `say` and `hand_over`."""

    box: RecordBox
    reader: Unlocked
    rows: list[StatementRow] = field(default_factory=list)
    head: CaseHead | None = None

    @classmethod
    def begin(cls, box: RecordBox, reader: Unlocked) -> tuple[HandedCase, Unlocked]:
        """The case, and who opened it."""
        written = Written(box)
        made = cls(box, reader, head=written.head)
        for place, row in enumerate(written.rows):
            made.rows.append(replace(row, sealed=statements.seal(written.signed(place), (reader.public.recipient, box.recovery))))
        return made, written.unlocked

    def say(self, content: AnyContent, by: Unlocked, *, named: PractitionerId | None = None) -> None:
        """One more statement, truly signed by this practitioner, and as this one's own unless it is to be `named` another's."""
        statement = self._next(content, named or by.practitioner)
        self._add(statement, statements.make(statement, by))

    def need(self, by: Unlocked) -> None:
        self.say(NeedsStated(needs="large print"), by)

    def hand_over(
        self, giver: Unlocked, taker: Unlocked, *, notes: bytes = b"", key: DeviceKey | None = None, by: Unlocked | None = None
    ) -> None:
        """Signed by the box, unless another key is given."""
        content = CaseHandedOver(giver=giver.practitioner, taker=taker.practitioner, notes=notes)
        statement = self._next(content, (by or taker).practitioner)
        self._add(statement, statements.make_by_box(statement, key or self.box.device_key))

    def put_into_catalogue(self) -> None:
        """The rows as they are now, and the reader as whose case it is."""
        head, change = self.owned_by(self.reader.practitioner), self.box.catalogue.change
        change(
            "UPDATE case_head SET practitioner = ?, count = ?, last_hash = ? WHERE case_code = ?",
            head.practitioner,
            head.count,
            head.last_hash,
            head.case,
        )
        change("DELETE FROM statement WHERE case_code = ?", head.case)
        for row in self.rows:
            change(
                "INSERT INTO statement (case_code, sequence, type, practitioner, nonce, sealed) VALUES (?, ?, ?, ?, ?, ?)",
                row.case,
                row.sequence,
                row.type,
                row.practitioner,
                row.nonce,
                row.sealed,
            )

    def owned_by(self, practitioner: PractitionerId) -> CaseHead:
        assert self.head is not None
        return replace(self.head, practitioner=practitioner)

    def read(self) -> History:
        """As the reader's own case."""
        open_row = Opener(self.reader, self.box.signers)
        return read_history(self.rows, self.owned_by(self.reader.practitioner), self.box.box_id, open_row)

    def _next(self, content: AnyContent, practitioner: PractitionerId) -> Statement:
        assert self.head is not None
        return Statement(
            box_id=self.box.box_id,
            boot_id=self.box.clock.boot_id,
            nonce=statements.new_nonce(),
            case=self.head.case,
            sequence=self.head.count + 1,
            previous=self.head.last_hash,
            boottime_ns=self.box.clock.boottime_ns(),
            wall=self.box.wall,
            practitioner=practitioner,
            content=content,
        )

    def _add(self, statement: Statement, signed: statements.SignedStatement) -> None:
        assert self.head is not None
        self.rows.append(
            StatementRow(
                case=statement.case,
                sequence=statement.sequence,
                type=statement.type,
                practitioner=statement.practitioner,
                nonce=statement.nonce,
                sealed=statements.seal(signed, (self.reader.public.recipient, self.box.recovery)),
            )
        )
        self.head = replace(self.head, count=statement.sequence, last_hash=signed.hash)
