"""Films that the catalogue does not know, as after an older one was put back: a start enters them anew. Opens and erases none.

By the log it is known whose they are. Who is in them only the catalogue's lost statements said, so they stay shut: their
practitioner sees them, and can erase them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from capture.audit.line import AuditEvent, AuditLine
from capture.audit.memory import lines_behind
from capture.erasing.eraser import Eraser
from capture.errors import AuditBroken, BoxUnusable, NotFound, SealBroken
from capture.ids import CaseCode, PractitionerId, RecordingId, new_visit_id
from capture.manifest import read_manifest
from capture.model import Manifest, Recording, RecordingState, StopReason, WallTime
from capture.seal.payload import SEALED_CHUNK_BYTES


def adopt(eraser: Eraser) -> None:
    """Enter every film of the vault that the log knows and the catalogue does not; each is a line of the log first. What nobody
    filmed here is left to `vigcam audit verify`. Raises what log and catalogue raise."""
    known = eraser.recordings.known()
    sealed = frozenset(eraser.vault.recordings())
    unknown = [one for one in (*sealed, *eraser.vault.parts()) if one not in known]
    if not unknown:
        return
    told = _Told()
    for line in lines_behind(eraser.audit.path, 0):
        told.take(line)
    for recording_id in sorted(set(unknown) & set(told.openings), key=lambda one: told.openings[one].seq):
        found = _as_found(eraser, recording_id, told, is_sealed=recording_id in sealed)
        if found is not None:
            whose = {"case": found.case, "practitioner": found.practitioner}
            eraser.audit.append(AuditEvent.RECORDING_ADOPTED, recording=recording_id, **whose)
            eraser.recordings.add(found)


@dataclass(slots=True)
class _Told:
    """What the log says of whose the films are."""

    armings: dict[str, Mapping[str, int | str]] = field(default_factory=dict)
    takers: dict[str, str] = field(default_factory=dict)
    """Who took a case over, the last one."""
    openings: dict[RecordingId, AuditLine] = field(default_factory=dict)

    def take(self, line: AuditLine) -> None:
        match line.event:
            case AuditEvent.ARMED:
                self.armings[str(line.fields.get("arming", ""))] = line.fields
            case AuditEvent.HAND_OVER_DONE:
                self.takers[str(line.fields.get("case", ""))] = str(line.fields.get("practitioner", ""))
            case AuditEvent.RECORDING_OPENING:
                self.openings[RecordingId(str(line.fields.get("recording", "")))] = line
            case AuditEvent.ERASED if line.fields.get("stage") == "done":
                self.openings.pop(RecordingId(str(line.fields.get("recording", ""))), None)


def _as_found(eraser: Eraser, recording_id: RecordingId, told: _Told, *, is_sealed: bool) -> Recording | None:
    """None where nothing was filmed, or the log does not say for whom."""
    opening = told.openings[recording_id]
    arming = told.armings.get(str(opening.fields.get("arming", "")))
    try:
        size = eraser.vault.size(recording_id)
    except (NotFound, BoxUnusable):  # a bad block must not keep the box shut: the next start tries again
        return None
    # Footage leaves in whole chunks: a shorter part was prepared and given up.
    if arming is None or not (is_sealed or size > SEALED_CHUNK_BYTES):
        return None
    case = CaseCode(str(arming["case"]))
    # By the log alone: a catalogue that was put back may say that the case is still whose it was before.
    practitioner = PractitionerId(told.takers.get(case, str(arming["practitioner"])))
    found = Recording(
        recording_id=recording_id,
        case=case,
        visit_id=new_visit_id(),  # the true one stood in the lost row
        practitioner=practitioner,
        state=RecordingState.INTERRUPTED,
        started=WallTime(ms=opening.wall_ms, confidence=opening.confidence),
        boot_id=opening.boot,
        started_boottime_ns=opening.boottime_ms * 1_000_000,
        stop_reason=StopReason.INTERRUPTED,
        sealed_bytes=size,
    )
    manifest = _manifest(eraser, recording_id) if is_sealed else None
    if manifest is None:
        return found
    return msgspec.structs.replace(
        found,
        state=RecordingState.SEALED,
        stop_reason=manifest.stop_reason,
        duration_ms=manifest.duration_ms,
        frames_generated=manifest.frames_generated,
        frames_kept=manifest.frames_kept,
        longest_sync_ms=manifest.longest_sync_ms,
    )


def _manifest(eraser: Eraser, recording_id: RecordingId) -> Manifest | None:
    with suppress(NotFound, SealBroken, AuditBroken, BoxUnusable):
        return read_manifest(eraser.vault.read_manifest(recording_id), eraser.device_key.public_hex)
    return None
