"""The codes and names of `consent.fhir.json`, each with where it is defined. Knows no case.

Sources: HL7 Terminology (consentscope, v3-ActCode, v3-ActReason, consentaction, v3-RoleCode); LOINC 59284-0; BCP 13; RFC 6920.
"""

from __future__ import annotations

import base64
import uuid

from capture.model import Indication, Participant, Role, Scope
from webui.exports.dpv_context import NAMESPACE
from webui.exports.fhir_types import Coding, Concept, Identifier
from webui.exports.scopes import TERMS

_HL7 = "http://terminology.hl7.org/CodeSystem"

PRIVACY = Concept(coding=(Coding(system=f"{_HL7}/consentscope", code="patient-privacy", display="Privacy Consent"),))
CATEGORY = Concept(coding=(Coding(system="http://loinc.org", code="59284-0", display="Consent Document"),))
DENIED_BUT_FOR = Concept(
    coding=(Coding(system=f"{_HL7}/v3-ActCode", code="OPTOUTE", display="opt-out with exceptions"),),
    text="Nothing is permitted but what a nested provision permits.",
)

SCOPE_SYSTEM = uuid.uuid5(NAMESPACE, "scope").urn
"""Of the codes of vigcam's scopes. Source: RFC 9562, 5.5, for this and the other names made from `NAMESPACE`."""

INDICATIONS = {Indication.SIGNED_PAPER: "signed on paper", Indication.ON_THE_BOX: "said on the box, with the text read"}


def identifier(kind: str, value: str) -> Identifier:
    """An identifier of the box's own, of this kind: `case`, `person`, `consent`."""
    return Identifier(system=uuid.uuid5(NAMESPACE, kind).urn, value=value)


def action(scope: Scope) -> Concept:
    terms = TERMS[scope]
    return Concept(coding=(Coding(system=f"{_HL7}/consentaction", code=terms.action, display=terms.action_words),))


def use(scope: Scope) -> Coding:
    terms = TERMS[scope]
    return Coding(system=f"{_HL7}/v3-ActReason", code=terms.use, display=terms.use_words)


def media(scope: Scope) -> Coding:
    """What it is about, by media type."""
    return Coding(system="urn:ietf:bcp:13", code=TERMS[scope].media_type)


def named(scope: Scope) -> Concept:
    """The scope as the box names it."""
    return Concept(coding=(Coding(system=SCOPE_SYSTEM, code=scope.value),), text=TERMS[scope].words)


def relationship(giver: Participant | None) -> Concept:
    """What somebody who spoke for a child is to it; only what the box was told."""
    if giver is None:
        return Concept(text="not recorded")
    text = f"{giver.role.value}; parental responsibility: {giver.responsibility.value}"
    parent = Coding(system=f"{_HL7}/v3-RoleCode", code="PRN", display="parent")
    return Concept(coding=(parent,) if giver.role is Role.PARENT else (), text=text)


def hash_name(sha256_hex: str) -> str:
    """A URI that names the text by its hash. Source: RFC 6920, 3."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256_hex)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"
