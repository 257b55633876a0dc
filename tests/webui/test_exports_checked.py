"""A subject access ZIP in the hands of somebody who trusts nobody: docs/verify_access.py finds whatever was changed in it."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from case_exports import family, noted
from export_desk import DeskBox
from record_box import RecordBox
from verify_script import ACCESS, Ending, run_script, run_this

from capture.audit.line import AuditEvent, AuditHead, AuditLine, Stamp, make_line, parse_line
from capture.consent.statements import CaseHandedOver, SignedStatement, Statement, make_by_box
from capture.ids import PractitionerId
from capture.manifest import sign_manifest
from capture.model import Case, Manifest, StopReason, WallTime
from webui.exports import bundle
from webui.exports.case_export import SignedFile
from webui.notes import Notes

FILM = "rec-2222222222222222"
EXTRACT, STATEMENTS = "audit-extract.jsonl", "statements.jsonl"


@dataclass(frozen=True)
class Taken:
    """What was taken away: its files, and the box's key; and the box itself, for what only its thief could forge."""

    folder: Path
    files: dict[str, bytes]
    key: str
    box: RecordBox

    def run(self, changed: dict[str, bytes | None], *words: str) -> Ending:
        """The script's word on the ZIP with these files otherwise, or gone."""
        path = self.folder / "changed.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in {**self.files, **changed}.items():
                if data is not None:
                    archive.writestr(name, data)
        return run_this(ACCESS, path, *words)

    def listed(self, name: str, data: bytes, **others: bytes) -> dict[str, bytes | None]:
        """These files otherwise, and a manifest.json that knows of them: whoever forges one, forges the other."""
        changed = {name: data, **{other.replace("_", "-") + ".jsonl": more for other, more in others.items()}}
        contents = json.loads(self.files["manifest.json"])
        again = json.loads(bundle._manifest(family(), [bundle.Member(*one) for one in changed.items()]))["members"]
        contents["members"] = [one for one in contents["members"] if one["name"] not in changed] + again
        return {**changed, "manifest.json": json.dumps(contents).encode()}

    def lines(self, name: str) -> list[bytes]:
        return self.files[name].splitlines(keepends=True)

    def logged(self, number: int, line: bytes) -> bytes:
        """The extract, signed by the box, as if the log had this line as statement `number`."""
        found = re.fullmatch(rb'\{"statement":(.*),"signature":"(.*)"\}\n', line)
        assert found
        statement_hash = SignedStatement(text=found[1].decode(), signature=found[2].decode()).hash
        return b"".join(self._again(parse_line(raw), number, statement_hash) for raw in self.lines(EXTRACT))

    def _again(self, line: AuditLine, number: int, statement_hash: str) -> bytes:
        if line.fields.get("statement") != number:
            return line.encode()
        fields = {**line.fields, "statement_hash": statement_hash}
        stamp = Stamp(line.boot, line.boottime_ms, WallTime(ms=line.wall_ms, confidence=line.confidence))
        head = AuditHead(line.seq - 1, line.prev)
        return make_line(self.box.device_key, head, stamp, line.event, fields).encode()


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    """Of a real box's log, with a manifest and a receipt that it signed."""
    (tmp_path / "box").mkdir()
    desk = DeskBox(tmp_path / "box")
    key = desk.box.device_key
    manifest = Manifest(
        box_id=desk.box.box_id, recording_id=FILM, header_hash="ab" * 32, sealed_hash="cd" * 32, sealed_bytes=7, duration_ms=1,
        frames_generated=1, frames_kept=1, width=16, height=16, has_sound=True, stop_reason=StopReason.PRESS, longest_sync_ms=1.5,
        recipients=("1111-2222-3333-4444",), audit_sequence=1, audit_head="ef" * 32,
    )  # fmt: skip
    desk.box.records.state_needs(desk.unlocked, desk.box.recovery, desk.case, "large print")
    desk.box.records.state_needs(desk.unlocked, desk.box.recovery, desk.case, "small print")
    export = family(
        case=Case(code=desk.case, opened=desk.box.wall),
        box_id=desk.box.box_id,
        device_key=key.public_hex,
        statements=tuple(desk.statements()),
        signers=tuple(desk.signers()),
        log=tuple(desk.lines()),
        manifests=(SignedFile(FILM, sign_manifest(manifest, key)),),
        receipts=(SignedFile("era-2222222222222222", desk.receipt()),),
        notes=noted(Notes(question="q")),
    )
    desk.box.close()
    return Taken(tmp_path, {one.name: one.data for one in bundle.members(export, b"<!DOCTYPE html>\n")}, key.public_hex, desk.box)


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


def test_a_statement_that_was_changed_or_moved_is_not_the_one_that_the_log_names(taken: Taken) -> None:
    first, second, *rest = taken.lines(STATEMENTS)
    changed = taken.files[STATEMENTS].replace(b"large print", b"loud voice!")
    for data, place in ((changed, 6), (b"".join([second, first, *rest]), 1), (b"".join([first, *rest]), 2)):
        ending = taken.run(taken.listed(STATEMENTS, data), taken.key)
        assert ending == Ending(3, f"{STATEMENTS}: line {place}: it is not the one that the log names\n")
    assert (
        taken.run(taken.listed(STATEMENTS, b"x\n"), taken.key).words == f"{STATEMENTS}: line 1: it is not in its one spelling\n"
    )


def test_statements_that_were_left_out_at_the_end_are_missed(taken: Taken) -> None:
    *kept, _, _ = taken.lines(STATEMENTS)
    ending = taken.run(taken.listed(STATEMENTS, b"".join(kept)), taken.key)
    assert ending == Ending(3, f"{STATEMENTS}: the log names a statement 6 that is not here\n")


def test_a_statement_is_missed_unless_the_log_calls_it_lost(taken: Taken) -> None:
    log = taken.lines(EXTRACT)
    last = parse_line(log[-1])
    stamp = Stamp(last.boot, last.boottime_ms, WallTime(ms=last.wall_ms, confidence=last.confidence))
    for number, event in enumerate((AuditEvent.NEEDS_STATED, AuditEvent.STATEMENT_LOST)):
        fields: dict[str, str | int] = {"case": last.fields["case"], "statement": 7, "statement_hash": "ab" * 32}
        log.append(make_line(taken.box.device_key, AuditHead(last.seq + number, "0" * 64), stamp, event, fields).encode())
    missed = taken.run(taken.listed(EXTRACT, b"".join(log[:-1])), taken.key)
    assert missed == Ending(3, f"{STATEMENTS}: the log names a statement 7 that is not here\n")
    assert taken.run(taken.listed(EXTRACT, b"".join(log)), taken.key).code == 0


def test_whoever_has_the_boxs_own_key_can_say_nothing_in_a_practitioners_name(taken: Taken) -> None:
    lines = taken.lines(STATEMENTS)
    lines[5] = lines[5].replace(b"large print", b"loud voice!")
    forged = taken.listed(STATEMENTS, b"".join(lines), audit_extract=taken.logged(6, lines[5]))
    assert taken.run(forged, taken.key) == Ending(3, f"{STATEMENTS}: line 6: its signature does not hold\n")


def test_a_statement_that_was_truly_signed_but_at_another_place_does_not_follow(taken: Taken) -> None:
    lines = taken.lines(STATEMENTS)
    lines[6] = lines[5]
    forged = taken.listed(STATEMENTS, b"".join(lines), audit_extract=taken.logged(7, lines[6]))
    assert taken.run(forged, taken.key) == Ending(3, f"{STATEMENTS}: line 7: it does not follow on the one before\n")


def test_that_a_case_changed_hands_only_the_box_can_say(taken: Taken) -> None:
    *kept, last = taken.lines(STATEMENTS)
    said = msgspec.json.decode(msgspec.json.encode(json.loads(last)["statement"]), type=Statement)
    handed = CaseHandedOver(giver=said.practitioner, taker=PractitionerId("prac-222222"))
    by_box = make_by_box(msgspec.structs.replace(said, content=handed), taken.box.device_key)
    for signed, code in ((by_box, 0), (msgspec.structs.replace(by_box, signature=json.loads(last)["signature"]), 3)):
        forged = taken.listed(STATEMENTS, b"".join([*kept, signed.line]), audit_extract=taken.logged(7, signed.line))
        assert taken.run(forged, taken.key).code == code
    assert taken.run(forged, taken.key).words == f"{STATEMENTS}: line 7: its signature does not hold\n"


def test_a_statement_by_somebody_for_whom_the_box_does_not_vouch_is_named(taken: Taken) -> None:
    ending = taken.run(taken.listed("signers.jsonl", b""), taken.key)
    assert ending == Ending(3, f"{STATEMENTS}: line 1: signers.jsonl does not know who signed it\n")


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
