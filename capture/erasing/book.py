"""What the catalogue knows of erasures: films whose erasing was begun, what went without its receipt yet, and the receipts.

Touches no film. A film is in the book from before its first byte goes until a receipt says that it is gone, so that whatever
cuts an erasure short, the next start knows what to end and what to vouch for.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from capture.catalogue import Catalogue
from capture.errors import CatalogueBroken
from capture.ids import CaseCode, PractitionerId, RecordingId
from capture.model import ErasedRecording
from capture.recordings import Recordings

_GONE = msgspec.json.Decoder(ErasedRecording)


@dataclass(frozen=True, slots=True)
class Underway:
    """A film whose erasing was begun, with what will not be there to be read any more. `header_hash` is empty where the header
    could not be read. `ask_id` is empty where an older version began it."""

    recording_id: RecordingId
    ask_id: str
    practitioner: PractitionerId
    header_hash: str
    sealed_bytes: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Films of one case that one press erased, and that no receipt names yet."""

    ask_id: str
    case: CaseCode
    practitioner: PractitionerId
    recordings: tuple[ErasedRecording, ...]


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A signed receipt as it lies in the catalogue."""

    erasure_id: str
    case: CaseCode
    practitioner: PractitionerId
    data: bytes


@dataclass(frozen=True, slots=True)
class DueRow:
    """A case that has films on the box. `latest_ms` is the promised moment as the catalogue has it: the case was not opened for
    it, so this proposes and proves nothing."""

    case: CaseCode
    latest_ms: int
    films: int
    not_taken_over: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case, whosever it is, with films or without. `latest_ms` as in DueRow; None while the work goes on."""

    case: CaseCode
    practitioner: PractitionerId
    latest_ms: int | None
    films: int
    not_taken_over: int


@dataclass(frozen=True, slots=True)
class ErasureBook:
    """Thread-safe as the catalogue is, and with its errors."""

    catalogue: Catalogue

    def begin(self, underway: Underway) -> Underway:
        """From here on the film's files may be broken. Begun a second time, it is the new press that counts, but what was read
        before the first byte went stays: returns what the book has now."""
        self.catalogue.change(
            """INSERT INTO erasing (recording_id, ask_id, practitioner, header_hash, sealed_bytes) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (recording_id) DO UPDATE SET ask_id = excluded.ask_id, practitioner = excluded.practitioner""",
            underway.recording_id,
            underway.ask_id,
            underway.practitioner,
            underway.header_hash,
            underway.sealed_bytes,
        )
        [now] = [one for one in self.underway() if one.recording_id == underway.recording_id]
        return now

    def underway(self) -> tuple[Underway, ...]:
        """Those that were begun and not ended."""
        rows = self.catalogue.rows(
            """SELECT recording_id, ask_id, practitioner, header_hash, sealed_bytes FROM erasing
            WHERE gone IS NULL ORDER BY recording_id"""
        )
        return tuple(Underway(*row) for row in rows)

    def end(self, gone: ErasedRecording) -> None:
        """The film's row becomes its tombstone and the book says how it went: both or neither."""

        def also() -> None:
            self.catalogue.change(
                "UPDATE erasing SET gone = ? WHERE recording_id = ?", msgspec.json.encode(gone), gone.recording_id
            )

        Recordings(self.catalogue).mark_erased(gone.recording_id, also)

    def without_receipt(self) -> tuple[Gone, ...]:
        """Everything that went, by press and case. Raises CatalogueBroken."""
        rows = self.catalogue.rows(
            """SELECT erasing.ask_id, recording.case_code, erasing.practitioner, erasing.gone
            FROM erasing JOIN recording ON recording.recording_id = erasing.recording_id
            WHERE erasing.gone IS NOT NULL ORDER BY recording.number"""
        )
        groups: dict[tuple[str, CaseCode, PractitionerId], list[ErasedRecording]] = {}
        try:
            for ask_id, case, practitioner, gone in rows:
                groups.setdefault((ask_id, case, practitioner), []).append(_GONE.decode(gone))
        except msgspec.DecodeError as error:
            raise CatalogueBroken("what is known of an erasure") from error
        return tuple(Gone(*key, tuple(found)) for key, found in groups.items())

    def keep(self, receipt: KeptReceipt, gone: Gone) -> None:
        """Put the receipt down and strike what it names: both or neither."""
        with self.catalogue.transaction():
            self.catalogue.change(
                "INSERT INTO erasure (erasure_id, case_code, practitioner, receipt) VALUES (?, ?, ?, ?)",
                receipt.erasure_id,
                receipt.case,
                receipt.practitioner,
                receipt.data,
            )
            for one in gone.recordings:
                self.catalogue.change("DELETE FROM erasing WHERE recording_id = ?", one.recording_id)

    def receipts(self, case: CaseCode) -> tuple[KeptReceipt, ...]:
        """Of one case, oldest first."""
        rows = self.catalogue.rows(
            "SELECT erasure_id, case_code, practitioner, receipt FROM erasure WHERE case_code = ? ORDER BY number", case
        )
        return tuple(KeptReceipt(*row) for row in rows)

    def due(self, practitioner: PractitionerId, before_ms: int, limit: int) -> tuple[DueRow, ...]:
        """A practitioner's cases with films whose promised moment lies before this one, the most overdue first."""
        rows = self.catalogue.rows(
            """SELECT head.case_code, head.erase_due_ms, count(*), sum(is_transferred = 0)
            FROM case_head AS head JOIN recording ON recording.case_code = head.case_code AND recording.state != 'erased'
            WHERE head.practitioner = ? AND head.erase_due_ms < ?
            GROUP BY head.number ORDER BY head.erase_due_ms, head.number LIMIT ?""",
            practitioner,
            before_ms,
            limit,
        )
        return tuple(DueRow(*row) for row in rows)

    def every_case(self, after: str, limit: int) -> tuple[CaseRow, ...]:
        """All cases by their codes, from the one following `after`."""
        rows = self.catalogue.rows(
            """SELECT head.case_code, head.practitioner, head.erase_due_ms, count(recording_id), total(is_transferred = 0)
            FROM case_head AS head LEFT JOIN recording ON recording.case_code = head.case_code AND recording.state != 'erased'
            WHERE head.case_code > ? GROUP BY head.number ORDER BY head.case_code LIMIT ?""",
            after,
            limit,
        )
        return tuple(CaseRow(case, whose, latest_ms, films, int(alone)) for case, whose, latest_ms, films, alone in rows)
