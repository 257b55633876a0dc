"""What a family may take away, from a real box: every document, its headers, its line in the log, and nobody else's case."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import fastjsonschema
import pytest
from fhir.resources.R4B.bundle import Bundle
from verify_script import ACCESS, Ending, run_this
from web_box import Browser, RealBox, case_with_consents, wait_for

from capture.audit.line import parse_line
from capture.manifest import read_manifest
from capture.receipts import read_receipt

DOCUMENTS = {
    "consent.json": "application/ld+json",
    "consent.fhir.json": "application/fhir+json",
    "audit-extract.jsonl": "application/jsonl",
    "everything.zip": "application/zip",
}
NOTE = "What helps Kofi at bedtime?"


@pytest.fixture(scope="module")
def code(box: RealBox, practitioner: Browser, recording: str) -> str:
    """The case of the recording, with a note, with a scope taken back, and with somebody who is no longer of it."""
    practitioner.stay_signed_in(box)
    page = practitioner.get(f"/recordings/{recording}").text
    code = page.partition("Recording of case ")[2][:8]
    assert practitioner.post(f"/cases/{code}/notes", {"question": NOTE, "remarks": ""}).status_code == 303
    return code


def files_of(signed_in: Browser, code: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(signed_in.get(f"/cases/{code}/everything.zip").data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def log_of(box: RealBox) -> list[bytes]:
    return (box.folder / "audit.log").read_bytes().splitlines(keepends=True)


def device_key(box: RealBox) -> str:
    return json.loads(log_of(box)[0])["fields"]["device_key"]


def test_the_case_page_links_to_every_document(signed_in: Browser, code: str) -> None:
    text = signed_in.get(f"/cases/{code}").text
    assert all(f"/cases/{code}/{name}" in text for name in (*DOCUMENTS, "receipt"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_kept_under_the_cases_code_and_nowhere_else(signed_in: Browser, code: str, name: str) -> None:
    answer = signed_in.get(f"/cases/{code}/{name}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == DOCUMENTS[name]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}-{name}"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", [*DOCUMENTS, "receipt"])
def test_nobody_gets_a_document_without_signing_in(visitor: Browser, code: str, name: str) -> None:
    answer = visitor.get(f"/cases/{code}/{name}")
    assert (answer.status_code, answer.location) == (303, "/sign-in")


@pytest.mark.parametrize("name", [*DOCUMENTS, "receipt"])
def test_a_case_that_is_not_there_gives_nothing(signed_in: Browser, name: str) -> None:
    assert signed_in.get(f"/cases/VIG-2222/{name}").status_code == 404
    assert signed_in.get(f"/cases/VIG-0000/{name}").status_code == 400


@pytest.mark.promise("P10")
def test_each_export_is_in_the_log_with_its_kind(signed_in: Browser, box: RealBox, code: str) -> None:
    before = len(log_of(box))
    for name in ("receipt", *DOCUMENTS):
        assert signed_in.get(f"/cases/{code}/{name}").status_code == 200
    lines = [json.loads(line) for line in log_of(box)[before:]]
    kinds = [line["fields"]["kind"] for line in lines if line["event"] == "exported" and line["fields"]["case"] == code]
    assert kinds == ["receipt", "consent_json", "consent_fhir_json", "audit_extract", "subject_access_zip"]
    assert [line for line in lines if line["event"] == "notes_opened"]


def test_the_records_are_valid_and_count_what_was_said(signed_in: Browser, code: str) -> None:
    record = signed_in.get(f"/cases/{code}/consent.json").json
    fastjsonschema.compile(json.loads((Path(__file__).parents[2] / "docs" / "consent.schema.json").read_text("utf-8")))(record)
    Bundle.model_validate_json(signed_in.get(f"/cases/{code}/consent.fhir.json").data)
    events = [event for one in record["consent_records"] for event in one["events"]]
    assert record["vigcam_events"] == len(events) == 4
    assert sorted({event["vigcam_scope"] for event in events}) == ["film", "practitioner_review"]


def test_each_consent_event_is_the_one_that_the_log_names(signed_in: Browser, box: RealBox, code: str) -> None:
    logged = {
        line["fields"]["consent"]: line["fields"] for line in map(json.loads, log_of(box)) if line["event"] == "consent_given"
    }
    for one in signed_in.get(f"/cases/{code}/consent.json").json["consent_records"]:
        for event in one["events"]:
            said = logged[event["vigcam_consent_id"]]
            assert (said["statement"], said["statement_hash"]) == (event["vigcam_statement"], event["vigcam_statement_hash"])


def test_the_log_extract_is_whole_signed_lines_about_this_case_alone(signed_in: Browser, box: RealBox, code: str) -> None:
    other, *_ = case_with_consents(signed_in)
    lines = signed_in.get(f"/cases/{code}/audit-extract.jsonl").data.splitlines(keepends=True)
    whole = set(log_of(box))
    assert lines
    assert set(lines) <= whole
    for line in lines:
        parse_line(line).check_signature(device_key(box))
    assert not any(other.encode() in line for line in lines)
    events = {json.loads(line)["event"] for line in lines}
    assert {"case_opened", "consent_given", "armed", "recording_opening", "recording_sealed", "exported"} <= events
    assert {line for line in whole if code.encode() in line} <= {*lines, *log_of(box)[-1:]}


def test_the_zip_holds_what_its_manifest_says_and_what_the_box_signed(
    signed_in: Browser, box: RealBox, code: str, recording: str
) -> None:
    files = files_of(signed_in, code)
    listed = {one["name"]: one["sha256"] for one in json.loads(files["manifest.json"])["members"]}
    assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
    manifest = read_manifest(files["recording-manifests.jsonl"], device_key(box))
    assert manifest.recording_id == recording
    assert [one["recording_id"] for one in json.loads(files["recordings.json"])] == [recording]
    (arming,) = (one["arming"] for one in json.loads(files["armings.json"]))
    assert arming["present"] == [one["participant"]["participant_id"] for one in json.loads(files["case.json"])["people"]]
    assert json.loads(files["manifest.json"])["device_key"] == device_key(box)


@pytest.mark.promise("P6")
def test_the_notes_are_in_the_zip_in_clear_and_on_no_disk(signed_in: Browser, box: RealBox, code: str) -> None:
    assert NOTE in files_of(signed_in, code)["notes.txt"].decode()
    for path in box.folder.rglob("*"):
        if path.is_file():
            assert NOTE.encode() not in path.read_bytes(), path


def test_the_receipt_is_a_page_and_a_file_that_say_the_same(signed_in: Browser, code: str) -> None:
    page = signed_in.get(f"/cases/{code}/receipt").text
    file = files_of(signed_in, code)["receipt.html"].decode()
    for words in ("Said by <bdi>Adult A</bdi> on", "Changing your mind", "KEPT"):
        assert words in page
        assert words in file
    assert "<style" not in page


def test_an_erased_film_leaves_its_tombstone_its_receipt_and_what_was_asked_for(signed_in: Browser, box: RealBox) -> None:
    mine, adult, child = case_with_consents(signed_in)
    signed_in.post(f"/cases/{mine}/arm", {"present": [adult, child], "mode": "film"})
    rec = box.film(0.5)
    signed_in.post("/disarm")
    asked = signed_in.post(f"/recordings/{rec}/erase", {"words": rec})
    wait_for(lambda: box.status().waiting_for_press == "erase", "the box to ask")
    box.press()
    wait_for(lambda: signed_in.get(f"{asked.location}/state").json["stage"] == "erased", "the erasure")
    files = files_of(signed_in, mine)
    receipt = read_receipt(files["erasure-receipts.jsonl"], device_key(box))
    assert [one.recording_id for one in receipt.recordings] == [rec]
    assert [(one["recording_id"], one["state"]) for one in json.loads(files["recordings.json"])] == [(rec, "erased")]
    assert files["recording-manifests.jsonl"] == b""
    lines = [json.loads(line) for line in files["audit-extract.jsonl"].splitlines()]
    assert [line["fields"]["ask"] for line in lines if line["event"] == "erase_asked"] == [receipt.ask_id]
    assert "The box signed a receipt for it" in files["receipt.html"].decode()


def test_whoever_gets_the_zip_can_check_all_of_it(signed_in: Browser, box: RealBox, code: str, tmp_path: Path) -> None:
    path = tmp_path / "everything.zip"
    path.write_bytes(signed_in.get(f"/cases/{code}/everything.zip").data)
    assert run_this(ACCESS, path, device_key(box)) == Ending(0, "good: all of it holds\n")


def test_exports_one_after_the_other_without_end_are_slowed_down(signed_in: Browser, code: str) -> None:
    answers = [signed_in.get(f"/cases/{code}/consent.json") for _ in range(40)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
