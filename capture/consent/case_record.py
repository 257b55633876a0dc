"""One case as read and verified: its facts, its people, its consent events and armings, oldest first. Reads and judges nothing.

Order is that of signing, told by each statement's place in the case; what wall clocks said decides nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from capture.ids import ParticipantId, PractitionerId, RecordingId, VisitId
from capture.model import Arming, Case, Consent, Decision, Participant, Purpose, Scope, WallTime


@dataclass(frozen=True, slots=True)
class ConsentPlace:
    """A consent event, where in the case it was signed, and the hash by which the log knows it."""

    consent: Consent
    sequence: int
    statement_hash: str = ""


@dataclass(frozen=True, slots=True)
class ArmingPlace:
    """A signed arming, the boot in which its boot times count, and where in the case it was signed."""

    arming: Arming
    boot_id: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """One recording that was handed on, and where in the case that was signed."""

    recording_id: RecordingId
    purpose: Purpose
    recipient: str
    sealed_hash: str
    sequence: int


@dataclass(frozen=True, slots=True)
class NotesPlace:
    """One wording of the notes: where in the case it was signed, when and by whom. The sealed wording itself stays in the
    statement `held_in`: the same one, or the hand-over that gave it a header which the case's practitioner opens."""

    sequence: int
    stated: WallTime
    practitioner: PractitionerId
    held_in: int


@dataclass(frozen=True)
class CaseRecord:
    """What the gate judges by. `participants` are those of the case now; whoever was removed is in `removed`, so that an export
    can still say who they were."""

    case: Case
    participants: tuple[Participant, ...] = ()
    placed: tuple[ConsentPlace, ...] = ()
    armings: tuple[ArmingPlace, ...] = ()
    removed: tuple[Participant, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    noted: tuple[NotesPlace, ...] = ()
    """Every wording of the notes, those that took them out included."""
    signers: tuple[PractitionerId, ...] = ()
    """Whoever signed a statement of the case, each once, in the order of their first."""
    is_held: bool = False
    """A statement of the case was lost, and nothing was said in it since."""

    @cached_property
    def consents(self) -> tuple[Consent, ...]:
        """Every consent event, in the order of signing."""
        return tuple(place.consent for place in self.placed)

    def participant(self, participant_id: ParticipantId) -> Participant | None:
        """The one person of that id; None if there is none, or if two claim it."""
        found = [person for person in self.participants if person.participant_id == participant_id]
        return found[0] if len(found) == 1 else None

    def with_removed(self) -> CaseRecord:
        """The same with everybody who was ever of the case: for what they are in already, and for what they take back."""
        everyone = replace(self, participants=(*self.participants, *self.removed), removed=())
        # The events are the same ones: what counts of ten thousand is not worked out twice.
        everyone.__dict__.update(_latest=self._latest, _last_withdrawal=self._last_withdrawal)
        return everyone

    def amended(self, participant: Participant) -> CaseRecord:
        """The same with somebody as they would be; unchanged where nobody of that id is of the case."""
        is_them = participant.participant_id
        people = tuple(participant if one.participant_id == is_them else one for one in self.participants)
        return replace(self, participants=people)

    def without(self, participant_id: ParticipantId) -> CaseRecord:
        """The same as it would be with somebody removed."""
        return replace(
            self,
            participants=tuple(one for one in self.participants if one.participant_id != participant_id),
            removed=(*self.removed, *(one for one in self.participants if one.participant_id == participant_id)),
        )

    def settled(self) -> CaseRecord:
        """The same, with what counts worked out: whoever reads a long case waits for it, and no ask of the gate does."""
        _ = (self._latest, self._last_withdrawal)
        return self

    def latest(self, participant_id: ParticipantId, scope: Scope) -> Consent | None:
        """The consent event that counts: the last one signed for this person and scope."""
        return self._latest.get((participant_id, scope))

    def filmed_on(self, visit_id: VisitId) -> tuple[ArmingPlace, ...]:
        """The armings of one visit: what was filmed on it was filmed by one of them."""
        return tuple(place for place in self.armings if place.arming.visit_id == visit_id)

    def is_film_taken_back_since(self, place: ArmingPlace) -> bool:
        """Whether anybody who was named as present then has withdrawn `film` afterwards, whatever they said later."""
        return any(self._last_withdrawal.get(person, 0) > place.sequence for person in place.arming.present)

    @cached_property
    def _latest(self) -> dict[tuple[ParticipantId, Scope], Consent]:
        return {(place.consent.participant_id, place.consent.scope): place.consent for place in self.placed}

    @cached_property
    def _last_withdrawal(self) -> dict[ParticipantId, int]:
        return {
            place.consent.participant_id: place.sequence
            for place in self.placed
            if place.consent.scope is Scope.FILM and place.consent.decision is Decision.WITHDRAWN
        }
