"""A case as its page shows it: who is in it, what each said yes to, who may say yes for whom. Counts nothing as a consent itself:
whether the box may film, only the daemon's gate says."""

from __future__ import annotations

from dataclasses import dataclass

from capture.messages import CaseFound, RemovedList
from capture.model import Case, Consent, Decision, ParentalResponsibility, Participant, Scope
from capture.notices.texts import Notice

_RESPONSIBLE = frozenset({ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED})


@dataclass(frozen=True, slots=True)
class Person:
    """One participant: the last event for each scope they were asked about, and who may decide for them."""

    who: Participant
    latest: dict[Scope, Consent]
    givers: tuple[Participant, ...]

    @property
    def given(self) -> dict[Scope, Consent]:
        """The scopes to which the last answer was yes; it may have run out since."""
        return {scope: consent for scope, consent in self.latest.items() if consent.decision is Decision.GIVEN}


@dataclass(frozen=True, slots=True)
class CasePage:
    """`notice` is the text shown now, `notices` are those to choose from."""

    case: Case
    people: tuple[Person, ...]
    notice: Notice
    notices: tuple[Notice, ...]
    has_notes: bool = False
    has_removed: bool = False
    erase_due_ms: int | None = None
    kept_days: int = 60

    @classmethod
    def of(cls, found: CaseFound, notice: Notice, notices: tuple[Notice, ...]) -> CasePage:
        people = tuple(Person(who, _latest(found, who), _givers(found, who)) for who in found.participants)
        return cls(found.case, people, notice, notices, found.has_notes, found.has_removed, found.erase_due_ms, found.kept_days)

    @property
    def needs(self) -> list[str]:
        """What the family needs, one by one, as they were noted."""
        return [need for need in self.case.communication_needs.split(", ") if need]

    def is_taken(self, label: str) -> bool:
        return any(person.who.label == label for person in self.people)


def removed_people(found: RemovedList) -> tuple[Person, ...]:
    """Who is not of the case any more. They give nothing, and nobody gives for them; what was said can be taken back."""
    return tuple(Person(who, _latest(found, who), ()) for who in found.people)


def _latest(found: CaseFound | RemovedList, who: Participant) -> dict[Scope, Consent]:
    # The daemon gives the events oldest first.
    return {consent.scope: consent for consent in found.consents if consent.participant_id == who.participant_id}


def _givers(found: CaseFound, who: Participant) -> tuple[Participant, ...]:
    if not who.is_child:
        return (who,)
    return tuple(adult for adult in found.participants if not adult.is_child and adult.responsibility in _RESPONSIBLE)
