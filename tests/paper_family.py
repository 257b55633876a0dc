"""A family as plain facts: who they are and what they said, for the pure rules. Signs nothing and stores nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from capture.consent.case_record import CaseRecord, ConsentPlace
from capture.ids import CaseCode, ConsentId, ParticipantId
from capture.model import (
    Case,
    Confidence,
    Consent,
    Decision,
    Indication,
    ParentalResponsibility,
    Participant,
    Role,
    Scope,
    WallTime,
)

NOW = WallTime(ms=1_000_000, confidence=Confidence.BROWSER)
CASE = Case(code=CaseCode("VIG-AAAA"), opened=NOW)
PARENT = Participant(
    participant_id=ParticipantId("parent"),
    label="Adult A",
    role=Role.PARENT,
    is_child=False,
    responsibility=ParentalResponsibility.HOLDS,
)
BABY = Participant(participant_id=ParticipantId("baby"), label="Child B", role=Role.CHILD, is_child=True)
VISITOR = Participant(participant_id=ParticipantId("visitor"), label="Adult C", role=Role.OTHER, is_child=False)


def consent(person: Participant, giver: Participant | None = None, **changes: Any) -> Consent:
    """`film` for this person, given a second ago for five seconds more, but for what `changes` says."""
    yes = Consent(
        consent_id=ConsentId(f"con-{person.participant_id}"),
        participant_id=person.participant_id,
        scope=Scope.FILM,
        decision=Decision.GIVEN,
        given_by=(giver or person).participant_id,
        indication=Indication.SIGNED_PAPER,
        given=WallTime(ms=NOW.ms - 1_000, confidence=Confidence.BROWSER),
        expires_ms=NOW.ms + 5_000,
        notice_hash="0" * 64,
        notice_version="1",
        notice_language="en",
        is_notice_verified=True,
        is_interpreter_used=False,
    )
    return msgspec.structs.replace(yes, **changes)


def placed(*consents: Consent) -> tuple[ConsentPlace, ...]:
    """Consent events one after the other from the first place on."""
    return tuple(ConsentPlace(consent, place) for place, consent in enumerate(consents, start=1))


def record(*consents: Consent, people: tuple[Participant, ...] = (PARENT, BABY, VISITOR)) -> CaseRecord:
    return CaseRecord(case=CASE, participants=people, placed=placed(*consents))


PARENT_YES = consent(PARENT)
BABY_YES = consent(BABY, PARENT)
BOTH = (PARENT.participant_id, BABY.participant_id)
