"""`consent.fhir.json`: the case's consents as HL7 FHIR R4, a Bundle of type `collection`. Judges nothing and names nobody.

One Consent for each person and text read. R4 gives a Consent at most one `patient` and one source, and says that one of scope
`patient-privacy` has a patient (ppc-2): one for the whole case could say neither of whom it is nor what was read. Its root
provision denies; inside it each scope that was said yes to is permitted for its time, each that was taken back is denied from
then on, and each whose yes the box's gate does not count is denied. The status is `active` while a yes of it stands, else
`inactive`, R4's word for terminated or replaced.
`docs/exports.md` gives the source of every element.
"""

from __future__ import annotations

import base64
import hashlib
import uuid

import msgspec

from capture.messages.exports import PlacedConsent
from capture.model import Decision, Scope
from webui.exports import fhir_codes as codes
from webui.exports import narrative
from webui.exports.case_export import CaseExport
from webui.exports.dpv_context import NAMESPACE
from webui.exports.fhir_types import (
    Attachment,
    Bundle,
    Consent,
    Entry,
    Patient,
    Period,
    Policy,
    Provision,
    Reference,
    RelatedPerson,
)
from webui.exports.instants import iso

_Events = tuple[PlacedConsent, ...]


def fhir_json(export: CaseExport) -> bytes:
    """The Bundle, indented for people, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(_bundle(export)), indent=2) + b"\n"


def _bundle(export: CaseExport) -> Bundle:
    groups = _groups(export)
    givers = dict.fromkeys((person, event.consent.given_by) for (person, _), events in groups.items() for event in events)
    resources: list[Patient | RelatedPerson | Consent] = [_patient(export, person) for person in export.subjects]
    resources += [_related(export, person, giver) for person, giver in givers if giver != person]
    resources += [_consent(export, person, notice_hash, events) for (person, notice_hash), events in groups.items()]
    return Bundle(
        id=_id(export, "bundle"),
        type="collection",
        timestamp=iso(export.made.ms),
        identifier=codes.identifier("case", export.case.code),
        entry=tuple(Entry(full_url=f"urn:uuid:{one.id}", resource=one) for one in resources),
    )


def _groups(export: CaseExport) -> dict[tuple[str, str], _Events]:
    """By person and text read, each in the order of signing."""
    found: dict[tuple[str, str], list[PlacedConsent]] = {}
    for person in export.subjects:
        for event in export.events_of(person):
            found.setdefault((person, event.consent.notice_hash), []).append(event)
    return {key: tuple(events) for key, events in found.items()}


def _patient(export: CaseExport, person: str) -> Patient:
    return Patient(
        id=_id(export, "person", person),
        identifier=(codes.identifier("person", person),),
        text=narrative.of_person(export.person(person), export.label_of(person)),
    )


def _related(export: CaseExport, person: str, giver: str) -> RelatedPerson:
    return RelatedPerson(
        id=_id(export, "related", person, giver),
        identifier=(codes.identifier("person", giver),),
        patient=_reference(export, person),
        relationship=(codes.relationship(export.person(giver)),),
        text=narrative.of_person(export.person(giver), export.label_of(giver)),
    )


def _consent(export: CaseExport, person: str, notice_hash: str, events: _Events) -> Consent:
    performers = dict.fromkeys(event.consent.given_by for event in events)
    service = narrative.clean(export.service.name)
    return Consent(
        id=_id(export, "consent", person, notice_hash),
        text=narrative.of_events(export, export.label_of(person), events),
        identifier=tuple(codes.identifier("consent", event.consent.consent_id) for event in events),
        status="active" if any(export.stands(event.consent) for event in events) else "inactive",
        scope=codes.PRIVACY,
        category=(codes.CATEGORY,),
        patient=_reference(export, person),
        date_time=iso(events[-1].consent.given.ms),
        performer=tuple(_reference(export, person, giver) for giver in performers),
        organization=(Reference(display=service),) if service else (),
        source_attachment=_source(export, events[-1]),
        policy=(Policy(uri=codes.hash_name(notice_hash)),),
        policy_rule=codes.DENIED_BUT_FOR,
        provision=Provision(type="deny", provision=_provisions(export, person, notice_hash, events)),
    )


def _provisions(export: CaseExport, person: str, notice_hash: str, events: _Events) -> tuple[Provision, ...]:
    asked = {event.consent.scope for event in events}
    found = (_provision(export, person, notice_hash, scope) for scope in Scope if scope in asked)
    return tuple(provision for provision in found if provision is not None)


def _provision(export: CaseExport, person: str, notice_hash: str, scope: Scope) -> Provision | None:
    """None where a later yes, after another text, has taken this one's place: it stands in that text's Consent."""
    deciding = export.deciding(person, scope)
    if deciding is None or (deciding.decision is Decision.GIVEN and deciding.notice_hash != notice_hash):
        return None
    start, is_given, against = deciding.given.ms, deciding.decision is Decision.GIVEN, export.against(deciding)
    period = Period(start=iso(start), end=iso(max(start, deciding.expires_ms)) if is_given else "")
    return Provision(
        type="permit" if is_given and not against else "deny",
        period=None if against else period,
        action=(codes.action(scope),),
        purpose=(codes.use(scope),),
        klass=(codes.media(scope),),
        code=(codes.named(scope),),
    )


def _source(export: CaseExport, event: PlacedConsent) -> Attachment:
    """The text read: whole with R4's SHA-1 where this software knows it, always by its SHA-256 in the name."""
    consent = event.consent
    known = export.notices.get(consent.notice_hash)
    text = known.text.encode() if known else b""
    return Attachment(
        content_type="text/plain; charset=utf-8",
        language=narrative.clean(consent.notice_language),
        title=narrative.clean(f"Consent text {consent.notice_language} {consent.notice_version}"),
        url=codes.hash_name(consent.notice_hash),
        data=base64.b64encode(text).decode(),
        hash=base64.b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode() if known else "",
    )


def _reference(export: CaseExport, person: str, giver: str = "") -> Reference:
    """To a person, or to who spoke for them."""
    if giver in ("", person):
        return Reference(reference=f"urn:uuid:{_id(export, 'person', person)}")
    return Reference(reference=f"urn:uuid:{_id(export, 'related', person, giver)}")


def _id(export: CaseExport, *parts: str) -> str:
    """The same thing of the same case always has the same one: UUID version 5."""
    return str(uuid.uuid5(NAMESPACE, "/".join((export.box_id, export.case.code, *parts))))
