"""docs/exports.md against the documents: every field, member and name that leaves the box is explained there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from case_exports import family, noted

from capture.consent.statements import AnyContent, Content, Statement
from capture.messages.exports import ExportKind, KnownPerson, PlacedArming, PlacedTransfer
from capture.model import Arming, Case, Consent, ErasedRecording, ErasureReceipt, Manifest, Participant, Recording, Signer
from webui.exports import bundle, consent_fields, fhir_codes, fhir_types
from webui.exports.consent_record import consent_json
from webui.exports.fhir import fhir_json
from webui.notes import Notes
from webui.service import Service, read_service

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "exports.md").read_text("utf-8")

RECORD_TYPES = [one for one in vars(consent_fields).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]


def keys_of(value: object) -> set[str]:
    match value:
        case dict():
            return set(value) | {key for one in value.values() for key in keys_of(one)}
        case list():
            return {key for one in value for key in keys_of(one)}
        case _:
            return set()


FHIR_TYPES = (
    fhir_types.Bundle, fhir_types.Entry, fhir_types.Patient, fhir_types.RelatedPerson, fhir_types.Consent, fhir_types.Attachment,
    fhir_types.Policy, fhir_types.Provision,
)  # fmt: skip
"""What we chose to fill; the parts of R4's own data types (a Coding's system, a Period's end) R4 explains."""

SAID: tuple[type[Content], ...] = get_args(AnyContent)

OWN_FILES: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "`case.json`:": (bundle.CaseFacts, KnownPerson, Participant),
    "`armings.json`:": (PlacedArming, Arming),
    "`recordings.json`:": (Recording,),
    "`transfers.json`:": (PlacedTransfer,),
    "`recording-manifests.jsonl`,": (Manifest,),
    "`erasure-receipts.jsonl`,": (ErasureReceipt, ErasedRecording),
    "`statements.jsonl`,": (Statement, *SAID, Case, Consent),
    "`signers.jsonl`,": (Signer,),
    "`manifest.json`:": (bundle.Contents, bundle.Listed),
}


def explained(heading: str) -> set[str]:
    """The names in the first column of the first table behind this heading."""
    _, found, rest = PAGE.partition(f"\n{heading}")
    assert found, heading
    rows = re.match(r"(?:(?!\n\|).)*\n((?:\|[^\n]*\n)+)", rest, re.DOTALL)
    assert rows, heading
    return {name for row in rows[1].splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def fields_of(kinds: Iterable[type[msgspec.Struct]]) -> set[str]:
    return {name for kind in kinds for name in kind.__struct_encode_fields__}


def test_the_fields_of_the_consent_record_and_those_that_are_explained_are_the_same() -> None:
    assert explained("## consent.json") == fields_of(RECORD_TYPES)


def test_the_elements_of_the_fhir_bundle_and_those_that_are_explained_are_the_same() -> None:
    told = {name.rpartition(".")[2] for name in explained("## consent.fhir.json")}
    assert told == fields_of(FHIR_TYPES)


def test_the_members_of_the_zip_and_those_that_are_explained_are_the_same() -> None:
    names = {one.name for one in bundle.members(family(notes=noted(Notes(question="q"))), b"")}
    assert explained("## The ZIP") == {name if "/" not in name else f"{name.partition('/')[0]}/<sha256>.txt" for name in names}


@pytest.mark.parametrize("heading", OWN_FILES)
def test_the_fields_of_each_file_of_the_zip_and_those_that_are_explained_are_the_same(heading: str) -> None:
    assert explained(heading) == fields_of(OWN_FILES[heading])


@pytest.mark.parametrize("content", SAID)
def test_every_type_of_statement_is_named_with_its_fields(content: type[Content]) -> None:
    _, _, rest = PAGE.partition("\n`statements.jsonl`,")
    table, _, _ = rest.partition("\n`signers.jsonl`,")
    rows = [row for row in table.splitlines() if f"`{content.__struct_config__.tag}`" in row]
    assert set(content.__struct_encode_fields__) <= {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert rows


def test_every_file_of_fields_in_the_zip_has_them_explained() -> None:
    with_fields = {name for name in explained("## The ZIP") if name.endswith((".json", "s.jsonl"))}
    assert with_fields == {heading.strip("`:,") for heading in OWN_FILES} | {"consent.json", "consent.fhir.json"}


@pytest.mark.parametrize("kind", ["case", "person", "consent"])
def test_the_names_of_our_identifiers_are_told(kind: str) -> None:
    assert fhir_codes.identifier(kind, "x").system in PAGE
    assert fhir_codes.SCOPE_SYSTEM in PAGE


def test_every_kind_of_export_is_named_where_the_log_is_explained() -> None:
    told = (ROOT / "docs" / "audit-log.md").read_text("utf-8")
    assert not [kind for kind in ExportKind if f"`{kind.value}`" not in told]


def test_every_field_in_the_context_is_a_field_of_the_record() -> None:
    document = json.loads(consent_json(family(service=Service(lawful_basis="x", web="y", authority="z"))))
    context = document.pop("@context")
    prefixes = {"@version", "@vocab", "dpv", "pd", "dct", "skos", "schema", "xsd"}
    assert set(context) - prefixes <= keys_of(document)


def test_every_key_of_the_services_file_is_explained(tmp_path: Path) -> None:
    assert not [name for name in Service.__struct_fields__ if f"`{name}`" not in PAGE]
    path = tmp_path / "service.toml"
    path.write_text("\n".join(f'{name} = "said"' for name in Service.__struct_fields__), "utf-8")
    assert set(msgspec.structs.asdict(read_service(path)).values()) == {"said"}


def test_a_key_that_a_services_file_may_not_have_is_named(tmp_path: Path) -> None:
    path = tmp_path / "service.toml"
    path.write_text('lawful_bases = "consent"', "utf-8")
    with pytest.raises(ValueError, match="lawful_bases"):
        read_service(path)


def test_no_document_says_more_than_a_label_about_a_person() -> None:
    for document in (consent_json(family()), fhir_json(family())):
        assert not {"birthDate", "name", "telecom", "gender"} & keys_of(json.loads(document))
