"""A practitioner and a family on a real catalogue, and what they put on record together. Judges nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
from record_box import ADULT, CHILD, RecordBox, film

from capture.consent import statements
from capture.model import ArmMode, Case, Decision, Participant, Recording, RecordingState, Scope
from capture.recordings import Recordings


class Family:
    """A practitioner, a family that may be filmed, and what they may put on record."""

    def __init__(self, folder: Path) -> None:
        self.box = RecordBox(folder)
        self.unlocked = self.box.sign_in()
        self.case, self.parent, self.baby = self.box.family(self.unlocked)
        self.records = self.box.records
        self.who = (self.unlocked, self.box.recovery, self.case)

    def read(self) -> Case:
        """From the catalogue, by records that kept nothing."""
        return self.box.records_of(self.box.catalogue).case(self.unlocked, self.case).case

    def amend(self, person: Participant, **changes: object) -> None:
        form = ADULT if person.label == ADULT.label else CHILD
        self.records.amend_participant(*self.who, person.participant_id, msgspec.structs.replace(form, **changes))

    def filmed(self, *people: Participant, state: RecordingState = RecordingState.SEALED) -> Recording:
        present = tuple(person.participant_id for person in people)
        arming = self.records.record_arming(*self.who, present, mode=ArmMode.FILM, lease_s=60)
        recording = Recording(
            recording_id=statements.new_nonce(),  # type: ignore[arg-type]  # any text of its own will do for the row
            case=self.case,
            visit_id=arming.visit_id,
            practitioner=self.unlocked.practitioner,
            state=state,
            started=self.box.wall,
            boot_id="a" * 32,
            started_boottime_ns=1,
        )
        self.recordings.add(recording)
        return recording

    @property
    def recordings(self) -> Recordings:
        return Recordings(self.box.catalogue)

    def is_locked(self, recording: Recording) -> bool:
        return self.recordings.get(recording.recording_id).is_locked

    def say(self, person: Participant, decision: Decision, scope: Scope = Scope.FILM) -> None:
        self.box.consent(
            self.unlocked, self.case, film(person.participant_id, self.parent.participant_id, decision=decision, scope=scope)
        )
