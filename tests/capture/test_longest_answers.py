"""The longest case that there can be still fits into one answer of the socket: else nobody could read it, or withdraw in it."""

from __future__ import annotations

import msgspec

from capture.consent.consent_rules import MAX_PARTICIPANTS
from capture.consent.gate import Reason
from capture.ids import CaseCode, new_consent_id, new_participant_id, new_practitioner_id, new_recording_id, new_visit_id
from capture.messages import (
    MAX_MESSAGE_BYTES,
    AddParticipant,
    CaseFound,
    RecordConsent,
    RecordingList,
    RemovedList,
    StateNeeds,
    encode,
)
from capture.model import (
    Case,
    Confidence,
    Consent,
    Decision,
    Doubt,
    Indication,
    ParentalResponsibility,
    Participant,
    Recording,
    RecordingState,
    RetentionClass,
    Role,
    Scope,
    StopReason,
    WallTime,
)
from capture.take.take import MOST_MARKS

WIDEST = "\U00010330"
"""Four bytes of UTF-8."""
LATEST = WallTime(ms=253_402_300_799_000, confidence=Confidence.BROWSER)
PERSON = new_participant_id()


def longest(verb: type[msgspec.Struct], name: str, letter: str = WIDEST) -> str:
    """As long as the door lets a text of this field be, by the bounds of its kind."""
    (field,) = (field for field in msgspec.structs.fields(verb) if field.name == name)
    text = ""
    while True:
        try:
            msgspec.convert(text + letter, field.type)
        except msgspec.ValidationError:
            return text
        text += letter


def test_the_longest_case_fits_into_one_answer() -> None:
    person = Participant(
        participant_id=PERSON,
        label=longest(AddParticipant, "label"),
        role=max(Role, key=lambda one: len(one.value)),
        is_child=False,
        responsibility=max(ParentalResponsibility, key=lambda one: len(one.value)),
        basis=longest(AddParticipant, "basis"),
        evidence_by=longest(AddParticipant, "evidence_by"),
    )
    consent = Consent(
        consent_id=new_consent_id(),
        participant_id=PERSON,
        scope=max(Scope, key=lambda one: len(one.value)),
        decision=Decision.WITHDRAWN,
        given_by=PERSON,
        indication=max(Indication, key=lambda one: len(one.value)),
        given=LATEST,
        expires_ms=LATEST.ms,
        notice_hash="f" * 64,
        notice_version=longest(RecordConsent, "notice_version", "v"),
        notice_language=longest(RecordConsent, "notice_language", "l"),
        is_notice_verified=False,
        is_interpreter_used=False,
        witness=longest(RecordConsent, "witness"),
    )
    case = Case(
        code=CaseCode("VIG-AAAA"),
        opened=LATEST,
        retention=max(RetentionClass, key=lambda one: len(one.value)),
        involvement_ended_ms=LATEST.ms,
        communication_needs=longest(StateNeeds, "communication_needs"),
    )
    # More than there can be: each yes for every reason that the gate knows.
    said = tuple(range(MAX_PARTICIPANTS * len(Scope)))
    doubts = tuple(Doubt(reason=reason.value, places=said) for reason in Reason)
    answer = CaseFound(
        case=case,
        participants=(person,) * MAX_PARTICIPANTS,
        consents=(consent,) * (MAX_PARTICIPANTS * len(Scope)),
        doubts=doubts,
        hindrances=tuple(reason.value for reason in Reason),
        locked_recordings=10_000,
        has_notes=True,
        erase_due_ms=LATEST.ms,
    )
    assert len(person.basis.encode()) == 800
    assert len(encode(answer)) <= MAX_MESSAGE_BYTES
    removed = RemovedList(people=(person,) * 10, consents=(consent,) * (10 * len(Scope)), doubts=doubts, is_last=False)
    assert len(encode(removed)) <= MAX_MESSAGE_BYTES


def test_the_longest_page_of_recordings_fits_into_one_answer() -> None:
    recording = Recording(
        recording_id=new_recording_id(),
        case=CaseCode("VIG-AAAA"),
        visit_id=new_visit_id(),
        practitioner=new_practitioner_id(),
        state=max(RecordingState, key=lambda one: len(one.value)),
        started=LATEST,
        boot_id="f" * 32,
        started_boottime_ns=2**62,
        stop_reason=max(StopReason, key=lambda one: len(one.value)),
        duration_ms=1_800_000,
        sealed_bytes=2**40,
        frames_generated=2**20,
        frames_kept=2**20,
        marks_ms=(1_800_000,) * MOST_MARKS,
        longest_sync_ms=1.5,
        is_transferred=True,
        is_locked=True,
    )
    assert len(encode(RecordingList(recordings=(recording,) * 50, is_last=False))) <= MAX_MESSAGE_BYTES
