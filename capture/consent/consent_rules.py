"""What may be written down as a consent or a person of a case. Pure; judges forms before they are signed, never a film.

Giving is checked, withdrawing is not: whoever is named in the case may say no for anybody in it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, giver_reasons
from capture.errors import BadRequest, ClockUntrusted, NotFound
from capture.ids import ConsentId, ParticipantId
from capture.model import Confidence, Consent, Decision, Fact, Indication, ParentalResponsibility, Role, Scope, WallTime

MAX_PARTICIPANTS = 12
DAY_MS = 86_400_000


class ParticipantForm(Fact, frozen=True, kw_only=True):
    """A person to be added to a case, by label and never by name."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    role: Role
    is_child: bool
    responsibility: ParentalResponsibility = ParentalResponsibility.NONE
    assent_noted: bool = False
    basis: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ConsentForm(Fact, frozen=True, kw_only=True):
    """One scope given or withdrawn for one person. A withdrawal holds at once and for good; its `valid_days` says nothing."""

    participant_id: ParticipantId
    scope: Scope
    decision: Decision
    given_by: ParticipantId
    indication: Indication
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=730)]
    notice_hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    notice_version: str
    notice_language: str
    is_notice_verified: bool
    is_interpreter_used: bool = False


def check_participant(form: ParticipantForm, record: CaseRecord) -> None:
    """Raises BadRequest with the reason `participants_full` or `role_contradicts`."""
    if len(record.participants) >= MAX_PARTICIPANTS:
        raise BadRequest(reasons=("participants_full",))
    # the other way round stands: a parent may be a child still
    if form.role is Role.CHILD and not form.is_child:
        raise BadRequest(reasons=("role_contradicts",))


def check_consent(form: ConsentForm, record: CaseRecord, at: WallTime) -> None:
    """Raises NotFound if either person is not of the case. For giving also BadRequest, whose reasons are the gate's codes,
    and ClockUntrusted: a consent that says no trustworthy time would never count."""
    person, giver = record.participant(form.participant_id), record.participant(form.given_by)
    if person is None or giver is None:
        raise NotFound
    match form.decision:
        case Decision.WITHDRAWN:
            return
        case Decision.GIVEN:
            reasons = giver_reasons(person, giver)
            if not form.is_notice_verified and not form.is_interpreter_used:
                reasons += (Reason.INTERPRETER_NEEDED,)
            if reasons:
                raise BadRequest(reasons=tuple(reason.value for reason in reasons))
            if at.confidence is Confidence.NONE:
                raise ClockUntrusted


def to_consent(form: ConsentForm, consent_id: ConsentId, at: WallTime) -> Consent:
    """The event as it is signed."""
    lasts_ms = form.valid_days * DAY_MS if form.decision is Decision.GIVEN else 0
    return Consent(
        consent_id=consent_id,
        participant_id=form.participant_id,
        scope=form.scope,
        decision=form.decision,
        given_by=form.given_by,
        indication=form.indication,
        given=at,
        expires_ms=at.ms + lasts_ms,
        notice_hash=form.notice_hash,
        notice_version=form.notice_version,
        notice_language=form.notice_language,
        is_notice_verified=form.is_notice_verified,
        is_interpreter_used=form.is_interpreter_used,
    )
