"""Fuzz target: the socket's messages. What is decoded means the same when it is sent again; all else is one kind of refusal."""

from __future__ import annotations

import msgspec
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.ids import CaseCode, ParticipantId
from capture.messages import (
    MAX_MESSAGE_BYTES,
    AddParticipant,
    Answer,
    AnyAnswer,
    AnyVerb,
    Arm,
    CaseFound,
    Done,
    EndInvolvement,
    GetRecording,
    KeepNotes,
    OpenRecording,
    RecordConsent,
    Refused,
    SignInBegin,
    SignOut,
    Stop,
    Verb,
    encode,
)
from capture.model import (
    Case,
    Confidence,
    Consent,
    Decision,
    Indication,
    Participant,
    Purpose,
    Role,
    Scope,
    WallTime,
)


def seeds() -> list[bytes]:
    session = "s" * 30
    messages = [
        Stop(),
        SignInBegin(username="anna", passphrase="one two three"),
        SignOut(session=session),
        GetRecording(session=session, recording_id="rec-23456789abcdefgh"),
        *_of_a_case(session),
        Done(),
        Refused(code="not_now", detail="x", reasons=("a", "b"), retry_after_s=1.5),
    ]
    return [*map(encode, messages), b"\x91" * 300, b"\x81\xa4verb\xa3\xff\xff\xff"]


def _of_a_case(session: str) -> list[Verb | Answer]:
    person, case = "par-23456789ab", "VIG-7F3K"
    now = WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER)
    said = {
        "participant_id": person,
        "scope": Scope.FILM,
        "decision": Decision.GIVEN,
        "given_by": person,
        "indication": Indication.SIGNED_PAPER,
        "notice_hash": "0" * 64,
        "notice_version": "2026-11",
        "notice_language": "en",
        "witness": "health visitor",
    }
    kept = {"consent_id": "con-23456789abcd", "given": now, "expires_ms": now.ms, "is_notice_verified": True}
    consent = msgspec.convert({**said, **kept, "is_interpreter_used": False}, Consent)
    adult = Participant(participant_id=ParticipantId(person), label="Adult A", role=Role.PARENT, is_child=False)
    return [
        RecordConsent(session=session, case=case, valid_days=60, **said),
        AddParticipant(session=session, case=case, label="Adult A", role=Role.PARENT, is_child=False),
        Arm(session=session, case=case, present=(person,)),
        EndInvolvement(session=session, case=case, ended_ms=None),
        KeepNotes(session=session, case=case, notes=b"age-encryption.org/v1"),
        OpenRecording(session=session, recording_id="rec-23456789abcdefgh", purpose=Purpose.SUPERVISION),
        CaseFound(case=Case(code=CaseCode(case), opened=now), participants=(adult,), consents=(consent,)),
    ]


def check(data: bytes) -> None:
    for kind in (AnyVerb, AnyAnswer):
        try:
            message = msgspec.msgpack.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):  # what the server and the client answer for
            continue
        again = encode(message)
        assert len(again) <= MAX_MESSAGE_BYTES
        assert msgspec.msgpack.decode(again, type=kind) == message


TARGET = Target(seeds, check, vary_bytes, most_bytes=1024)
