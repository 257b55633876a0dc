"""What may be written down as a consent or a person of a case. Pure; judges forms before they are signed, never a film.

Giving is checked, withdrawing is not: whoever is or was named in the case may say no for anybody in it, in whatever words.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, giver_reasons
from capture.errors import BadRequest, ClockUntrusted, NotFound
from capture.ids import ConsentId, ParticipantId
from capture.model import (
    Confidence,
    Consent,
    Decision,
    Fact,
    Indication,
    ParentalResponsibility,
    Participant,
    Role,
    Scope,
    WallTime,
)
from capture.notices.texts import Notices

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
    evidence_by: Annotated[str, msgspec.Meta(max_length=40)] = ""


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
    is_interpreter_used: bool = False
    witness: Annotated[str, msgspec.Meta(max_length=40)] = ""


class FormReason(Enum):
    """Why a form is refused before the gate is asked; stable codes, as the gate's."""

    PARTICIPANTS_FULL = "participants_full"
    ROLE_CONTRADICTS = "role_contradicts"
    NOTICE_UNKNOWN = "notice_unknown"
    """No text of that language and version is known here."""
    NOTICE_DIFFERS = "notice_differs"
    """The hash is not that of the text: other words were shown."""


def check_new_participant(form: ParticipantForm, record: CaseRecord) -> None:
    """Raises BadRequest with the reason `participants_full` or `role_contradicts`."""
    if len(record.participants) >= MAX_PARTICIPANTS:
        raise BadRequest(reasons=(FormReason.PARTICIPANTS_FULL.value,))
    check_participant(form)


def check_participant(form: ParticipantForm) -> None:
    """Raises BadRequest with the reason `role_contradicts`."""
    # the other way round stands: a parent may be a child still
    if form.role is Role.CHILD and not form.is_child:
        raise BadRequest(reasons=(FormReason.ROLE_CONTRADICTS.value,))


def to_participant(form: ParticipantForm, participant_id: ParticipantId) -> Participant:
    """The person as they are signed for."""
    return Participant(
        participant_id=participant_id,
        label=form.label,
        role=form.role,
        is_child=form.is_child,
        responsibility=form.responsibility,
        assent_noted=form.assent_noted,
        basis=form.basis,
        evidence_by=form.evidence_by,
    )


def check_consent(form: ConsentForm, record: CaseRecord, notices: Notices, at: WallTime) -> None:
    """Raises NotFound if either person is not of the case. For giving also BadRequest, whose reasons are the gate's codes and
    FormReason's, and ClockUntrusted: a consent that says no trustworthy time would never count."""
    match form.decision:
        case Decision.WITHDRAWN:
            everyone = record.with_removed()
            if everyone.participant(form.participant_id) is None or everyone.participant(form.given_by) is None:
                raise NotFound
        case Decision.GIVEN:
            _check_given(form, record, notices)
            if at.confidence is Confidence.NONE:
                raise ClockUntrusted


def _check_given(form: ConsentForm, record: CaseRecord, notices: Notices) -> None:
    person, giver = record.participant(form.participant_id), record.participant(form.given_by)
    if person is None or giver is None:
        raise NotFound
    notice = notices.find(form.notice_language, form.notice_version)
    if notice is None:
        raise BadRequest(reasons=(FormReason.NOTICE_UNKNOWN.value,))
    if notice.text_hash != form.notice_hash:
        raise BadRequest(reasons=(FormReason.NOTICE_DIFFERS.value,))
    reasons = giver_reasons(person, giver)
    if not notice.is_verified and not form.is_interpreter_used:
        reasons += (Reason.INTERPRETER_NEEDED,)
    if reasons:
        raise BadRequest(reasons=tuple(reason.value for reason in reasons))


def to_consent(form: ConsentForm, consent_id: ConsentId, notices: Notices, at: WallTime) -> Consent:
    """The event as it is signed. Whether its text was verified is what is known here, not what the form says."""
    lasts_ms = form.valid_days * DAY_MS if form.decision is Decision.GIVEN else 0
    notice = notices.find(form.notice_language, form.notice_version)
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
        is_notice_verified=notice is not None and notice.is_verified and notice.text_hash == form.notice_hash,
        is_interpreter_used=form.is_interpreter_used,
        witness=form.witness,
    )
