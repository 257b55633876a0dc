"""What a bundle of the log says of itself: whose it is, which case, what is remembered; and what it leaves in the ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from audit_box import AuditBox

from capture.audit.bundle import EXTRACT_NAME, LOG_NAME, Bundled, write_bundle
from capture.audit.chain import BadLine, carried_key
from capture.audit.log import AuditEvent
from capture.audit.memories import Memories, Witness
from capture.errors import AuditBroken, NotFound

pytestmark = pytest.mark.promise("P10")

CASE, OTHER = "VIG-7F3K", "VIG-AAAA"


@pytest.fixture
def box(tmp_path: Path) -> AuditBox:
    """A log with a case that was filmed and one that was only looked at."""
    made = AuditBox(tmp_path / "box")
    for case, number in ((CASE, 1), (OTHER, 2)):
        made.log.append(AuditEvent.ARMED, case=case, arming=f"arm-{number}")
    made.log.append(AuditEvent.FRAMING_OPENING, arming="arm-1")
    made.film(arming="arm-1")
    made.log.append(AuditEvent.FRAMING_OPENING, arming="arm-2")
    made.log.close()
    return made


def bundle(box: AuditBox, case: str = "", known_key: str | None = None) -> tuple[Bundled, zipfile.ZipFile]:
    target = io.BytesIO()
    memories = Memories((Witness("the catalogue", box.log.head),))
    key = box.key.public_hex if known_key is None else known_key
    done = write_bundle(target, box.path, box.vault_folder, memories, known_key=key, case=case)
    return done, zipfile.ZipFile(target)


@pytest.mark.parametrize("case", ["", CASE])
def test_box_key_case_and_head_stand_in_it_and_the_heads_of_other_lines_only_with_the_whole_log(box: AuditBox, case: str) -> None:
    _, made = bundle(box, case)
    head = {"sequence": box.log.head.sequence, "hash": box.log.head.hash}
    assert json.loads(made.read("box.json")) == {
        "format": "vigcam audit bundle v1",
        "box": box.box_id,
        "key": box.key.public_hex,
        "case": case,
        "head": {"where": "the log", **head},
        "remembered": [] if case else [{"where": "the catalogue", **head}],
    }


def test_it_is_told_how_much_went_in(box: AuditBox) -> None:
    assert bundle(box)[0] == Bundled(lines=7, manifests=1, bad=None)
    assert bundle(box, CASE)[0] == Bundled(lines=4, manifests=1, bad=None)
    assert bundle(box, OTHER)[0] == Bundled(lines=2, manifests=0, bad=None)


def test_a_line_that_names_only_a_cases_leave_is_about_that_case(box: AuditBox) -> None:
    _, made = bundle(box, OTHER)
    events = [json.loads(line)["event"] for line in made.read(EXTRACT_NAME).splitlines()]
    assert events == ["armed", "framing_opening"]


def test_a_log_with_another_key_than_the_known_one_is_bundled_and_called_bad(box: AuditBox) -> None:
    done, made = bundle(box, known_key="ab" * 32)
    assert done.bad == BadLine(1, "carries another box's key")
    assert made.read(LOG_NAME) == box.path.read_bytes()
    with pytest.raises(AuditBroken, match="line 1 of the log does not hold"):
        bundle(box, CASE, known_key="ab" * 32)


def test_where_no_key_is_known_the_logs_own_is_taken(box: AuditBox) -> None:
    target = io.BytesIO()
    assert write_bundle(target, box.path, box.vault_folder, Memories()).bad is None
    assert json.loads(zipfile.ZipFile(target).read("box.json"))["key"] == box.key.public_hex


def test_lines_behind_torn_bytes_are_in_the_extract_too(box: AuditBox) -> None:
    box.path.write_bytes(box.path.read_bytes() + b'{"seq":8,"to\n')
    box.log = box.open()
    box.log.append(AuditEvent.FRAMING_OPENING, arming="arm-2")
    box.log.close()
    assert bundle(box, OTHER)[0].lines == 3


def test_a_case_that_the_log_does_not_know_is_named(box: AuditBox) -> None:
    with pytest.raises(NotFound, match="VIG-BBBB"):
        bundle(box, "VIG-BBBB")


def test_each_file_is_packed_for_its_owner_alone_and_tells_no_time_of_its_own(box: AuditBox) -> None:
    _, made = bundle(box)
    assert {(one.date_time, one.external_attr >> 16, one.compress_type) for one in made.infolist()} == {
        ((1980, 1, 1, 0, 0, 0), 0o600, zipfile.ZIP_DEFLATED)
    }


def test_the_key_that_a_log_carries_is_that_of_its_first_line(box: AuditBox, tmp_path: Path) -> None:
    assert carried_key(box.path) == box.key.public_hex
    other = tmp_path / "other.log"
    for odd in (b"", b"no line\n", box.path.read_bytes().splitlines(keepends=True)[1]):
        other.write_bytes(odd)
        assert carried_key(other) == ""
