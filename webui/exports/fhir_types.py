"""The few shapes of HL7 FHIR R4 that a consent needs, as JSON has them. Types only: holds no case and chooses no code.

Source: FHIR R4 (4.0.1): Bundle, Consent, Patient, RelatedPerson, data types. An empty element is left out, for FHIR knows none.
"""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of all: names in camelCase, what is empty is left out."""


class Coding(Shape, frozen=True, kw_only=True):
    code: str
    system: str = ""
    display: str = ""


class Concept(Shape, frozen=True, kw_only=True):
    """CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str = ""


class Identifier(Shape, frozen=True, kw_only=True):
    system: str
    value: str


class Reference(Shape, frozen=True, kw_only=True):
    reference: str = ""
    display: str = ""


class Period(Shape, frozen=True, kw_only=True):
    start: str
    end: str = ""


class Attachment(Shape, frozen=True, kw_only=True):
    """`data` and `hash` are base64; `hash` is SHA-1, because R4 says so."""

    content_type: str
    title: str
    language: str = ""
    data: str = ""
    url: str = ""
    hash: str = ""


class Policy(Shape, frozen=True, kw_only=True):
    uri: str


class Provision(Shape, frozen=True, kw_only=True):
    type: str
    period: Period | None = None
    action: tuple[Concept, ...] = ()
    purpose: tuple[Coding, ...] = ()
    klass: tuple[Coding, ...] = msgspec.field(default=(), name="class")
    code: tuple[Concept, ...] = ()
    provision: tuple[Provision, ...] = ()


class Narrative(Shape, frozen=True, kw_only=True):
    """`div` is XHTML."""

    status: str
    div: str


class Resource(Shape, frozen=True, kw_only=True, tag_field="resourceType", tag=str):
    """Base of what stands on its own."""

    id: str


class Patient(Resource, frozen=True, kw_only=True):
    """Somebody in the film, by label: no name, no date of birth."""

    identifier: tuple[Identifier, ...]
    text: Narrative


class RelatedPerson(Resource, frozen=True, kw_only=True):
    """Who spoke for a child."""

    identifier: tuple[Identifier, ...]
    patient: Reference
    relationship: tuple[Concept, ...]
    text: Narrative


class Consent(Resource, frozen=True, kw_only=True):
    text: Narrative
    identifier: tuple[Identifier, ...]
    status: str
    scope: Concept
    category: tuple[Concept, ...]
    patient: Reference
    date_time: str
    performer: tuple[Reference, ...]
    organization: tuple[Reference, ...] = ()
    source_attachment: Attachment
    policy: tuple[Policy, ...]
    policy_rule: Concept
    provision: Provision


class Entry(Shape, frozen=True, kw_only=True):
    full_url: str
    resource: Patient | RelatedPerson | Consent


class Bundle(Resource, frozen=True, kw_only=True):
    """A collection: what belongs together, and asks nothing of whoever receives it."""

    type: str
    timestamp: str
    identifier: Identifier
    entry: tuple[Entry, ...] = ()
