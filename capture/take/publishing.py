"""The end of a take: renamed, logged, vouched for by a signed manifest, entered in the catalogue. Never opens the recording."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from capture.audit.log import AuditEvent, AuditLog
from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.ids import BoxId
from capture.manifest import sign_manifest
from capture.model import Manifest, Recording, RecordingState, StopReason
from capture.recordings import Recordings
from capture.take.open_take import OpenTake
from capture.take.sealed_part import SealedPart
from capture.take.take import TakeSummary
from capture.vault import Vault


@dataclass(frozen=True, slots=True)
class Publisher:
    """Blocks for the disk; called in the take's own lane. Raises OSError and the errors of log and catalogue."""

    box_id: BoxId
    vault: Vault
    recordings: Recordings
    audit: AuditLog
    device_key: DeviceKey

    def publish(self, take: OpenTake, reason: StopReason, summary: TakeSummary) -> Recording:
        """A whole take: from here on it is called sealed."""
        recording_id = take.recording.recording_id
        self.vault.publish(take.part)
        line = self.audit.append(
            AuditEvent.RECORDING_SEALED,
            recording=recording_id,
            sealed_hash=summary.sealed_hash,
            bytes=summary.sealed_bytes,
            frames=summary.frames_kept,
            lost=summary.frames_generated - summary.frames_kept,
        )
        manifest = Manifest(
            box_id=self.box_id,
            recording_id=recording_id,
            header_hash=take.part.header_hash,
            sealed_hash=summary.sealed_hash,
            sealed_bytes=summary.sealed_bytes,
            duration_ms=summary.duration_ms,
            frames_generated=summary.frames_generated,
            frames_kept=summary.frames_kept,
            width=summary.width,
            height=summary.height,
            has_sound=summary.has_sound,
            stop_reason=reason,
            longest_sync_ms=summary.longest_sync_ms,
            recipients=take.recipients,
            audit_sequence=line.seq,
            audit_head=line.head.hash,
        )
        self.vault.write_manifest(recording_id, sign_manifest(manifest, self.device_key))
        return self._enter(take, reason, summary, RecordingState.SEALED)

    def leave_interrupted(self, take: OpenTake, reason: StopReason, summary: TakeSummary) -> Recording:
        """The writer failed: what it wrote stays as it is, readable as far as it goes."""
        # The row first: the disk that failed the footage may well fail the log, and the row must not go on saying "filming".
        recording = self._enter(take, reason, summary, RecordingState.INTERRUPTED)
        why = summary.first_error or "not_published"
        try:
            self.audit.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording.recording_id, why=why)
        except AuditBroken:
            self.recordings.owe_line(recording.recording_id)
            raise
        return recording

    def drop(self, recording: Recording, part: SealedPart | None) -> None:
        """Nothing was filmed: no file and no row; the log keeps what it said. A file that does not go leaves an interrupted
        recording, never a row that goes on saying that it is being filmed."""
        try:
            if part is not None:
                self.vault.discard(part)
        finally:
            if recording.recording_id in self.vault.parts():
                self.recordings.mark_interrupted(recording.recording_id)
            else:
                self.recordings.forget_unfilmed(recording.recording_id)

    def _enter(self, take: OpenTake, reason: StopReason, summary: TakeSummary, state: RecordingState) -> Recording:
        recording = msgspec.structs.replace(
            take.recording,
            state=state,
            stop_reason=reason,
            duration_ms=summary.duration_ms,
            sealed_bytes=summary.sealed_bytes,
            frames_generated=summary.frames_generated,
            frames_kept=summary.frames_kept,
            marks_ms=summary.marks_ms,
            longest_sync_ms=summary.longest_sync_ms,
        )
        self.recordings.update(recording)
        return recording
