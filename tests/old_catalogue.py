"""A catalogue of the first version, as a box made it: every table filled, every state of a recording, statements truly signed in
the words of then. Made by the first step of the schema alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from record_box import RecordBox

from capture import schema
from capture.catalogue import StatementRow
from capture.consent import statements
from capture.consent.case_record import CaseRecord
from capture.consent.statements import NO_HASH, SignedStatement
from capture.ids import CaseCode, VisitId, new_recording_id
from capture.keyring import Unlocked
from capture.model import ArmMode, Confidence, Recording, RecordingState, StopReason, WallTime
from capture.recordings import Recordings

_LATER_WORDS = {"witness", "evidence_by", "communication_needs"}
"""What no statement of the first version says."""
_LATER_COLUMNS = {"is_locked", "erase_due_ms"}
_TABLES = ("meta", "case_head", "statement", "recording")


@dataclass
class OldBox:
    """`box` is a box of now, its catalogue closed; in its place lies the same of the first version."""

    folder: Path
    box: RecordBox = field(init=False)
    unlocked: Unlocked = field(init=False)
    case: CaseCode = field(init=False)
    record: CaseRecord = field(init=False)
    """What the case said before."""
    recordings: tuple[Recording, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.box = RecordBox(self.folder)
        self.unlocked = self.box.sign_in()
        self.case, parent, baby = self.box.family(self.unlocked)
        people = (parent.participant_id, baby.participant_id)
        arming = self.box.records.record_arming(
            self.unlocked, self.box.recovery, self.case, people, mode=ArmMode.FILM, lease_s=60
        )
        self.recordings = tuple(self._recording(state, arming.visit_id) for state in RecordingState)
        for recording in self.recordings:
            Recordings(self.box.catalogue).add(recording)
        self.box.catalogue.set_meta("anchor", "kept")
        self._say_in_old_words()
        self.record = self.box.records_of(self.box.catalogue).case(self.unlocked, self.case)
        self.box.catalogue.close()
        self._make_old()

    @property
    def path(self) -> Path:
        return self.folder / "catalogue.sqlite"

    def _recording(self, state: RecordingState, visit: VisitId) -> Recording:
        return Recording(
            recording_id=new_recording_id(),
            case=self.case,
            visit_id=visit,
            practitioner=self.unlocked.practitioner,
            state=state,
            started=WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER),
            boot_id="a" * 32,
            started_boottime_ns=5,
            stop_reason=None if state is RecordingState.FILMING else StopReason.PRESS,
            marks_ms=(1, 2),
            is_transferred=state is RecordingState.ERASED,
        )

    def _say_in_old_words(self) -> None:
        catalogue, last_hash = self.box.catalogue, NO_HASH
        for row in catalogue.statements(self.case):
            said = _without(json.loads(statements.unseal(row.sealed, self.unlocked).text))
            said["previous"] = last_hash
            signed = self._signed(json.dumps(said, separators=(",", ":")))
            last_hash = signed.hash
            self._put(row, statements.seal(signed, (self.unlocked.public.recipient, self.box.recovery)))
        catalogue.change("UPDATE case_head SET last_hash = ?", last_hash)

    def _signed(self, text: str) -> SignedStatement:
        return SignedStatement(text=text, signature=self.unlocked.sign(b"vigcam statement v1\0" + text.encode()).hex())

    def _put(self, row: StatementRow, sealed: bytes) -> None:
        self.box.catalogue.change(
            "UPDATE statement SET sealed = ? WHERE case_code = ? AND sequence = ?", sealed, row.case, row.sequence
        )

    def _make_old(self) -> None:
        new = self.path.rename(self.folder / "new.sqlite")
        with closing(sqlite3.connect(self.path, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode = WAL")
            schema.upgrade(old, schema.STEPS[:1])
            old.execute("ATTACH ? AS new", (str(new),))
            for table in _TABLES:
                columns = ", ".join(name for (name,) in old.execute(f"SELECT name FROM pragma_table_info('{table}', 'main')"))
                old.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
            old.execute("DETACH new")
        new.unlink()


def _without(said: object) -> dict[str, object]:
    assert isinstance(said, dict)
    return {key: _without(value) if isinstance(value, dict) else value for key, value in said.items() if key not in _LATER_WORDS}
