"""Cases to be taken away, any and one in particular: made by hypothesis or by hand, without a box. Asserts nothing."""

from __future__ import annotations

from hypothesis import strategies as st

from capture.messages.exports import KnownPerson, PlacedConsent, PlacedTransfer
from capture.model import (
    Case,
    Confidence,
    Consent,
    Decision,
    Indication,
    ParentalResponsibility,
    Participant,
    Purpose,
    Recording,
    RecordingState,
    RetentionClass,
    Role,
    Scope,
    StopReason,
    WallTime,
)
from capture.notices.texts import load_notices
from webui.exports.case_export import CaseExport, SignedFile
from webui.exports.wordings import Wording
from webui.notes import Notes
from webui.service import Service

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000
TEXTS = {notice.text_hash: notice for notice in load_notices().current.values()}
ENGLISH = next(notice for notice in TEXTS.values() if notice.language == "en")
UNKNOWN_HASH = "ab" * 32

_IDS = [f"par-{'abcdefgh'[number] * 10}" for number in range(8)]
_WALLS = st.one_of(st.integers(NOW_MS - 900 * DAY_MS, NOW_MS + 900 * DAY_MS), st.integers(-(2**50), 2**50))
_TIMES = st.builds(lambda ms, trust: WallTime(ms=ms, confidence=trust), _WALLS, st.sampled_from(Confidence))
_WORDS = st.text(max_size=40)

people = st.builds(
    lambda number, is_removed, **facts: KnownPerson(
        participant=Participant(participant_id=_IDS[number], **facts), is_removed=is_removed
    ),
    st.integers(0, 5),
    st.booleans(),
    label=st.text(min_size=1, max_size=40),
    role=st.sampled_from(Role),
    is_child=st.booleans(),
    responsibility=st.sampled_from(ParentalResponsibility),
    assent_noted=st.booleans(),
    basis=_WORDS,
    evidence_by=_WORDS,
)
consents = st.builds(
    Consent,
    consent_id=st.integers(0, 10**9).map(lambda number: f"con-{number}"),
    participant_id=st.sampled_from(_IDS),
    scope=st.sampled_from(Scope),
    decision=st.sampled_from(Decision),
    given_by=st.sampled_from(_IDS),
    indication=st.sampled_from(Indication),
    given=_TIMES,
    expires_ms=_WALLS,
    notice_hash=st.sampled_from([*TEXTS, UNKNOWN_HASH]),
    notice_version=st.text(max_size=40),
    notice_language=st.sampled_from(["en", "pl", "ar"]),
    is_notice_verified=st.booleans(),
    is_interpreter_used=st.booleans(),
    witness=_WORDS,
)
_LINES = st.text(max_size=40)
services = st.builds(
    Service,
    name=_LINES,
    address=_LINES,
    contact=_LINES,
    web=_LINES,
    lawful_basis=_LINES,
    special_category_basis=_LINES,
    jurisdiction=_LINES,
    authority=_LINES,
)


def placed(events: list[Consent], against: tuple[str, ...] = ()) -> tuple[PlacedConsent, ...]:
    """`against` is what the gate says to every yes that is the last word."""
    last = {(event.participant_id, event.scope): event for event in events}
    counted = {one.consent_id for one in last.values() if one.decision is Decision.GIVEN}
    return tuple(
        PlacedConsent(
            consent=event,
            sequence=2 * place,
            statement_hash=f"{place:064x}",
            against=against if event.consent_id in counted else (),
        )
        for place, event in enumerate(events, start=1)
    )


exports = st.builds(
    lambda folk, events, against, **facts: CaseExport(
        box_id="box-abcdef", device_key="cd" * 32, practitioner="prac-abcdef", people=tuple(folk),
        consents=placed(events, against), notices=TEXTS, audit_head="0" * 64, **facts,
    ),
    st.lists(people, max_size=6, unique_by=lambda one: one.participant.participant_id),
    st.lists(consents, max_size=12, unique_by=lambda one: one.consent_id),
    st.sampled_from([(), (), ("giver_not_responsible",), ("statement_lost", "interpreter_needed")]),
    case=st.builds(Case, code=st.just("VIG-7F3K"), opened=_TIMES, retention=st.sampled_from(RetentionClass)),
    made=_TIMES,
    erase_due_ms=st.none() | _WALLS,
    service=services,
)  # fmt: skip
"""Any case at all, wrong clocks and odd labels included."""


def consent(number: int, person: str, scope: Scope, decision: Decision = Decision.GIVEN, **changed: object) -> Consent:
    """One event of the family below, on day `number`, for 90 days."""
    given = NOW_MS - 60 * DAY_MS + number * DAY_MS
    facts: dict[str, object] = {
        "consent_id": f"con-{number:012d}",
        "participant_id": person,
        "scope": scope,
        "decision": decision,
        "given_by": ADULT,
        "indication": Indication.SIGNED_PAPER,
        "given": WallTime(ms=given, confidence=Confidence.BROWSER),
        "expires_ms": given + 90 * DAY_MS if decision is Decision.GIVEN else given,
        "notice_hash": ENGLISH.text_hash,
        "notice_version": ENGLISH.version,
        "notice_language": "en",
        "is_notice_verified": ENGLISH.is_verified,
        "is_interpreter_used": True,
        "witness": "health visitor",
    }
    return Consent(**facts | changed)  # type: ignore[arg-type]


ADULT, CHILD, GONE = _IDS[0], _IDS[1], _IDS[2]


def family(**changed: object) -> CaseExport:
    """Adult A and Child A, both filmed; supervision was said yes to and taken back; Adult B was of the case for a while."""
    adult = Participant(
        participant_id=ADULT, label="Adult A", role=Role.PARENT, is_child=False, responsibility=ParentalResponsibility.HOLDS,
        basis="birth certificate seen", evidence_by="social worker",
    )  # fmt: skip
    child = Participant(participant_id=CHILD, label="Child A", role=Role.CHILD, is_child=True, assent_noted=True)
    gone = Participant(participant_id=GONE, label="Adult B", role=Role.CARER, is_child=False)
    events = [
        consent(1, ADULT, Scope.FILM),
        consent(2, CHILD, Scope.FILM),
        consent(3, CHILD, Scope.PRACTITIONER_REVIEW),
        consent(4, ADULT, Scope.SUPERVISION),
        consent(5, GONE, Scope.FILM, given_by=GONE, indication=Indication.ON_THE_BOX),
        consent(6, ADULT, Scope.SUPERVISION, Decision.WITHDRAWN),
    ]
    facts: dict[str, object] = {
        "case": Case(code="VIG-7F3K", opened=WallTime(ms=NOW_MS - 61 * DAY_MS, confidence=Confidence.BROWSER)),
        "box_id": "box-abcdef",
        "device_key": "cd" * 32,
        "made": WallTime(ms=NOW_MS, confidence=Confidence.BROWSER),
        "practitioner": "prac-abcdef",
        "people": (
            KnownPerson(participant=adult),
            KnownPerson(participant=child),
            KnownPerson(participant=gone, is_removed=True),
        ),
        "consents": placed(events),
        "recordings": (recording("rec-2222222222222222"), recording("rec-3333333333333333", RecordingState.ERASED)),
        "transfers": (
            PlacedTransfer(
                recording_id="rec-2222222222222222",
                purpose=Purpose.SUPERVISION,
                recipient="supervisor",
                sealed_hash="ef" * 32,
                sequence=9,
            ),
        ),
        "manifests": (SignedFile("rec-2222222222222222", b'{"manifest":{},"signature":"00"}\n'),),
        "receipts": (SignedFile("era-3333333333333333", b'{"receipt":{"of":["rec-3333333333333333"]},"signature":"00"}\n'),),
        "log": (b'{"seq":1}\n', b'{"seq":7}\n'),
        "statements": (b'{"statement":{"sequence":1},"signature":"00"}\n', b'{"statement":{"sequence":2},"signature":"00"}\n'),
        "signers": (b'{"signer":{"practitioner":"prac-abcdef"},"signature":"00"}\n',),
        "audit_sequence": 9,
        "audit_head": "12" * 32,
        "erase_due_ms": NOW_MS + 30 * DAY_MS,
        "notices": TEXTS,
    }
    return CaseExport(**facts | changed)  # type: ignore[arg-type]


def noted(*words: Notes | None) -> tuple[Wording, ...]:
    """The family's notes, a wording a day; None does not open, an empty one took them out."""
    return tuple(
        Wording(2 * day, WallTime(ms=NOW_MS - 60 * DAY_MS + day * DAY_MS, confidence=Confidence.BROWSER), "prac-abcdef", one)
        for day, one in enumerate(words, start=1)
    )


def recording(recording_id: str, state: RecordingState = RecordingState.SEALED, **changed: object) -> Recording:
    facts: dict[str, object] = {
        "recording_id": recording_id,
        "case": "VIG-7F3K",
        "visit_id": "vis-2222222222",
        "practitioner": "prac-abcdef",
        "state": state,
        "started": WallTime(ms=NOW_MS - 50 * DAY_MS, confidence=Confidence.BROWSER),
        "boot_id": "0" * 32,
        "started_boottime_ns": 1,
        "stop_reason": StopReason.PRESS,
        "duration_ms": 301_000,
        "sealed_bytes": 300_000_000,
        "frames_generated": 9030,
        "frames_kept": 9030,
        "is_transferred": True,
    }
    return Recording(**facts | changed)  # type: ignore[arg-type]
