"""The bundle that others check: docs/verify_audit.py finds in it what the box finds, in good ones and in tampered ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from audit_box import AuditBox, flip
from exported_box import CASE, OTHER, Exported, export, exported_box
from forged_log import rechained, reworded
from verify_script import SCRIPT, Ending, run_script

from capture.audit.bundle import EXTRACT_NAME, LOG_NAME
from capture.audit.log import AuditEvent
from capture.audit.memory import RememberedHead
from capture.device_key import DeviceKey
from capture.errors import AuditBroken, NotFound
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    return exported_box(tmp_path)


def test_good_bundle_is_good(exported: Exported) -> None:
    assert exported.run() == Ending(0, "good: all of it holds\n")
    assert sorted(exported.files) == [
        "README.txt",
        "audit.log",
        "box.json",
        *sorted(f"manifests/{one}.json" for one in exported.films.values()),
    ]
    assert exported.facts["key"] == exported.box.key.public_hex


def test_script_runs_by_itself(exported: Exported) -> None:
    done = subprocess.run([sys.executable, SCRIPT, exported.bundle], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "good: all of it holds\n")
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Checks the log of a vigcam")


def test_script_is_short() -> None:
    assert len(SCRIPT.read_text("utf-8").splitlines()) < 150


def test_script_and_box_agree_about_bits_flipped_all_over_a_line(exported: Exported) -> None:
    lines = exported.lines
    before = len(b"".join(lines[:6]))
    for at in range(before, before + len(lines[6]), 3):
        assert exported.compare(flip(exported.files[LOG_NAME], at, at % 7)).code == 3


def test_script_and_box_agree_about_a_log_cut_at_any_place(exported: Exported) -> None:
    log = exported.files[LOG_NAME]
    last = len(log) - len(exported.lines[-1])
    for cut in (*range(0, last, 401), *range(last, len(log), 23), len(log) - 1):
        assert exported.compare(log[:cut]).code == 3


@pytest.mark.parametrize("number", [1, 5, 12])
def test_script_and_box_agree_about_removed_swapped_and_repeated_lines(exported: Exported, number: int) -> None:
    lines = exported.lines
    for changed in (
        [*lines[: number - 1], *lines[number:]],
        [*lines[: number - 1], lines[number], lines[number - 1], *lines[number + 1 :]],
        [*lines[:number], *lines[number - 1 :]],
    ):
        assert exported.compare(b"".join(changed)).code == 3


def test_script_and_box_agree_about_forged_lines(exported: Exported, tmp_path: Path) -> None:
    lines = exported.lines
    forger = DeviceKey.create(tmp_path / "forger.key", SystemDisk())
    forged = [*lines[:-2], reworded(lines[-2]), lines[-1]]
    for changed in (
        rechained(forged, len(lines) - 2),
        rechained(forged, len(lines) - 2, lambda digest: forger.sign("audit-line", digest)),
        [*rechained(forged[:-1], len(lines) - 2), lines[-1]],
    ):
        ending = exported.compare(b"".join(changed))
        assert (ending.code, ending.words.split(":")[0]) == (3, f"line {len(lines) - 1}")


def test_script_and_box_agree_about_torn_lines_that_were_told_of_and_a_log_that_was_cut(exported: Exported) -> None:
    box, log = exported.box, exported.files[LOG_NAME]
    hole = log[:-300] + bytes(40) + log[-260:]
    for torn in (log[:-90], hole, hole[:-100] + bytes(30) + hole[-70:]):
        assert exported.compare(torn).code == 3
        box.path.write_bytes(torn)
        box.log = box.open()
        box.log.append(AuditEvent.STARTED)
        box.log.close()
        assert "line" in exported.compare(box.path.read_bytes()).words


def test_script_and_box_agree_about_a_cut_that_a_start_told_of(exported: Exported) -> None:
    box = exported.box
    box.path.write_bytes(b"".join(exported.lines[:9]) + b'{"seq":10,')
    box.log = box.open(RememberedHead(*box.log.place.head, box.log.place.end_offset))
    box.log.close()
    assert exported.compare(box.path.read_bytes()).words.startswith("lines after 9 were cut or replaced")


def test_log_forged_as_a_whole_is_found_by_the_key_that_one_knows(exported: Exported, tmp_path: Path) -> None:
    forged = AuditBox(tmp_path / "forged")
    forged.log.close()
    bundle = tmp_path / "forged.zip"
    export(forged, bundle)
    assert run_script(bundle).code == 0
    assert run_script(bundle, exported.box.key.public_hex).words == "line 1: it carries another box's key\n"


def test_tampered_or_exchanged_manifest_is_found(exported: Exported) -> None:
    first, second = (f"manifests/{exported.films[case]}.json" for case in (CASE, OTHER))
    name = re.sub(r"\W", "_", first)
    data = exported.files[first]
    for changed in (flip(data, data.index(b'"frames_kept":') + 15), data + b" ", exported.files[second], b"", b"\0"):
        ending = exported.run(**{name: changed})
        assert ending.code == 3
        assert ending.words.startswith(first)


def test_manifest_of_a_line_that_is_gone_is_found(exported: Exported) -> None:
    del exported.files["box.json"]
    ending = exported.run(audit_log=b"".join(exported.lines[:5]))
    assert ending.code == 3
    assert f"manifests/{exported.films[OTHER]}.json" in ending.words


def test_log_alone_can_be_checked_too(exported: Exported) -> None:
    assert run_script(exported.box.path).code == 0


# --- of one case ----------------------------------------------------------------------------------------------------------


def test_extract_has_all_lines_about_the_case_and_no_other(exported: Exported, tmp_path: Path) -> None:
    box = exported.box
    box.log = box.open()
    for case, film in exported.films.items():  # one press for films of both cases
        box.log.append(AuditEvent.ERASED, ask="ask-0", recording=film, stage="begun", count=int(case == OTHER))
    box.log.close()
    files = export(box, tmp_path / "case.zip", case=CASE)
    lines = files[EXTRACT_NAME].splitlines(keepends=True)
    assert lines == [line for line in box.path.read_bytes().splitlines(keepends=True) if line in lines]
    events = [json.loads(line)["event"] for line in lines]
    assert events == [
        "case_opened",
        "armed",
        "recording_opening",
        "recording_sealed",
        "erase_asked",
        "erase_refused",
        "recording_opened",
        "erased",
    ]
    text = b"".join(files.values())
    assert OTHER.encode() not in text
    assert exported.films[OTHER].encode() not in text
    assert sorted(files) == ["README.txt", EXTRACT_NAME, "box.json", f"manifests/{exported.films[CASE]}.json"]
    assert run_script(tmp_path / "case.zip", exported.box.key.public_hex).code == 0


def test_each_line_of_an_extract_is_checked_for_itself(exported: Exported, tmp_path: Path) -> None:
    exported.files = export(exported.box, tmp_path / "case.zip", case=CASE)
    lines = exported.files[EXTRACT_NAME].splitlines(keepends=True)
    exported.bundle = tmp_path / "changed.zip"
    assert exported.run(audit_extract_jsonl=b"".join(lines[1:4])).code == 0
    for changed in (
        [lines[1], lines[0]],
        [lines[0], lines[0]],
        [lines[0], flip(lines[1], 40)],
        [lines[0], lines[1][:-9] + b"\n"],
    ):
        assert exported.run(audit_extract_jsonl=b"".join(changed)).words.startswith("line 2:")


def test_extract_without_its_bundle_is_checked_by_the_key_alone(exported: Exported, tmp_path: Path) -> None:
    path = tmp_path / EXTRACT_NAME
    path.write_bytes(export(exported.box, tmp_path / "case.zip", case=CASE)[EXTRACT_NAME])
    assert run_script(path, exported.box.key.public_hex).code == 0
    assert run_script(path, "ab" * 32).words.startswith("line 1: its signature")
    ending = run_script(path)
    assert (ending.code, "give it" in ending.words) == (1, True)


def test_extract_of_a_case_that_the_log_does_not_know_is_refused(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        export(exported.box, tmp_path / "case.zip", case="VIG-BBBB")


def test_extract_of_a_log_that_does_not_hold_is_refused_but_the_whole_is_exported(exported: Exported, tmp_path: Path) -> None:
    exported.box.path.write_bytes(b"".join([*exported.lines[:4], *exported.lines[5:]]))
    with pytest.raises(AuditBroken):
        export(exported.box, tmp_path / "case.zip", case=CASE)
    export(exported.box, tmp_path / "whole.zip")
    assert run_script(tmp_path / "whole.zip", exported.box.key.public_hex).words.startswith("line 5:")


def test_the_same_log_makes_the_same_bundle(exported: Exported, tmp_path: Path) -> None:
    export(exported.box, tmp_path / "one.zip")
    export(exported.box, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
