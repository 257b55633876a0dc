"""The consent gate: may this be done with these people, now? Pure and total; reads no clock or disk, never says yes by default.

Rules: `docs/architecture.md`, promise P3. The last event signed for a person and a scope decides alone, so that a withdrawal
wins over whatever came before it, and a doubtful event never falls back to an older yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from capture.consent.case_record import CaseRecord
from capture.ids import ParticipantId
from capture.model import Confidence, Consent, Decision, ParentalResponsibility, Participant, Scope, WallTime


class Reason(Enum):
    """Why the gate says no. The values are stable, travel over the socket and name nobody."""

    CLOCK_UNTRUSTED = "clock_untrusted"
    STATEMENT_LOST = "statement_lost"
    """The log knows of a statement in this case that is not there: it may have been a withdrawal."""
    NOBODY_PRESENT = "nobody_present"
    PERSON_UNKNOWN = "person_unknown"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_IN_FUTURE = "consent_in_future"
    CONSENT_TIME_UNTRUSTED = "consent_time_untrusted"
    CONSENT_NEVER_VALID = "consent_never_valid"
    """It ends before it was given."""
    GIVER_UNKNOWN = "giver_unknown"
    GIVER_NOT_SELF = "giver_not_self"
    GIVER_NOT_RESPONSIBLE = "giver_not_responsible"
    INTERPRETER_NEEDED = "interpreter_needed"


@dataclass(frozen=True, slots=True)
class Permit:
    """The gate's answer. `reasons` are every rule that fails, each once, in the order of `Reason`; without any it is a yes, which
    rests on `consents`, one for each person, and ends at `expires_ms` by the first of them."""

    reasons: tuple[Reason, ...]
    consents: tuple[Consent, ...] = ()

    @property
    def is_given(self) -> bool:
        return not self.reasons and bool(self.consents)

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons as they travel."""
        return tuple(reason.value for reason in self.reasons)

    @property
    def expires_ms(self) -> int | None:
        """None where the gate says no."""
        return min((consent.expires_ms for consent in self.consents), default=None)


_RESPONSIBLE = frozenset({ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED})


def permits(scope: Scope, people: Sequence[ParticipantId], record: CaseRecord, at: WallTime) -> Permit:
    """May what `scope` names be done with `people` (naming one twice changes nothing) at the moment `at`?"""
    found: set[Reason] = set()
    if at.confidence is Confidence.NONE:
        found.add(Reason.CLOCK_UNTRUSTED)
    if record.is_held:
        found.add(Reason.STATEMENT_LOST)
    if not people:
        found.add(Reason.NOBODY_PRESENT)
    deciding: list[Consent] = []
    for participant_id in dict.fromkeys(people):
        consent = record.latest(participant_id, scope)
        found.update(_reasons_against_person(participant_id, consent, record, at))
        if consent is not None:
            deciding.append(consent)
    if found:
        return Permit(tuple(reason for reason in Reason if reason in found))
    return Permit((), tuple(deciding))


def giver_reasons(person: Participant, giver: Participant | None) -> tuple[Reason, ...]:
    """Whether `giver` may consent for `person`: an adult for themselves, for a child an adult of the case who holds parental
    responsibility, alone or shared. A child never consents for anybody, a foster carer or an authority not for the child."""
    if giver is None:
        return (Reason.GIVER_UNKNOWN,)
    if not person.is_child:
        return () if giver.participant_id == person.participant_id else (Reason.GIVER_NOT_SELF,)
    if giver.is_child or giver.responsibility not in _RESPONSIBLE:
        return (Reason.GIVER_NOT_RESPONSIBLE,)
    return ()


def _reasons_against_person(
    participant_id: ParticipantId, consent: Consent | None, record: CaseRecord, at: WallTime
) -> Iterable[Reason]:
    person = record.participant(participant_id)
    if person is None:
        yield Reason.PERSON_UNKNOWN
        return
    if consent is None:
        yield Reason.CONSENT_MISSING
        return
    if consent.decision is Decision.WITHDRAWN:
        yield Reason.CONSENT_WITHDRAWN
        return
    yield from giver_reasons(person, record.participant(consent.given_by))
    yield from _reasons_of_time(consent, at)
    if not consent.is_notice_verified and not consent.is_interpreter_used:
        yield Reason.INTERPRETER_NEEDED


def _reasons_of_time(consent: Consent, at: WallTime) -> Iterable[Reason]:
    if consent.given.confidence is Confidence.NONE:
        yield Reason.CONSENT_TIME_UNTRUSTED
    if consent.expires_ms <= consent.given.ms:
        yield Reason.CONSENT_NEVER_VALID
    if consent.given.ms > at.ms:
        yield Reason.CONSENT_IN_FUTURE
    if consent.expires_ms <= at.ms:
        yield Reason.CONSENT_EXPIRED
