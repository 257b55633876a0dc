"""A subject access ZIP in the hands of somebody who trusts nobody: docs/verify_access.py finds whatever was changed in it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from export_desk import DeskBox
from taken_away import Taken, take_away
from verify_script import ACCESS, Ending, run_script, run_this


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    (tmp_path / "box").mkdir()
    desk = DeskBox(tmp_path / "box")
    made = take_away(tmp_path, desk)
    desk.box.close()
    return made


def test_what_the_box_made_holds_by_its_key_and_by_the_one_that_comes_along(taken: Taken) -> None:
    assert taken.run({}, taken.key) == Ending(0, "good: all of it holds\n")
    assert taken.run({}).code == 0


def test_a_file_that_was_changed_taken_out_or_put_in_is_named(taken: Taken) -> None:
    for name, data in taken.files.items():
        if name != "manifest.json":
            assert taken.run({name: data + b" "}, taken.key).words.startswith(f"{name}: it is not what manifest.json says")
            assert taken.run({name: None}, taken.key) == Ending(3, f"{name}: it is not what manifest.json says\n")
    assert taken.run({"more.txt": b""}, taken.key) == Ending(3, "more.txt: it is not what manifest.json says\n")


@pytest.mark.parametrize("name", ["audit-extract.jsonl", "recording-manifests.jsonl", "erasure-receipts.jsonl", "signers.jsonl"])
def test_a_line_that_the_box_did_not_sign_is_found_though_the_manifest_was_forged_with_it(taken: Taken, name: str) -> None:
    data = bytearray(taken.files[name])
    data[40] ^= 1
    ending = taken.run(taken.listed(name, bytes(data)), taken.key)
    assert (ending.code, ending.words.startswith(f"{name}: line 1: ")) == (3, True)


def test_another_boxs_key_finds_every_signed_file_wrong(taken: Taken) -> None:
    ending = taken.run({}, "ab" * 32)
    assert [line.partition(":")[0] for line in ending.words.splitlines()] == [
        "audit-extract.jsonl",
        "recording-manifests.jsonl",
        "erasure-receipts.jsonl",
        "signers.jsonl",
    ]


@pytest.mark.parametrize("odd", [b"", b"{}", b"[]", b'{"members":[{}]}'])
def test_a_manifest_that_is_none_is_refused(taken: Taken, odd: bytes) -> None:
    assert taken.run({"manifest.json": odd}, taken.key).code == 1


def test_lines_of_the_extract_in_another_order_are_found(taken: Taken) -> None:
    first, second, *rest = taken.files["audit-extract.jsonl"].splitlines(keepends=True)
    swapped = taken.listed("audit-extract.jsonl", b"".join([second, first, *rest]))
    assert taken.run(swapped, taken.key) == Ending(3, "audit-extract.jsonl: line 2: it is out of order\n")


def test_two_files_of_one_name_are_refused(taken: Taken) -> None:
    path = taken.folder / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in taken.files.items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("receipt.html", b"another")
    assert run_this(ACCESS, path, taken.key) == Ending(1, "it cannot be read: two of its files have one name\n")


def test_what_is_no_such_zip_is_refused_by_the_one_script_and_by_the_other(taken: Taken) -> None:
    (taken.folder / "odd.zip").write_bytes(b"no zip")
    assert run_this(ACCESS, taken.folder / "odd.zip").code == 1
    assert run_this(ACCESS, taken.folder / "missing.zip").code == 1
    assert run_this(ACCESS, taken.folder / "odd.zip", "no key").code == 2
    taken.run({})
    # of a whole ZIP it would look at the log's lines alone, and call all of it good
    assert "verify_access.py checks it" in run_script(taken.folder / "changed.zip", taken.key).words
