"""`consent.json`: each person's consents as a record after ISO/IEC TS 27560:2023, in JSON-LD with W3C DPV. Judges nothing.

One record for each person who was ever asked, since a record is about one PII principal (6.3.3). Every consent event stands in
exactly one of them, in the order of signing.
"""

from __future__ import annotations

import uuid

import msgspec

from capture.messages.exports import PlacedConsent
from capture.model import Consent, Decision, Scope
from webui.exports.case_export import CaseExport
from webui.exports.consent_fields import Document, Event, Party, PrivacyNotice, Processing, Record
from webui.exports.dpv_context import CONTEXT, NAMESPACE
from webui.exports.instants import duration, iso
from webui.exports.purposes import controller, purpose
from webui.service import NOT_RECORDED

SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#record"

_STATES = {Decision.GIVEN: "dpv:ConsentGiven", Decision.WITHDRAWN: "dpv:ConsentWithdrawn"}


def consent_json(export: CaseExport) -> bytes:
    """The document, indented for people, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(_document(export)), indent=2) + b"\n"


def record_id(export: CaseExport, participant_id: str) -> str:
    """The same person of the same box always has the same record: UUID version 5. Source: RFC 9562, 5.5."""
    return str(uuid.uuid5(NAMESPACE, f"{export.box_id}/{export.case.code}/{participant_id}"))


def _document(export: CaseExport) -> Document:
    return Document(
        context=CONTEXT,
        id=f"urn:uuid:{record_id(export, '')}",
        vigcam_case=export.case.code,
        vigcam_box=export.box_id,
        vigcam_made=iso(export.made.ms),
        vigcam_time_confidence=export.made.confidence.value,
        vigcam_made_by=export.practitioner,
        vigcam_events=len(export.consents),
        consent_records=tuple(
            _record(export, participant_id) for participant_id in export.subjects if export.events_of(participant_id)
        ),
    )


def _record(export: CaseExport, participant_id: str) -> Record:
    events = export.events_of(participant_id)
    notices = tuple(dict.fromkeys(_notice(export, event.consent) for event in events))
    return Record(
        type="dpv:ConsentRecord",
        schema_version=SCHEMA,
        record_id=record_id(export, participant_id),
        pii_principal_id=participant_id,
        pii_processing=Processing(
            privacy_notice=notices,
            language=tuple(dict.fromkeys(notice.language for notice in notices)),
            purposes=tuple(purpose(export, scope) for scope in Scope if _is_asked(events, scope)),
        ),
        party_identification=(controller(export), *_parties(export, participant_id, events)),
        events=tuple(_event(event) for event in events),
    )


def _is_asked(events: tuple[PlacedConsent, ...], scope: Scope) -> bool:
    return any(event.consent.scope is scope for event in events)


def _notice(export: CaseExport, consent: Consent) -> PrivacyNotice:
    known = export.notices.get(consent.notice_hash)
    return PrivacyNotice(
        vigcam_sha256=consent.notice_hash,
        vigcam_version=consent.notice_version,
        language=consent.notice_language,
        vigcam_verified_by=known.verified_by if known else "",
        vigcam_verified_on=known.verified_on if known else "",
        vigcam_text=known.text if known else "",
    )


def _parties(export: CaseExport, participant_id: str, events: tuple[PlacedConsent, ...]) -> tuple[Party, ...]:
    """The person, and whoever spoke for them. Labels stand where the standard wants names: the box knows no others."""
    ids = dict.fromkeys([participant_id, *(event.consent.given_by for event in events)])
    return tuple(_party(export, one, "PII principal" if one == participant_id else "representative") for one in ids)


def _party(export: CaseExport, participant_id: str, party_type: str) -> Party:
    found = next((one for one in export.people if one.participant.participant_id == participant_id), None)
    role = "dpv:DataSubject" if party_type == "PII principal" else "dpv:Representative"
    if found is None:
        return Party(party_id=participant_id, party_name=NOT_RECORDED, party_role=role, party_type=party_type)
    person = found.participant
    return Party(
        party_id=participant_id,
        party_name=person.label,
        party_role=role,
        party_type=party_type,
        vigcam_is_child=person.is_child,
        vigcam_is_removed=found.is_removed,
        vigcam_parental_responsibility=person.responsibility.value,
        vigcam_responsibility_basis=person.basis,
        vigcam_evidence_seen_by=person.evidence_by,
        vigcam_assent_noted=person.assent_noted,
    )


def _event(placed: PlacedConsent) -> Event:
    consent = placed.consent
    is_given = consent.decision is Decision.GIVEN
    return Event(
        event_time=iso(consent.given.ms),
        validity_duration=duration(consent.expires_ms - consent.given.ms) if is_given else "dpv:EndlessDuration",
        entity_id=consent.given_by,
        event_type="explicit",
        event_state=_STATES[consent.decision],
        vigcam_consent_id=consent.consent_id,
        vigcam_scope=consent.scope.value,
        vigcam_statement=placed.sequence,
        vigcam_statement_hash=placed.statement_hash,
        vigcam_time_confidence=consent.given.confidence.value,
        vigcam_indication=consent.indication.value,
        vigcam_notice_sha256=consent.notice_hash,
        vigcam_notice_verified=consent.is_notice_verified,
        vigcam_interpreter_used=consent.is_interpreter_used,
        valid_until=iso(consent.expires_ms) if is_given else "",
        witness=consent.witness,
        not_counted=placed.against,
    )
