"""A case as its page shows it: who is in it, what each said yes to, who may say yes or no for whom. Counts nothing as a consent
itself: whether the box may film, and which yes does not count any more, only the daemon's gate says."""

from __future__ import annotations

from dataclasses import dataclass

from capture.messages import CaseFound, RemovedList
from capture.model import Case, Consent, ParentalResponsibility, Participant, Scope
from capture.notices.texts import Notice

_RESPONSIBLE = frozenset({ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED})


@dataclass(frozen=True, slots=True)
class Person:
    """One participant: the last event for each scope they were asked about, why a yes among them does not count now, and who
    takes one back: an adult their own, a child's each who holds or shares parental responsibility, and a child who was asked."""

    who: Participant
    latest: dict[Scope, Consent]
    doubts: dict[Scope, tuple[str, ...]]
    takers: tuple[Participant, ...]


@dataclass(frozen=True, slots=True)
class CasePage:
    """`notice` is the text shown now, `notices` are those to choose from."""

    case: Case
    people: tuple[Person, ...]
    notice: Notice
    notices: tuple[Notice, ...]
    hindrances: tuple[str, ...] = ()
    locked_recordings: int = 0
    has_notes: bool = False
    has_removed: bool = False
    erase_due_ms: int | None = None
    kept_days: int = 60

    @classmethod
    def of(cls, found: CaseFound, notice: Notice, notices: tuple[Notice, ...]) -> CasePage:
        return cls(
            case=found.case,
            people=tuple(_person(found, who, found.participants) for who in found.participants),
            notice=notice,
            notices=notices,
            hindrances=found.hindrances,
            locked_recordings=found.locked_recordings,
            has_notes=found.has_notes,
            has_removed=found.has_removed,
            erase_due_ms=found.erase_due_ms,
            kept_days=found.kept_days,
        )

    @property
    def needs(self) -> list[str]:
        """What the family needs, one by one, as they were noted."""
        return [need for need in self.case.communication_needs.split(", ") if need]

    def label_of(self, participant_id: str) -> str:
        """Empty for somebody who is not of the case any more."""
        return next((person.who.label for person in self.people if person.who.participant_id == participant_id), "")

    def language_name(self, language: str) -> str:
        """Its code where no text is in that language any more."""
        return next((notice.language_name for notice in self.notices if notice.language == language), language)

    def is_taken(self, label: str) -> bool:
        return any(person.who.label == label for person in self.people)


def removed_people(found: RemovedList, page: CasePage) -> tuple[Person, ...]:
    """Who is not of the case any more. They give nothing, and nobody gives for them; what was said can be taken back."""
    of_the_case = tuple(person.who for person in page.people)
    return tuple(_person(found, who, of_the_case) for who in found.people)


def _person(found: CaseFound | RemovedList, who: Participant, of_the_case: tuple[Participant, ...]) -> Person:
    doubts: dict[Scope, tuple[str, ...]] = {}
    for doubt in found.doubts:
        for consent in (found.consents[place] for place in doubt.places):
            if consent.participant_id == who.participant_id:
                doubts[consent.scope] = (*doubts.get(consent.scope, ()), doubt.reason)
    return Person(who, _latest(found, who), doubts, _takers(of_the_case, who))


def _latest(found: CaseFound | RemovedList, who: Participant) -> dict[Scope, Consent]:
    # The daemon gives the events oldest first.
    return {consent.scope: consent for consent in found.consents if consent.participant_id == who.participant_id}


def _takers(people: tuple[Participant, ...], who: Participant) -> tuple[Participant, ...]:
    if not who.is_child:
        return (who,)
    holders = tuple(adult for adult in people if not adult.is_child and adult.responsibility in _RESPONSIBLE)
    return (*holders, who) if who.assent_noted else holders
