"""`consent.json`: the schema holds for any case, every event stands in it once, and no lawful basis is made up."""

from __future__ import annotations

import json
from pathlib import Path

import fastjsonschema
import pytest
from case_exports import ADULT, CHILD, GONE, UNKNOWN_HASH, consent, exports, family
from hypothesis import given, settings

from capture.messages.exports import PlacedConsent
from capture.model import Decision, Scope
from webui.exports.case_export import CaseExport
from webui.exports.consent_record import consent_json
from webui.exports.purposes import TERMS
from webui.service import Service

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "consent.schema.json").read_text("utf-8"))
check_schema = fastjsonschema.compile(SCHEMA)


def events_of(document: dict) -> list[dict]:
    return [event for record in document["consent_records"] for event in record["events"]]


@given(exports)
@settings(max_examples=40, deadline=None)
def test_any_case_holds_to_the_published_schema(export: CaseExport) -> None:
    check_schema(json.loads(consent_json(export)))


@given(exports)
@settings(max_examples=40, deadline=None)
def test_every_event_stands_once_in_the_order_of_signing(export: CaseExport) -> None:
    document = json.loads(consent_json(export))
    assert document["vigcam_events"] == len(events_of(document)) == len(export.consents)
    by_statement = {event["vigcam_statement"]: event for event in events_of(document)}
    for placed in export.consents:
        event = by_statement.pop(placed.sequence)
        assert event["vigcam_statement_hash"] == placed.statement_hash
        assert event["vigcam_consent_id"] == placed.consent.consent_id
        assert event["vigcam_scope"] == placed.consent.scope.value
        assert event["entity_id"] == placed.consent.given_by
        is_given = placed.consent.decision is Decision.GIVEN
        assert event["event_state"] == ("dpv:ConsentGiven" if is_given else "dpv:ConsentWithdrawn")
    assert not by_statement
    for record in document["consent_records"]:
        places = [event["vigcam_statement"] for event in record["events"]]
        assert places == sorted(places)


@given(exports)
@settings(max_examples=40, deadline=None)
def test_each_record_is_about_one_person_and_holds_all_their_events(export: CaseExport) -> None:
    for record in json.loads(consent_json(export))["consent_records"]:
        mine = [one for one in export.consents if one.consent.participant_id == record["pii_principal_id"]]
        assert [event["vigcam_consent_id"] for event in record["events"]] == [one.consent.consent_id for one in mine]


def test_without_a_statement_of_the_service_there_is_no_lawful_basis() -> None:
    text = consent_json(family()).decode()
    assert '"lawful_basis":' not in text.partition('"consent_records": [')[2]
    assert "dpv:hasLegalBasis" not in json.dumps(json.loads(text)["consent_records"])


def test_the_lawful_basis_is_the_services_own_words() -> None:
    service = Service(lawful_basis="UK GDPR Article 6(1)(e)", special_category_basis="UK GDPR Article 9(2)(h)")
    document = json.loads(consent_json(family(service=service)))
    said = {entry["lawful_basis"] for record in document["consent_records"] for entry in record["pii_processing"]["purposes"]}
    assert said == {"UK GDPR Article 6(1)(e); UK GDPR Article 9(2)(h)"}


def test_how_somebody_agreed_is_not_mapped_to_a_legal_basis() -> None:
    context = json.loads(consent_json(family()))["@context"]
    assert context["lawful_basis"]["@id"] == "dpv:hasLegalBasis"
    assert [name for name, term in context.items() if "hasLegalBasis" in str(term)] == ["lawful_basis"]


def test_what_the_service_did_not_say_is_said_to_be_missing() -> None:
    record = json.loads(consent_json(family()))["consent_records"][0]
    controller = record["party_identification"][0]
    assert controller["party_name"] == controller["party_address"] == "not recorded on this box"


def test_whoever_is_no_longer_of_the_case_keeps_their_record() -> None:
    records = {one["pii_principal_id"]: one for one in json.loads(consent_json(family()))["consent_records"]}
    assert set(records) == {ADULT, CHILD, GONE}
    assert records[GONE]["party_identification"][1]["vigcam_is_removed"] is True


def test_who_spoke_for_a_child_stands_beside_it() -> None:
    record = next(one for one in json.loads(consent_json(family()))["consent_records"] if one["pii_principal_id"] == CHILD)
    assert [(party["party_name"], party["party_type"]) for party in record["party_identification"][1:]] == [
        ("Child A", "PII principal"),
        ("Adult A", "representative"),
    ]


def test_the_words_of_a_text_that_this_software_does_not_know_are_not_made_up() -> None:
    event = PlacedConsent(consent=consent(1, ADULT, Scope.FILM, notice_hash=UNKNOWN_HASH), sequence=3, statement_hash="0" * 64)
    record = json.loads(consent_json(family(consents=(event,))))["consent_records"][0]
    assert record["pii_processing"]["privacy_notice"] == [
        {"vigcam_sha256": UNKNOWN_HASH, "vigcam_version": event.consent.notice_version, "language": "en"}
    ]


def test_a_yes_says_how_long_it_holds_and_a_withdrawal_that_it_holds_for_good() -> None:
    events = {event["vigcam_statement"]: event for event in events_of(json.loads(consent_json(family())))}
    assert (events[8]["validity_duration"], events[8]["vigcam_valid_until"]) == ("P90D", "2026-12-22T11:06:40.000Z")
    assert events[12]["validity_duration"] == "dpv:EndlessDuration"
    assert "vigcam_valid_until" not in events[12]


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_has_its_terms(scope: Scope) -> None:
    assert TERMS[scope].words
