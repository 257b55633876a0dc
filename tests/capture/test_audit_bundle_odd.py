"""A bundle that somebody broke, or that was made while the box went on: refused in words or right, and never a crash."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox, flip
from exported_box import Exported, exported_box
from verify_script import Ending, run_script

from capture.audit.bundle import write_bundle
from capture.audit.memories import Memories

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    return exported_box(tmp_path)


class _SealedBehind(type(Path())):  # type: ignore[misc]  # Python 3.11 has no other way
    """A log behind whose reading the box seals another film."""

    box: AuditBox

    def read_bytes(self) -> bytes:
        data = super().read_bytes()
        self.box.film()
        return data


def test_film_that_is_sealed_during_the_export_spoils_nothing(exported: Exported, tmp_path: Path) -> None:
    exported.box.log = exported.box.open()
    log = _SealedBehind(exported.box.path)
    log.box = exported.box
    with (tmp_path / "live.zip").open("wb") as file:
        write_bundle(file, log, exported.box.vault_folder, Memories())
    exported.box.log.close()
    assert run_script(tmp_path / "live.zip", exported.box.key.public_hex) == Ending(0, "good: all of it holds\n")


class _BeingWritten(type(Path())):  # type: ignore[misc]
    """A log that has half a line more by the time that it is put into the bundle."""

    def read_bytes(self) -> bytes:
        return bytes(super().read_bytes()) + b'{"seq":'


def test_line_that_is_just_being_written_is_left_out_and_a_torn_one_is_not(exported: Exported, tmp_path: Path) -> None:
    path, target = exported.box.path, tmp_path / "live.zip"
    for log in (_BeingWritten(path), path):
        with target.open("wb") as file:
            write_bundle(file, log, exported.box.vault_folder, Memories())
        assert zipfile.ZipFile(target).read("audit.log") == path.read_bytes()
        path.write_bytes(path.read_bytes()[:-200])


class _ErasedBehind(type(Path())):  # type: ignore[misc]
    """A vault that lists a manifest which is gone when it is to be read."""

    def glob(self, pattern: str) -> Iterator[Path]:
        yield from super().glob(pattern)
        yield self / "rec-zzzzzzzzzzzz.json"


def test_manifest_that_is_erased_during_the_export_is_left_out(exported: Exported, tmp_path: Path) -> None:
    with (tmp_path / "live.zip").open("wb") as file:
        write_bundle(file, exported.box.path, _ErasedBehind(exported.box.vault_folder), Memories())
    assert "manifests/rec-zzzzzzzzzzzz.json" not in zipfile.ZipFile(tmp_path / "live.zip").namelist()


def test_pipe_in_the_place_of_a_manifest_is_refused_and_not_waited_for(exported: Exported, tmp_path: Path) -> None:
    os.mkfifo(exported.box.vault_folder / "rec-zzzzzzzzzzzz.json")
    with (tmp_path / "live.zip").open("wb") as file, pytest.raises(OSError, match="not a plain file"):
        write_bundle(file, exported.box.path, exported.box.vault_folder, Memories())


@pytest.mark.parametrize("facts", [b"[]", b"null", b"5", b"[" * 100_000, b'{"remembered":null}', b'{"remembered":[[]]}', b"\xff"])
def test_odd_facts_beside_the_log_are_refused_in_words(exported: Exported, facts: bytes) -> None:
    ending = exported.run(box_json=facts)
    assert (ending.code, ending.words.split(":")[0]) == (1, "it cannot be read")


def test_bundle_with_any_bit_flipped_is_refused_in_words_or_holds(exported: Exported) -> None:
    """Some bits of a ZIP, such as a file's date, say nothing of what is in it."""
    exported.run()
    data = exported.bundle.read_bytes()
    for at in range(0, len(data), 7):
        exported.bundle.write_bytes(flip(data, at, at % 8))
        ending = run_script(exported.bundle, exported.box.key.public_hex)
        assert ending.code in (0, 1, 3)
        assert (ending.code == 0) == (ending.words == "good: all of it holds\n")


def test_locked_bundle_is_refused_in_words(exported: Exported) -> None:
    exported.run()
    data = bytearray(exported.bundle.read_bytes())
    for entry in re.finditer(b"PK\x01\x02", bytes(data)):
        data[entry.start() + 8] |= 1  # "encrypted". Source: PKWARE APPNOTE 4.4.4
    exported.bundle.write_bytes(data)
    assert run_script(exported.bundle).code == 1


def test_who_remembers_a_head_cannot_write_on_the_terminal(exported: Exported) -> None:
    facts = {"remembered": [{"where": "\x1b[2J", "sequence": 1, "hash": "0"}]}
    ending = exported.run(box_json=json.dumps(facts).encode())
    assert (ending.code, "\x1b" in ending.words) == (3, False)


@pytest.mark.parametrize("odd", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused(tmp_path: Path, odd: bytes) -> None:
    (tmp_path / "odd.zip").write_bytes(odd)
    assert run_script(tmp_path / "odd.zip").code in (1, 3)
    assert run_script(tmp_path / "missing.zip").code == 1
    assert run_script(tmp_path / "odd.zip", "not a key").code == 2
