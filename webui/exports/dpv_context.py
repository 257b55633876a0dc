"""The JSON-LD context of `consent.json`: for which term of W3C's Data Privacy Vocabulary each ISO field stands. Fetches nothing.

Sources: W3C JSON-LD 1.1; the W3C community guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV", whose
mapping this is, but for one field: `event_type` says how somebody agreed and is *not* mapped to `dpv:hasLegalBasis`, for the
lawful basis is the service's to state. What has no counterpart in DPV has a name of this document's own.
"""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6d1f8a52-6e0b-4d53-9a5c-0f7c6b1b4f0e")
"""What is vigcam's own is named by this constant random number, for vigcam has no address on the web."""

OWN = f"{NAMESPACE.urn}#"


def _term(iri: str, kind: str = "") -> dict[str, str]:
    return {"@id": iri, "@type": kind} if kind else {"@id": iri}


def _in_order(iri: str) -> dict[str, str]:
    return {"@id": iri, "@container": "@list"}


CONTEXT: dict[str, object] = {
    "@version": 1.1,
    "@vocab": OWN,
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "consent_records": _in_order("dct:hasPart"),
    "schema_version": _term("dct:conformsTo", "@id"),
    "record_id": _term("dpv:hasIdentifier"),
    "pii_principal_id": _term("dpv:hasDataSubject"),
    "privacy_notice": _term("dpv:hasNotice"),
    "language": _term("dct:language"),
    "purposes": _term("dpv:hasProcess"),
    "purpose": _term("dpv:hasPurpose"),
    "purpose_type": _term("skos:broader", "@vocab"),
    "lawful_basis": _term("dpv:hasLegalBasis"),
    "pii_information": _term("dpv:hasPersonalData"),
    "pii_type": _term("skos:broader", "@vocab"),
    "pii_attribute_id": _term("dct:identifier"),
    "pii_controllers": _term("dpv:hasDataController"),
    "collection_method": _term("dpv:hasDataSource"),
    "processing_method": _term("dpv:hasProcessing", "@vocab"),
    "storage_locations": _term("dpv:hasStorageCondition"),
    "retention_period": _term("dpv:hasStorageCondition"),
    "processing_locations": _term("dpv:hasProcessingCondition"),
    "geographic_restrictions": _term("dpv:hasRule"),
    "jurisdiction": _term("dpv:hasJurisdiction"),
    "recipient_third_parties": _term("dpv:hasRecipient"),
    "withdrawal_method": _term("dpv:hasConsentControl"),
    "privacy_rights": _term("dpv:hasRight"),
    "service": _term("dpv:hasService"),
    "authority_party": _term("dpv:hasAuthority"),
    "party_identification": _term("dpv:hasEntity"),
    "party_id": _term("dpv:hasIdentifier"),
    "party_name": _term("dpv:hasName"),
    "party_role": _term("@type"),
    "party_address": _term("dpv:hasAddress"),
    "party_contact": _term("dpv:hasContact"),
    "party_url": _term("schema:url"),
    "events": _in_order("dpv:hasConsentStatus"),
    "event_state": _term("@type"),
    "event_time": _term("dpv:isIndicatedAtTime", "xsd:dateTime"),
    "validity_duration": _term("dpv:hasDuration"),
    "entity_id": _term("dpv:isIndicatedBy"),
    "vigcam_indication": _term("dpv:hasIndicationMethod"),
}
