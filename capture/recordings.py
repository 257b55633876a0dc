"""What the catalogue knows of each recording: the clear facts alone, by id. Touches no file of the vault and erases no row.

Rows are kept newest first by the order in which they were added: wall time may go back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from capture.catalogue import Catalogue, Value
from capture.errors import CatalogueBroken, NotFound, NotNow
from capture.ids import CaseCode, PractitionerId, RecordingId, VisitId
from capture.model import Recording, RecordingState, StopReason

_COLUMNS = (
    "recording_id, case_code, visit_id, practitioner, state, started_ms, started_confidence, boot_id, started_boottime_ns,"
    " stop_reason, duration_ms, sealed_bytes, frames_generated, frames_kept, marks_ms, longest_sync_ms, is_transferred, is_locked"
)
_PLACES = ", ".join("?" for _ in _COLUMNS.split(","))

_STEPS = {
    RecordingState.FILMING: {RecordingState.FILMING, RecordingState.SEALED, RecordingState.INTERRUPTED},
    RecordingState.SEALED: {RecordingState.SEALED, RecordingState.ERASED},
    RecordingState.INTERRUPTED: {RecordingState.INTERRUPTED, RecordingState.ERASED},
    RecordingState.ERASED: {RecordingState.ERASED},
}
"""From which state a row may go to which: nothing comes back from erased, and what is being filmed is not erased."""


# Worked out here, by one thread: two that come to it first, and at once, bring the interpreter down.
msgspec.json.Decoder(Recording)


def _nothing() -> None:
    """What follows otherwise."""


_OWED = "recordings.owed_lines"


class Recordings:
    """The recording rows of one catalogue; thread-safe as the catalogue is, and with its errors besides those named here."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(self, recording: Recording) -> None:
        """A new one. Raises CatalogueBroken if the id is taken."""
        self._catalogue.change(f"INSERT INTO recording ({_COLUMNS}) VALUES ({_PLACES})", *_to_row(recording))  # noqa: S608 - constants

    def update(self, recording: Recording) -> None:
        """Put the new facts in the place of the old. Raises NotFound, and NotNow where the state may not go that way."""
        with self._catalogue.transaction():
            self._replace(self.get(recording.recording_id), recording)

    def get(self, recording_id: RecordingId) -> Recording:
        """Raises NotFound."""
        row = self._catalogue.row(f"SELECT {_COLUMNS} FROM recording WHERE recording_id = ?", recording_id)  # noqa: S608 - constants
        if row is None:
            raise NotFound(recording_id)
        return _from_row(row)

    def page(
        self, practitioner: PractitionerId, case: str = "", before: str = "", limit: int = 50
    ) -> tuple[tuple[Recording, ...], bool]:
        """A practitioner's recordings, newest first, of one case or (empty) of all, from the one older than `before` (empty:
        from the newest); and whether this page is the last."""
        # A condition that is not there cannot keep SQLite from the index that fits the others.
        conditions: list[tuple[str, str]] = [("practitioner = ?", practitioner)]
        if case:
            conditions.append(("case_code = ?", case))
        if before:
            conditions.append(("number < (SELECT number FROM recording WHERE recording_id = ?)", before))
        where = " AND ".join(condition for condition, _ in conditions)
        # The planner has no figures of the tables: it would as soon go through all that the practitioner ever filmed.
        index = "recording_by_case" if case else "recording_by_practitioner"
        rows = self._catalogue.rows(
            f"SELECT {_COLUMNS} FROM recording INDEXED BY {index} WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608 - constants
            *(value for _, value in conditions),
            limit + 1,
        )
        return tuple(_from_row(row) for row in rows[:limit]), len(rows) <= limit

    def last(self) -> Recording | None:
        """The newest of all, whoever filmed it."""
        return self._first(f"SELECT {_COLUMNS} FROM recording ORDER BY number DESC LIMIT 1")  # noqa: S608 - constants

    def last_for_case(self, case: CaseCode) -> Recording | None:
        """The newest of one case; None where nothing was filmed yet."""
        return self._first(f"SELECT {_COLUMNS} FROM recording WHERE case_code = ? ORDER BY number DESC LIMIT 1", case)  # noqa: S608 - constants

    def counts_for_cases(self, cases: Sequence[CaseCode]) -> dict[CaseCode, int]:
        """How many of each there are that were not erased; a case without any is not in it."""
        places = ", ".join("?" for _ in cases)
        rows = self._catalogue.rows(
            f"SELECT case_code, count(*) FROM recording WHERE state != 'erased' AND case_code IN ({places}) GROUP BY case_code",  # noqa: S608 - places
            *cases,
        )
        return {CaseCode(code): count for code, count in rows}

    def count_locked(self, case: CaseCode) -> int:
        """How many of a case are there that are only to be erased."""
        row = self._catalogue.row(
            """SELECT count(*) FROM recording INDEXED BY recording_by_case
            WHERE case_code = ? AND is_locked = 1 AND state != 'erased'""",
            case,
        )
        return int(row[0]) if row else 0

    def filming(self) -> tuple[Recording, ...]:
        """Those that say they are being filmed: at start-up, those that a power cut interrupted."""
        rows = self._catalogue.rows(f"SELECT {_COLUMNS} FROM recording WHERE state = 'filming' ORDER BY number")  # noqa: S608 - constants
        return tuple(_from_row(row) for row in rows)

    def present(self) -> tuple[Recording, ...]:
        """All that should lie in the vault: neither erased nor being filmed."""
        rows = self._catalogue.rows(
            f"SELECT {_COLUMNS} FROM recording WHERE state IN ('sealed', 'interrupted') ORDER BY number"  # noqa: S608 - constants
        )
        return tuple(_from_row(row) for row in rows)

    def known(self) -> frozenset[RecordingId]:
        """The ids of all that there is a row of, tombstones too."""
        return frozenset(RecordingId(text) for (text,) in self._catalogue.rows("SELECT recording_id FROM recording"))

    def forget_unfilmed(self, recording_id: RecordingId) -> None:
        """A take that was prepared and then not filmed leaves no row. Raises NotFound, NotNow if it was filmed after all."""
        with self._catalogue.transaction():
            old = self.get(recording_id)
            if old.state is not RecordingState.FILMING:
                raise NotNow(f"{recording_id} is {old.state.value}")
            self._catalogue.change("DELETE FROM recording WHERE recording_id = ?", recording_id)

    def mark_interrupted(self, recording_id: RecordingId) -> Recording:
        """What was being filmed when power or the process was lost. Raises NotFound; NotNow if it was sealed or erased."""
        with self._catalogue.transaction():
            old = self.get(recording_id)
            new = msgspec.structs.replace(old, state=RecordingState.INTERRUPTED, stop_reason=StopReason.INTERRUPTED)
            return self._replace(old, new)

    def owe_line(self, recording_id: RecordingId) -> None:
        """The log could not be told that this one was interrupted: the next start-up tells it."""
        self._note(_OWED, recording_id)

    def owed_lines(self) -> tuple[RecordingId, ...]:
        return self._noted(_OWED)

    def line_paid(self, recording_id: RecordingId) -> None:
        """The log knows of it now."""
        self._strike(_OWED, recording_id)

    def being_erased(self) -> tuple[RecordingId, ...]:
        """Those whose erasing was begun and not ended: their files may be broken."""
        rows = self._catalogue.rows("SELECT recording_id FROM erasing WHERE gone IS NULL ORDER BY recording_id")
        return tuple(RecordingId(text) for (text,) in rows)

    def mark_transferred(self, recording_id: RecordingId) -> Recording:
        """Somebody verifiably holds a copy. Raises NotFound; NotNow while filming and once erased."""
        with self._catalogue.transaction():
            old = self.get(recording_id)
            if old.state not in {RecordingState.SEALED, RecordingState.INTERRUPTED}:
                raise NotNow(f"{recording_id} is {old.state.value}")
            return self._replace(old, msgspec.structs.replace(old, is_transferred=True))

    def mark_erased(self, recording_id: RecordingId, also: Callable[[], None] = _nothing) -> Recording:
        """The footage is gone; the row stays as its tombstone and loses what was found in the film: marks, lengths, counts.
        `also` happens with it or not at all. Raises NotFound; NotNow while filming."""
        with self._catalogue.transaction():
            old = self.get(recording_id)
            tombstone = msgspec.structs.replace(
                old,
                state=RecordingState.ERASED,
                duration_ms=0,
                frames_generated=0,
                frames_kept=0,
                marks_ms=(),
                longest_sync_ms=0.0,
            )
            new = self._replace(old, tombstone)
            also()
            return new

    def hand_over(self, case: CaseCode, taker: PractitionerId) -> None:
        """All of a case, tombstones too, is the taker's from here on. Of what is still there it counts no longer that somebody
        holds a copy: it is the giver who does, and the files are not the same any more. To be called inside a transaction."""
        self._catalogue.change("UPDATE recording SET practitioner = ? WHERE case_code = ?", taker, case)
        self._catalogue.change("UPDATE recording SET is_transferred = 0 WHERE case_code = ? AND state != 'erased'", case)

    def lock_visit(self, case: CaseCode, visit_id: VisitId) -> None:
        """What was filmed on this visit stays shut from here on. Nothing undoes it."""
        self._catalogue.change("UPDATE recording SET is_locked = 1 WHERE case_code = ? AND visit_id = ?", case, visit_id)

    def _noted(self, key: str) -> tuple[RecordingId, ...]:
        return tuple(RecordingId(text) for text in (self._catalogue.meta(key) or "").split())

    def _note(self, key: str, recording_id: RecordingId) -> None:
        with self._catalogue.transaction():
            self._catalogue.set_meta(key, " ".join(dict.fromkeys((*self._noted(key), recording_id))))

    def _strike(self, key: str, recording_id: RecordingId) -> None:
        with self._catalogue.transaction():
            self._catalogue.set_meta(key, " ".join(one for one in self._noted(key) if one != recording_id))

    def _replace(self, old: Recording, new: Recording) -> Recording:
        if new.state not in _STEPS[old.state]:
            raise NotNow(f"{old.recording_id} is {old.state.value}")
        if new.practitioner != old.practitioner:
            raise NotNow(f"{old.recording_id} has changed hands")
        if old.is_locked and not new.is_locked:
            # Whoever brings new facts may have looked before it was locked; and nothing unlocks it.
            new = msgspec.structs.replace(new, is_locked=True)
        self._catalogue.change(
            f"UPDATE recording SET ({_COLUMNS}) = ({_PLACES}) WHERE recording_id = ?",  # noqa: S608 - constants
            *_to_row(new),
            new.recording_id,
        )
        return new

    def _first(self, query: str, *values: Value) -> Recording | None:
        row = self._catalogue.row(query, *values)
        return None if row is None else _from_row(row)


def _to_row(recording: Recording) -> tuple[Value, ...]:
    return (
        recording.recording_id,
        recording.case,
        recording.visit_id,
        recording.practitioner,
        recording.state.value,
        recording.started.ms,
        recording.started.confidence.value,
        recording.boot_id,
        recording.started_boottime_ns,
        recording.stop_reason.value if recording.stop_reason else None,
        recording.duration_ms,
        recording.sealed_bytes,
        recording.frames_generated,
        recording.frames_kept,
        msgspec.json.encode(recording.marks_ms).decode(),
        recording.longest_sync_ms,
        int(recording.is_transferred),
        int(recording.is_locked),
    )


def _from_row(row: tuple[Any, ...]) -> Recording:
    """Parse strictly: a row that somebody damaged raises CatalogueBroken."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    facts = dict(zip(names, row, strict=True))
    try:
        facts["case"] = facts.pop("case_code")
        facts["started"] = {"ms": facts.pop("started_ms"), "confidence": facts.pop("started_confidence")}
        facts["marks_ms"] = msgspec.json.decode(facts["marks_ms"])
        facts["is_transferred"] = facts["is_transferred"] == 1
        facts["is_locked"] = facts["is_locked"] == 1
        return msgspec.convert(facts, Recording)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise CatalogueBroken("a recording's row") from error
