"""A subject access ZIP of a real box's log, and what may be done to it on the way, also by a thief of the box. Judges nothing."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from case_exports import family, noted
from export_desk import DeskBox
from record_box import RecordBox
from verify_script import ACCESS, Ending, run_this

from capture.audit.line import AuditHead, AuditLine, Stamp, make_line, parse_line
from capture.consent.statements import SignedStatement
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


def take_away(folder: Path, desk: DeskBox) -> Taken:
    """The desk's case, with a manifest and a receipt that its box signed."""
    key = desk.box.device_key
    manifest = Manifest(
        box_id=desk.box.box_id, recording_id=FILM, header_hash="ab" * 32, sealed_hash="cd" * 32, sealed_bytes=7, duration_ms=1,
        frames_generated=1, frames_kept=1, width=16, height=16, has_sound=True, stop_reason=StopReason.PRESS, longest_sync_ms=1.5,
        recipients=("1111-2222-3333-4444",), audit_sequence=1, audit_head="ef" * 32,
    )  # fmt: skip
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
    return Taken(folder, {one.name: one.data for one in bundle.members(export, b"<!DOCTYPE html>\n")}, key.public_hex, desk.box)
