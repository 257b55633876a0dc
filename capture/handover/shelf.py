"""Results that were brought back to the box and wait for their taker to sign in. One for each case; opens none, believes none."""

from __future__ import annotations

from dataclasses import dataclass

from capture.catalogue import Catalogue
from capture.errors import NotFound
from capture.handover.result import Result, read_result, write_result
from capture.ids import CaseCode, PractitionerId


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case that waits, as far as anybody can tell without opening it."""

    case: CaseCode
    giver: PractitionerId
    statements: int
    recordings: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """The results that wait, in the catalogue. Thread-safe as that is, and with its errors."""

    catalogue: Catalogue

    def put(self, result: Result) -> None:
        """In the place of one that waited for the same case."""
        self.catalogue.change(
            """INSERT INTO hand_over (case_code, taker, result) VALUES (?, ?, ?)
            ON CONFLICT (case_code) DO UPDATE SET taker = excluded.taker, result = excluded.result""",
            result.case,
            result.taker,
            write_result(result),
        )

    def get(self, case: CaseCode, taker: PractitionerId) -> Result:
        """Raises NotFound if nothing waits, or for somebody else."""
        row = self.catalogue.row("SELECT result FROM hand_over WHERE case_code = ? AND taker = ?", case, taker)
        if row is None:
            raise NotFound(case)
        return read_result(row[0])

    def for_taker(self, taker: PractitionerId) -> tuple[Waiting, ...]:
        """Those that wait for this practitioner."""
        rows = self.catalogue.rows("SELECT result FROM hand_over WHERE taker = ? ORDER BY case_code", taker)
        results = (read_result(row[0]) for row in rows)
        return tuple(Waiting(one.case, one.giver, len(one.statements), len(one.recordings)) for one in results)

    def drop(self, case: CaseCode) -> None:
        """Nothing waits for this case any more."""
        self.catalogue.change("DELETE FROM hand_over WHERE case_code = ?", case)
