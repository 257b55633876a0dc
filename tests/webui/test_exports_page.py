"""docs/exports.md against the documents: every field, member and name that leaves the box is explained there."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from case_exports import family

from capture.messages.exports import ExportKind
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


@pytest.mark.parametrize("kind", RECORD_TYPES, ids=lambda kind: kind.__name__)
def test_every_field_of_the_consent_record_is_explained(kind: type[msgspec.Struct]) -> None:
    assert not [name for name in kind.__struct_encode_fields__ if f"`{name}`" not in PAGE]


def test_every_element_of_a_fhir_consent_is_explained() -> None:
    told = PAGE.partition("## consent.fhir.json")[2]
    assert not [name for name in fhir_types.Consent.__struct_encode_fields__ if f"`{name}`" not in told]
    assert not [name for name in fhir_types.Provision.__struct_encode_fields__ if name != "provision" and name not in told]


def test_every_member_of_the_zip_is_explained() -> None:
    names = {one.name for one in bundle.members(family(notes=Notes(question="q")), b"")}
    told = {name if "/" not in name else f"{name.partition('/')[0]}/<sha256>.txt" for name in names}
    assert not [name for name in told if f"`{name}`" not in PAGE]
    assert not [name for name in bundle.Contents.__struct_encode_fields__ if f"`{name}`" not in PAGE]


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
