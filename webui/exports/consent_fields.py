"""The consent record's fields as ISO/IEC TS 27560:2023 names them, grouped as in its clause 6.3. Types only: holds no case.

Source: the W3C community guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV", which lists the names.
What the standard has no field for begins with `vigcam_`. `docs/exports.md` says where each value comes from.
"""

from __future__ import annotations

import msgspec


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """6.3.6, party identification."""

    party_id: str
    party_name: str
    party_role: str
    party_type: str
    party_address: str = ""
    party_contact: str = ""
    party_url: str = ""
    vigcam_is_child: bool = False
    vigcam_is_removed: bool = False
    vigcam_parental_responsibility: str = ""
    vigcam_responsibility_basis: str = ""
    vigcam_evidence_seen_by: str = ""
    vigcam_assent_noted: bool = False


class PrivacyNotice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text that was read, by the hash of its exact words; `vigcam_text` are those words, where this software knows them."""

    vigcam_sha256: str
    vigcam_version: str
    language: str
    vigcam_verified_by: str = ""
    vigcam_verified_on: str = ""
    vigcam_text: str = ""


class Information(msgspec.Struct, frozen=True, kw_only=True):
    """6.3.5, PII information."""

    pii_type: str
    pii_attribute_id: str
    pii_optional: bool
    sensitive_pii_category: bool


class PurposeEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """6.3.4, one purpose: a scope of vigcam."""

    purpose: str
    purpose_type: str
    pii_information: tuple[Information, ...]
    pii_controllers: tuple[str, ...]
    collection_method: str
    processing_method: str
    storage_locations: tuple[str, ...]
    retention_period: str
    processing_locations: tuple[str, ...]
    geographic_restrictions: str
    jurisdiction: str
    recipient_third_parties: tuple[str, ...]
    withdrawal_method: str
    privacy_rights: str
    service: str
    vigcam_scope: str
    lawful_basis: str = ""
    authority_party: str = ""


class Processing(msgspec.Struct, frozen=True, kw_only=True):
    """6.3.4, PII processing."""

    privacy_notice: tuple[PrivacyNotice, ...]
    language: tuple[str, ...]
    purposes: tuple[PurposeEntry, ...]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """6.3.7, one consent event, in the order of signing."""

    event_time: str
    validity_duration: str
    entity_id: str
    event_type: str
    event_state: str
    vigcam_consent_id: str
    vigcam_scope: str
    vigcam_statement: int
    vigcam_statement_hash: str
    vigcam_time_confidence: str
    vigcam_indication: str
    vigcam_notice_sha256: str
    vigcam_notice_verified: bool
    vigcam_interpreter_used: bool
    valid_until: str = msgspec.field(default="", name="vigcam_valid_until")
    witness: str = msgspec.field(default="", name="vigcam_witness")
    not_counted: tuple[str, ...] = msgspec.field(default=(), name="vigcam_not_counted")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """6.3.2, one consent record: about one person."""

    type: str = msgspec.field(name="@type")
    schema_version: str
    record_id: str
    pii_principal_id: str
    pii_processing: Processing
    party_identification: tuple[Party, ...]
    events: tuple[Event, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """`consent.json`: a record for each person of the case. `context` is the JSON-LD one."""

    context: dict[str, object] = msgspec.field(name="@context")
    id: str = msgspec.field(name="@id")
    vigcam_case: str
    vigcam_box: str
    vigcam_made: str
    vigcam_time_confidence: str
    vigcam_made_by: str
    vigcam_events: int
    consent_records: tuple[Record, ...]
