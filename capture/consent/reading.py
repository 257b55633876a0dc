"""What a case's statements say, put together one after the other. Verifies no signature and judges no consent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

import msgspec

from capture.consent.case_record import ArmingPlace, CaseRecord, ConsentPlace, NotesPlace, Transfer
from capture.consent.statements import (
    ArmingStated,
    CaseHandedOver,
    CaseOpened,
    ConsentStated,
    InvolvementEnded,
    NeedsStated,
    NotesKept,
    PersonAdded,
    PersonAmended,
    PersonRemoved,
    RetentionSet,
    Statement,
    TransferStated,
)
from capture.errors import CatalogueBroken, SealBroken, Truncated
from capture.ids import CaseCode, ParticipantId, PractitionerId
from capture.model import Case, Participant
from capture.seal.header import parse_header


@dataclass(slots=True)
class Reading:
    """Takes statements in their order; `record` is what they say so far."""

    _case: Case | None = None
    _people: list[Participant] = field(default_factory=list)
    _consents: list[ConsentPlace] = field(default_factory=list)
    _armings: list[ArmingPlace] = field(default_factory=list)
    _removed: list[Participant] = field(default_factory=list)
    _transfers: list[Transfer] = field(default_factory=list)
    _noted: list[NotesPlace] = field(default_factory=list)
    _signers: dict[PractitionerId, None] = field(default_factory=dict)

    def record(self, code: CaseCode) -> CaseRecord:
        """Raises CatalogueBroken where nothing opened the case."""
        if self._case is None:
            raise CatalogueBroken(f"{code}: no statement opens it")
        return CaseRecord(
            case=self._case,
            participants=tuple(self._people),
            placed=tuple(self._consents),
            armings=tuple(self._armings),
            removed=tuple(self._removed),
            transfers=tuple(self._transfers),
            noted=tuple(self._noted),
            signers=tuple(self._signers),
        )

    def take(self, statement: Statement, statement_hash: str) -> None:
        """Raises CatalogueBroken for one that cannot follow on those before: the first opens the case, and only the first."""
        if not isinstance(statement.content, CaseHandedOver):
            self._signers.setdefault(statement.practitioner)
        if self._case is None:
            self._open(statement)
            return
        match statement.content:
            case CaseOpened():
                raise _contradiction(statement)
            case RetentionSet(retention=retention):
                self._case = msgspec.structs.replace(self._case, retention=retention)
            case InvolvementEnded(ended_ms=ended_ms):
                self._case = msgspec.structs.replace(self._case, involvement_ended_ms=ended_ms)
            case NotesKept(notes=notes):
                self._case = msgspec.structs.replace(self._case, notes=notes)
                self._note(statement)
            case CaseHandedOver(notes=notes):
                if not _is_same_but_for_header(notes, self._case.notes):
                    raise _contradiction(statement)
                self._case = msgspec.structs.replace(self._case, notes=notes)
                if notes:
                    self._noted[-1] = replace(self._noted[-1], held_in=statement.sequence)
            case NeedsStated(needs=needs):
                self._case = msgspec.structs.replace(self._case, communication_needs=needs)
            case _:
                self._take_event(statement, statement_hash)

    def _take_event(self, statement: Statement, statement_hash: str) -> None:
        match statement.content:
            case PersonAdded(participant=participant):
                self._people.append(participant)
            case PersonAmended(participant=participant):
                self._people[self._place(statement, participant.participant_id)] = participant
            case PersonRemoved(participant_id=participant_id):
                self._removed.append(self._people.pop(self._place(statement, participant_id)))
            case ConsentStated(consent=consent):
                self._consents.append(ConsentPlace(consent, statement.sequence, statement_hash))
            case ArmingStated(arming=arming):
                if (arming.case, arming.practitioner) != (statement.case, statement.practitioner):
                    raise _contradiction(statement)
                self._armings.append(ArmingPlace(arming, statement.boot_id, statement.sequence))
            case TransferStated(recording_id=recording_id, purpose=purpose, recipient=recipient, sealed_hash=sealed_hash):
                self._transfers.append(Transfer(recording_id, purpose, recipient, sealed_hash, statement.sequence))
            case CaseOpened() | RetentionSet() | InvolvementEnded() | NotesKept() | NeedsStated() | CaseHandedOver():
                raise _contradiction(statement)
            case _:
                assert_never(statement.content)

    def _open(self, statement: Statement) -> None:
        match statement.content:
            case CaseOpened(case=case) if case.code == statement.case:
                self._case = case
                if case.notes:
                    self._note(statement)
            case _:
                raise _contradiction(statement)

    def _note(self, statement: Statement) -> None:
        place = statement.sequence
        self._noted.append(NotesPlace(place, statement.wall, statement.practitioner, held_in=place))

    def _place(self, statement: Statement, participant_id: ParticipantId) -> int:
        """Where the one person of that id stands. Raises CatalogueBroken if there is none, or more than one."""
        found = [place for place, person in enumerate(self._people) if person.participant_id == participant_id]
        if len(found) != 1:
            raise _contradiction(statement)
        return found[0]


def _is_same_but_for_header(notes: bytes, before: bytes) -> bool:
    """Whether it is the same sealed notes, for somebody else: whoever hands a case over changes no word in them."""
    if not notes or not before:
        return notes == before
    try:
        return notes[parse_header(notes).length :] == before[parse_header(before).length :]
    except (SealBroken, Truncated):
        return False


def _contradiction(statement: Statement) -> CatalogueBroken:
    return CatalogueBroken(f"{statement.case}: statement {statement.sequence} contradicts the others")
