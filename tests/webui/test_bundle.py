"""The subject access ZIP: every member with its hash, the same file for the same case, nothing written to a disk."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from case_exports import ADULT, ENGLISH, NOW_MS, exports, family, noted
from hypothesis import given, settings

from capture.model import Confidence, WallTime
from webui.exports import bundle
from webui.exports.case_export import CaseExport
from webui.notes import Notes

RECEIPT = b"<!DOCTYPE html>\n"


def zip_of(export: CaseExport) -> bytes:
    return b"".join(bundle.stream(bundle.members(export, RECEIPT), export.made.ms))


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@given(exports)
@settings(max_examples=25, deadline=None)
def test_the_manifest_names_every_other_member_with_its_size_and_hash(export: CaseExport) -> None:
    files = opened(zip_of(export))
    listed = json.loads(files.pop("manifest.json"))["members"]
    assert [one["name"] for one in listed] == list(files)
    for one in listed:
        assert (one["bytes"], one["sha256"]) == (len(files[one["name"]]), hashlib.sha256(files[one["name"]]).hexdigest())


def test_the_same_case_at_the_same_moment_is_the_same_file() -> None:
    assert zip_of(family()) == zip_of(family())


def test_members_stand_in_one_order_and_carry_the_time_of_the_export() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(family(notes=noted(Notes(question="q")))))) as archive:
        assert archive.namelist() == [
            "README.txt",
            "receipt.html",
            "consent.json",
            "consent.fhir.json",
            "audit-extract.jsonl",
            "statements.jsonl",
            "signers.jsonl",
            "notes.txt",
            f"consent-texts/{ENGLISH.text_hash}.txt",
            "case.json",
            "armings.json",
            "recordings.json",
            "transfers.json",
            "recording-manifests.jsonl",
            "erasure-receipts.jsonl",
            "manifest.json",
        ]
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 18, 11, 6, 40)}


@pytest.mark.parametrize("ms", [-(2**50), 0, 2**60])
def test_a_clock_that_a_zip_cannot_tell_spoils_nothing(ms: int) -> None:
    assert opened(zip_of(family(made=WallTime(ms=ms, confidence=Confidence.NONE))))


def test_each_text_that_was_read_is_in_it_under_its_own_hash() -> None:
    files = opened(zip_of(family()))
    names = [name for name in files if name.startswith("consent-texts/")]
    assert names == [f"consent-texts/{hashlib.sha256(files[name]).hexdigest()}.txt" for name in names]
    assert len(names) == 1


def test_what_the_box_signed_is_in_it_byte_for_byte() -> None:
    export = family()
    files = opened(zip_of(export))
    assert files["recording-manifests.jsonl"] == export.manifests[0].data
    assert files["erasure-receipts.jsonl"] == export.receipts[0].data
    assert files["audit-extract.jsonl"] == b"".join(export.log)
    assert files["statements.jsonl"] == b"".join(export.statements)
    assert files["signers.jsonl"] == b"".join(export.signers)


def test_everybody_of_the_case_is_in_it_whether_asked_or_not() -> None:
    files = opened(zip_of(family(consents=())))
    assert [one["participant"]["label"] for one in json.loads(files["case.json"])["people"]] == ["Adult A", "Child A", "Adult B"]
    assert json.loads(files["case.json"])["code"] == "VIG-7F3K"


def test_an_erased_recording_keeps_its_tombstone() -> None:
    states = [one["state"] for one in json.loads(opened(zip_of(family()))["recordings.json"])]
    assert states == ["sealed", "erased"]


def test_without_notes_there_is_no_file_of_notes_and_the_readme_speaks_of_none() -> None:
    files = opened(zip_of(family()))
    assert "notes.txt" not in files
    assert b"notes.txt" not in files["README.txt"]


def test_the_notes_are_in_it_in_clear_for_the_family() -> None:
    text = opened(zip_of(family(notes=noted(Notes(question="What helps at bedtime?", remarks="Turns")))))["notes.txt"].decode()
    assert "What helps at bedtime?" in text
    assert "Turns" in text


def test_every_wording_of_the_notes_is_in_it_oldest_first_each_with_its_date() -> None:
    words = noted(Notes(question="First?"), None, Notes(), Notes(question="Last?"))
    files = opened(zip_of(family(notes=words)))
    parts = files["notes.txt"].decode().split("===== Wording ")[1:]
    assert [part[:6] for part in parts] == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert [part.partition("Kept ")[2][:10] for part in parts] == ["2026-09-20", "2026-09-21", "2026-09-22", "2026-09-23"]
    said = ["First?", "This wording does not open", "The notes were taken out", "Last?"]
    assert [[one in part for one in said] for part in parts] == [[one == this for one in said] for this in said]
    assert b"read them in notes.txt" in files["README.txt"]


def test_the_readme_says_the_counts_and_the_key_to_check_with() -> None:
    readme = opened(zip_of(family()))["README.txt"].decode()
    assert "6 events." in readme
    assert "2 lines." in readme
    assert "2 statements." in readme
    assert "cd" * 32 in readme


def test_the_readme_begins_with_what_a_family_needs_and_hides_nothing_that_is_left_out() -> None:
    readme = " ".join(opened(zip_of(family()))["README.txt"].decode().split())
    assert readme.index("Open receipt.html first.") < readme.index("consent.json")
    assert "(that is UTC; by the clock of a practitioner's device)" in readme
    assert "How it was put before, and when, is in statements.jsonl." in readme
    assert "verify_access.py THIS.zip KEY" in readme
    assert "The films themselves are not in here" in readme


def test_a_readme_says_when_the_box_did_not_know_the_time() -> None:
    unsure = family(made=WallTime(ms=NOW_MS, confidence=Confidence.NONE))
    assert "the box did not know the time for certain" in opened(zip_of(unsure))["README.txt"].decode()


def test_it_is_streamed_a_member_at_a_time() -> None:
    files = bundle.members(family(), RECEIPT)
    pieces = list(bundle.stream(files, NOW_MS))
    assert len(pieces) == len(files) + 1
    assert all(pieces)


def test_a_repr_of_an_export_shows_no_note() -> None:
    assert "bedtime" not in repr(family(notes=noted(Notes(question="What helps at bedtime?"))))


def test_labels_are_all_that_stands_for_people() -> None:
    files = opened(zip_of(family()))
    assert ADULT in files["consent.json"].decode()
    for name in ("consent.json", "consent.fhir.json"):
        assert not {"birthDate", "nhs-number", "telecom"} & set(files[name].decode().split('"'))
