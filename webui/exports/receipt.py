"""The receipt for a family as it is shown and printed: who said what to which use, and what became of the films. Formats nothing.

For each person every scope is named, the ones nobody asked about too: what was not said yes to is a no.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from capture.model import Consent, Decision, Recording, RecordingState, Role, Scope, WallTime
from webui.exports.case_export import CaseExport


class Standing(Enum):
    """How it stands with one scope for one person at the time of the receipt."""

    YES = "yes"
    TAKEN_BACK = "taken_back"
    RAN_OUT = "ran_out"
    NOT_COUNTED = "not_counted"
    """A yes that the box does not count: by whom it was said, or who is no longer of the case."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """One scope: how it stands, the event that decides it (None where there is none), who said it, and which text was read."""

    scope: Scope
    standing: Standing
    consent: Consent | None = None
    said_by: str = ""
    notice_name: str = ""
    is_earlier: bool = False
    """There were other answers before this one."""
    against: tuple[str, ...] = ()
    """Why the box does not count a yes, as codes."""


@dataclass(frozen=True, slots=True)
class ReceiptPerson:
    label: str
    role: Role | None
    is_child: bool
    is_removed: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ReceiptRecording:
    """One film. `shown_to` are the roles of those it was handed to."""

    facts: Recording
    is_erased: bool
    has_erasure_receipt: bool
    shown_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that the page says, in its order."""

    export: CaseExport
    people: tuple[ReceiptPerson, ...]
    recordings: tuple[ReceiptRecording, ...]

    @property
    def made(self) -> WallTime:
        return self.export.made


def receipt(export: CaseExport) -> Receipt:
    """The receipt of a case."""
    people = tuple(_person(export, participant_id) for participant_id in export.subjects)
    return Receipt(export, people, tuple(_recording(export, one) for one in export.recordings))


def _person(export: CaseExport, participant_id: str) -> ReceiptPerson:
    person = export.person(participant_id)
    return ReceiptPerson(
        label=export.label_of(participant_id),
        role=person.role if person else None,
        is_child=person.is_child if person else False,
        is_removed=any(one.is_removed for one in export.people if one.participant.participant_id == participant_id),
        answers=tuple(_answer(export, participant_id, scope) for scope in Scope),
    )


def _answer(export: CaseExport, participant_id: str, scope: Scope) -> Answer:
    consent = export.deciding(participant_id, scope)
    if consent is None:
        return Answer(scope, Standing.NEVER)
    notice = export.notices.get(consent.notice_hash)
    said = sum(event.consent.scope is scope for event in export.events_of(participant_id))
    return Answer(
        scope,
        _standing(export, consent),
        consent,
        export.label_of(consent.given_by),
        notice.language_name if notice else consent.notice_language,
        said > 1,
        export.against(consent),
    )


def _standing(export: CaseExport, consent: Consent) -> Standing:
    if consent.decision is Decision.WITHDRAWN:
        return Standing.TAKEN_BACK
    if export.stands(consent):
        return Standing.YES
    return Standing.NOT_COUNTED if export.against(consent) else Standing.RAN_OUT


def _recording(export: CaseExport, facts: Recording) -> ReceiptRecording:
    handed = (transfer.recipient for transfer in export.transfers if transfer.recording_id == facts.recording_id)
    return ReceiptRecording(
        facts,
        facts.state is RecordingState.ERASED,
        any(facts.recording_id.encode() in one.data for one in export.receipts),
        tuple(dict.fromkeys(recipient for recipient in handed if recipient)),
    )
