"""The consent gate: may this be done with these people, now? Pure and total; reads no clock or disk, never says yes by default.

Rules: `docs/architecture.md`, promise P3. The last event signed for a person and a scope decides alone, so that a withdrawal
wins over whatever came before it, and a doubtful event never falls back to an older yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from capture.consent.case_record import CaseRecord
from capture.ids import ParticipantId
from capture.model import Confidence, Consent, Decision, ParentalResponsibility, Participant, Scope, WallTime


class Reason(Enum):
    """Why the gate says no. The values are stable, travel over the socket and name nobody."""

    CLOCK_UNTRUSTED = "clock_untrusted"
    NOBODY_PRESENT = "nobody_present"
    PERSON_UNKNOWN = "person_unknown"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_IN_FUTURE = "consent_in_future"
    CONSENT_TIME_UNTRUSTED = "consent_time_untrusted"
    GIVER_UNKNOWN = "giver_unknown"
    GIVER_NOT_SELF = "giver_not_self"
    GIVER_NOT_RESPONSIBLE = "giver_not_responsible"
    INTERPRETER_NEEDED = "interpreter_needed"


_RESPONSIBLE = frozenset({ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED})


def reasons_against(scope: Scope, present: Sequence[ParticipantId], record: CaseRecord, at: WallTime) -> tuple[Reason, ...]:
    """Every rule that fails, each once, in the order of `Reason`; empty means yes.

    `present` are the people named (naming one twice changes nothing), `at` is the moment asked about.
    """
    found: set[Reason] = set()
    if at.confidence is Confidence.NONE:
        found.add(Reason.CLOCK_UNTRUSTED)
    if not present:
        found.add(Reason.NOBODY_PRESENT)
    for participant_id in present:
        found.update(_reasons_against_person(scope, participant_id, record, at))
    return tuple(reason for reason in Reason if reason in found)


def consents_used(scope: Scope, present: Sequence[ParticipantId], record: CaseRecord, at: WallTime) -> tuple[Consent, ...]:
    """The consents on which a yes rests, one for each person present, in their order; empty where the gate says no."""
    if reasons_against(scope, present, record, at):
        return ()
    deciding = (record.latest(participant_id, scope) for participant_id in dict.fromkeys(present))
    return tuple(consent for consent in deciding if consent is not None)


def earliest_expiry_ms(scope: Scope, present: Sequence[ParticipantId], record: CaseRecord, at: WallTime) -> int | None:
    """Wall time at which the yes ends by the first of its consents running out; None where the gate says no."""
    return min((consent.expires_ms for consent in consents_used(scope, present, record, at)), default=None)


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


def _reasons_against_person(scope: Scope, participant_id: ParticipantId, record: CaseRecord, at: WallTime) -> Iterable[Reason]:
    person = record.participant(participant_id)
    if person is None:
        yield Reason.PERSON_UNKNOWN
        return
    consent = record.latest(participant_id, scope)
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
    if consent.given.ms > at.ms:
        yield Reason.CONSENT_IN_FUTURE
    if consent.expires_ms <= at.ms:
        yield Reason.CONSENT_EXPIRED
