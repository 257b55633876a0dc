"""The human-readable half of a FHIR resource, in XHTML: what a consent event says that R4 has no element for. Decides nothing.

Sources: FHIR R4, "Narrative" (`generated`: made from the data); XML 1.0, 2.2 (the characters that may stand in it).
"""

from __future__ import annotations

import re
from html import escape

from capture.messages.exports import PlacedConsent
from capture.model import Decision, Participant
from webui.exports.case_export import CaseExport
from webui.exports.fhir_codes import INDICATIONS
from webui.exports.fhir_types import Narrative
from webui.exports.instants import iso
from webui.exports.scopes import TERMS

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)


def of_person(person: Participant | None, label: str) -> Narrative:
    """Who somebody is to the box: a label and a role, no name."""
    kind = "person" if person is None else f"{'child' if person.is_child else 'adult'}, {person.role.value}"
    return _narrative([f"{label} ({kind}). The recording box knows no name."])


def of_events(export: CaseExport, label: str, events: tuple[PlacedConsent, ...]) -> Narrative:
    """One line for each event, in the order of signing."""
    return _narrative([f"Case {export.case.code}: {label}", *(_line(export, event) for event in events)])


def _line(export: CaseExport, event: PlacedConsent) -> str:
    consent = event.consent
    is_given = consent.decision is Decision.GIVEN
    verified = "verified" if consent.is_notice_verified else "not verified"
    against = export.against(consent)
    parts = [
        f"Statement {event.sequence}, {iso(consent.given.ms)} (clock: {consent.given.confidence.value})",
        f"{TERMS[consent.scope].words}: {'yes, until ' + iso(consent.expires_ms) if is_given else 'taken back'}",
        *((f"not counted: {', '.join(against)}",) if against else ()),
        f"by {export.label_of(consent.given_by)}, {INDICATIONS[consent.indication]}",
        f"witness: {consent.witness or 'none'}",
        f"interpreter: {'used' if consent.is_interpreter_used else 'not used'}",
        f"text: {consent.notice_language} {consent.notice_version}, {verified}, SHA-256 {consent.notice_hash}",
    ]
    return "; ".join(parts)


def _narrative(lines: list[str]) -> Narrative:
    paragraphs = "".join(f"<p>{escape(clean(line))}</p>" for line in lines)
    return Narrative(status="generated", div=f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>')
