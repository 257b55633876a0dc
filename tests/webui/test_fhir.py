"""`consent.fhir.json`: valid R4 for any case, root denied, a permit for each yes that counts and for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json

from case_exports import ADULT, CHILD, ENGLISH, NOW_MS, TEXTS, UNKNOWN_HASH, consent, exports, family
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings

from capture.messages.exports import PlacedConsent
from capture.model import Confidence, Consent, Decision, Scope, WallTime
from webui.exports.case_export import CaseExport
from webui.exports.fhir import fhir_json

STATUSES = {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}


def consents_of(export: CaseExport) -> list[dict]:
    entries = json.loads(fhir_json(export)).get("entry", [])
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Consent"]


def of_person(export: CaseExport, label: str) -> dict:
    return next(one for one in consents_of(export) if f": {label}<" in one["text"]["div"])


def rules_of(resource: dict) -> dict[str, dict]:
    return {rule["code"][0]["coding"][0]["code"]: rule for rule in resource["provision"]["provision"]}


def with_events(*events: Consent, **changed: object) -> CaseExport:
    placed = (PlacedConsent(consent=one, sequence=at, statement_hash="0" * 64) for at, one in enumerate(events, start=1))
    return family(consents=tuple(placed), **changed)


@given(exports)
@settings(max_examples=40, deadline=None)
def test_any_case_is_a_valid_r4_bundle(export: CaseExport) -> None:
    Bundle.model_validate_json(fhir_json(export))


@given(exports)
@settings(max_examples=40, deadline=None)
def test_no_element_is_empty_and_every_reference_is_in_the_bundle(export: CaseExport) -> None:
    def walk(value: object) -> None:
        assert value not in ("", [], {}, None)
        match value:
            case dict():
                for one in value.values():
                    walk(one)
            case list():
                for one in value:
                    walk(one)

    bundle = json.loads(fhir_json(export))
    walk(bundle)
    there = {entry["fullUrl"] for entry in bundle.get("entry", [])}
    assert len(there) == len(bundle.get("entry", []))
    for consent_found in consents_of(export):
        for one in (consent_found["patient"], *consent_found["performer"]):
            assert one["reference"] in there


@given(exports)
@settings(max_examples=40, deadline=None)
def test_what_is_permitted_is_what_was_said_yes_to_last(export: CaseExport) -> None:
    permitted, denied = set(), set()
    for resource in consents_of(export):
        assert resource["status"] in STATUSES
        assert resource["provision"]["type"] == "deny"
        person = resource["patient"]["reference"]
        for code, rule in rules_of(resource).items() if "provision" in resource["provision"] else ():
            (permitted if rule["type"] == "permit" else denied).add((person, code))
    people = {entry["fullUrl"]: entry["resource"] for entry in json.loads(fhir_json(export)).get("entry", [])}
    named = {url: one["identifier"][0]["value"] for url, one in people.items() if one["resourceType"] == "Patient"}
    last = {(one.consent.participant_id, one.consent.scope.value): one for one in export.consents}
    counted = {key for key, one in last.items() if one.consent.decision is Decision.GIVEN and not one.against}
    assert {(named[person], code) for person, code in permitted} == counted
    assert {(named[person], code) for person, code in denied} == set(last) - counted


@given(exports)
@settings(max_examples=40, deadline=None)
def test_every_event_is_named_once(export: CaseExport) -> None:
    named = [one["value"] for resource in consents_of(export) for one in resource["identifier"]]
    assert sorted(named) == sorted(one.consent.consent_id for one in export.consents)


@given(exports)
@settings(max_examples=40, deadline=None)
def test_a_consent_is_active_only_while_a_yes_of_it_stands(export: CaseExport) -> None:
    standing = {one.consent.consent_id for one in export.consents if export.stands(one.consent)}
    for resource in consents_of(export):
        mine = {one["value"] for one in resource["identifier"]}
        assert (resource["status"] == "active") == bool(mine & standing)


@given(exports)
@settings(max_examples=40, deadline=None)
def test_no_period_ends_before_it_begins(export: CaseExport) -> None:
    for resource in consents_of(export):
        for rule in resource["provision"].get("provision", ()):
            period = rule.get("period", {"start": ""})
            assert period.get("end", "~") >= period["start"]


def test_a_scope_that_was_taken_back_is_denied_from_then_on() -> None:
    rules = rules_of(of_person(family(), "Adult A"))
    assert rules["film"]["type"] == "permit"
    assert rules["supervision"]["type"] == "deny"
    assert rules["supervision"]["period"] == {"start": "2026-09-25T11:06:40.000Z"}


def test_a_person_whose_every_yes_was_taken_back_has_an_inactive_consent() -> None:
    export = with_events(consent(1, ADULT, Scope.FILM), consent(2, ADULT, Scope.FILM, Decision.WITHDRAWN))
    assert [one["status"] for one in consents_of(export)] == ["inactive"]


def test_a_yes_that_ran_out_keeps_its_period_and_its_consent_is_inactive() -> None:
    export = with_events(consent(1, ADULT, Scope.FILM, expires_ms=NOW_MS - 1))
    (found,) = consents_of(export)
    assert found["status"] == "inactive"
    assert rules_of(found)["film"]["period"]["end"] == "2026-11-18T11:06:39.999Z"


def test_a_yes_that_the_gate_does_not_count_is_denied_and_says_why() -> None:
    said = PlacedConsent(
        consent=consent(1, CHILD, Scope.FILM), sequence=1, statement_hash="0" * 64, against=("giver_not_responsible",)
    )
    (found,) = consents_of(family(consents=(said,)))
    assert found["status"] == "inactive"
    assert rules_of(found)["film"]["type"] == "deny"
    assert "period" not in rules_of(found)["film"]
    assert "not counted: giver_not_responsible" in found["text"]["div"]


def test_a_yes_after_another_text_is_permitted_there_and_nowhere_else() -> None:
    export = with_events(consent(1, ADULT, Scope.FILM, notice_hash=UNKNOWN_HASH), consent(2, ADULT, Scope.FILM))
    old, new = consents_of(export)
    assert (old["status"], new["status"]) == ("inactive", "active")
    assert "provision" not in old["provision"]
    assert set(rules_of(new)) == {"film"}


def test_the_text_read_is_attached_with_the_hash_that_r4_asks_for_and_ours_in_its_name() -> None:
    (found, *_) = consents_of(family())
    source = found["sourceAttachment"]
    text = base64.b64decode(source["data"])
    assert text == ENGLISH.text.encode()
    assert base64.b64decode(source["hash"]) == hashlib.sha1(text).digest()
    assert base64.urlsafe_b64decode(source["url"].removeprefix("ni:///sha-256;") + "=") == hashlib.sha256(text).digest()


def test_a_text_that_this_software_does_not_know_is_named_by_its_hash_alone() -> None:
    (found,) = consents_of(with_events(consent(1, ADULT, Scope.FILM, notice_hash=UNKNOWN_HASH)))
    assert {"data", "hash"}.isdisjoint(found["sourceAttachment"])
    assert found["sourceAttachment"]["url"].startswith("ni:///sha-256;")


def test_who_spoke_for_a_child_is_a_related_person_of_that_child() -> None:
    bundle = json.loads(fhir_json(family()))
    child = of_person(family(), "Child A")
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    (performer,) = (by_url[one["reference"]] for one in child["performer"])
    assert performer["resourceType"] == "RelatedPerson"
    assert performer["patient"] == child["patient"]
    assert by_url[child["patient"]["reference"]]["identifier"][0]["value"] == CHILD


def test_a_label_cannot_become_markup() -> None:
    people = family().people
    named = type(people[0].participant)(
        participant_id=ADULT, label="<script>&\x00", role=people[0].participant.role, is_child=False
    )
    text = fhir_json(family(people=(type(people[0])(participant=named),))).decode()
    assert "<script>" not in text
    assert "&lt;script&gt;&amp;\ufffd" in text


def test_no_wrong_clock_spoils_the_document() -> None:
    for ms in (-(2**60), 2**60):
        export = with_events(consent(1, ADULT, Scope.FILM, given=WallTime(ms=ms, confidence=Confidence.NONE), expires_ms=ms))
        Bundle.model_validate_json(fhir_json(export))


def test_the_texts_of_these_tests_are_the_ones_the_box_has() -> None:
    assert TEXTS[ENGLISH.text_hash] is ENGLISH
