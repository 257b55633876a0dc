"""The desk of recordings: listing, opening, transfer. Opening is logged, then answered with a descriptor and one key."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from capture import ids
from capture.anchor import TimeAnchor
from capture.audit.log import AuditEvent, AuditLog
from capture.consent import opening_rules
from capture.consent.records import Records
from capture.desk.desk import Handlers
from capture.device_key import DeviceKey
from capture.errors import (
    AuditBroken,
    BoxUnusable,
    CatalogueBroken,
    ClockUntrusted,
    ConsentMissing,
    NotFound,
    NotNow,
    SealBroken,
    TransferMismatch,
)
from capture.framing import Framing
from capture.ids import RecordingId
from capture.keyring import Keyrings
from capture.manifest import read_manifest
from capture.messages import (
    ConfirmTransfer,
    Done,
    GetPicture,
    GetRecording,
    ListRecordings,
    Opened,
    OpenRecording,
    Picture,
    RecordingFound,
    RecordingList,
    Refusal,
)
from capture.model import Manifest, Purpose, Recording, RecordingState
from capture.rate import Rate
from capture.recordings import Recordings
from capture.remains import Salvage, check_start, look
from capture.seal.stream import open_header
from capture.server import Reply
from capture.session import Session, Sessions
from capture.vault import Vault

_PAGE = 50
_TAKEN_OVER = (Purpose.DOWNLOAD, Purpose.SEALED)
"""Only what the practitioner holds counts as a copy that outlives the box: one that was handed on may be gone tomorrow."""


@dataclass(frozen=True, slots=True)
class RecordingDesk:
    """Answers a signed-in practitioner about their own recordings."""

    sessions: Sessions
    recordings: Recordings
    vault: Vault
    device_key: DeviceKey
    framing: Framing
    audit: AuditLog
    records: Records
    keyrings: Keyrings
    anchor: TimeAnchor
    opening_rate: Rate
    transfer_rate: Rate
    is_framing: Callable[[], bool]
    is_changing_hands: Callable[[RecordingId], bool]
    """Whether its file is still to get the header by which its new practitioner opens it."""

    def handlers(self) -> Handlers:
        return {
            ListRecordings: self._list,
            GetRecording: self._get,
            OpenRecording: self._open,
            ConfirmTransfer: self._confirm_transfer,
            GetPicture: self._picture,
        }

    def _list(self, verb: ListRecordings) -> Reply:
        session = self.sessions.require(verb.session)
        recordings, is_last = self.recordings.page(session.practitioner, verb.case, verb.before, _PAGE)
        return Reply(RecordingList(recordings=recordings, is_last=is_last))

    def _get(self, verb: GetRecording) -> Reply:
        session = self.sessions.require(verb.session)
        recording = self._own(session, verb.recording_id)
        refusals = self._refusals(session, recording)
        return Reply(RecordingFound(recording=recording, sealed_hash=self._shown_hash(recording), refusals=refusals))

    def _open(self, verb: OpenRecording) -> Reply:
        session = self.sessions.require(verb.session)
        recording = self._own(session, verb.recording_id)
        _check_there(recording)
        if self.is_changing_hands(recording.recording_id):
            raise NotNow(reasons=("changing_hands",))
        # Before the gate: each no of it is a line of the log.
        self.opening_rate.take()
        self._ask_gate(session, recording, verb.purpose)
        sealed_hash = self._sealed_hash(recording)
        opened = self.vault.open(recording.recording_id)
        # Who takes the sealed file as it is needs no key to it: what cannot be opened can still be kept.
        file_key, payload_offset = b"", 0
        try:
            if verb.purpose is not Purpose.SEALED:
                check_start(opened.fd)
                file_key, payload_offset = open_header(self.vault.header(opened.fd), session.unlocked.identity)
                if recording.state is RecordingState.INTERRUPTED:
                    found = look(opened.fd, file_key, payload_offset, is_sealed=opened.is_sealed)
                    recording = self._count(recording, found, opened.size)
            self.audit.append(
                AuditEvent.RECORDING_OPENED,
                recording=recording.recording_id,
                practitioner=session.practitioner,
                purpose=verb.purpose.value,
            )
            # Anew, now that the film was looked into and the log was waited for: a withdrawal may have come before this answer.
            lasts_ms = self._ask_gate(session, recording, verb.purpose)
        except BaseException:
            os.close(opened.fd)
            raise
        answer = Opened(
            recording=recording,
            file_key=file_key,
            payload_offset=payload_offset,
            is_sealed=opened.is_sealed,
            lasts_ms=lasts_ms,
            sealed_hash=sealed_hash,
        )
        return Reply(answer, opened.fd)

    def _refusals(self, session: Session, recording: Recording) -> tuple[Refusal, ...]:
        """A case that does not hold allows nothing; its films can still be looked for, and erased."""
        try:
            record = self.records.case(session.unlocked, recording.case)
        except (CatalogueBroken, NotFound):
            return tuple(Refusal(purpose=purpose, reasons=("signature_invalid",)) for purpose in Purpose)
        at = self.anchor.now()
        asked = ((purpose, opening_rules.reasons_against(record, recording, purpose.scope, at)) for purpose in Purpose)
        return tuple(Refusal(purpose=purpose, reasons=reasons) for purpose, reasons in asked if reasons)

    def _ask_gate(self, session: Session, recording: Recording, purpose: Purpose) -> int:
        """For how many milliseconds the yes lasts. Raises ConsentMissing, ClockUntrusted; the log knows of it."""
        record = self.records.case(session.unlocked, recording.case)
        try:
            return opening_rules.check(record, recording, purpose, self.anchor.now())
        except (ConsentMissing, ClockUntrusted) as error:
            self.audit.append(
                AuditEvent.OPENING_REFUSED,
                recording=recording.recording_id,
                practitioner=session.practitioner,
                purpose=purpose.value,
                reasons="+".join(error.reasons)[:80],
            )
            raise

    def _count(self, recording: Recording, found: Salvage, size: int) -> Recording:
        """An interrupted recording with what was found in it: nobody could look while the box was locked."""
        counted = msgspec.structs.replace(
            recording,
            duration_ms=found.duration_ms,
            sealed_bytes=size,
            frames_kept=found.frames,
            # A writer that failed, but was not killed, knew how many the sensor had made.
            frames_generated=max(recording.frames_generated, found.frames + found.frames_lost),
        )
        if counted != recording:
            self.recordings.update(counted)
        return counted

    def _confirm_transfer(self, verb: ConfirmTransfer) -> Reply:
        session = self.sessions.require(verb.session)
        recording = self._own(session, verb.recording_id)
        _check_there(recording)  # before anything is stated: nobody holds a copy of what is not there
        if verb.sealed_hash is None and verb.mp4_hash is None:
            raise TransferMismatch("nothing to compare")
        self.transfer_rate.take()
        self._ask_gate(session, recording, verb.purpose)
        expected = self._sealed_hash(recording)
        if verb.sealed_hash is not None and verb.sealed_hash != expected:
            self.audit.append(AuditEvent.TRANSFER_REFUSED, recording=recording.recording_id, practitioner=session.practitioner)
            raise TransferMismatch
        # Stated by whoever hands it on, then counted as transferred: the other way round a cut would forget to whom.
        self.records.record_transfer(
            session.unlocked,
            self.keyrings.recovery(),
            recording,
            purpose=verb.purpose,
            recipient=verb.recipient,
            sealed_hash=expected,
        )
        self.audit.append(
            AuditEvent.TRANSFER_CONFIRMED,
            recording=recording.recording_id,
            practitioner=session.practitioner,
            bytes=verb.received_bytes,
            sealed_hash=verb.sealed_hash or "",
            mp4_hash=verb.mp4_hash or "",
        )
        if verb.purpose in _TAKEN_OVER:
            self.recordings.mark_transferred(recording.recording_id)
        return Reply(Done())

    def _picture(self, verb: GetPicture) -> Reply:
        self.sessions.require(verb.session)
        if not self.is_framing():
            raise NotNow
        size, descriptor = self.framing.latest()
        return Reply(Picture(size=size), descriptor)

    def _own(self, session: Session, text: str) -> Recording:
        recording_id: RecordingId = ids.recording_id(text)
        recording = self.recordings.get(recording_id)
        if recording.practitioner != session.practitioner:
            raise NotFound(recording_id)
        return recording

    def _sealed_hash(self, recording: Recording) -> str:
        """From the manifest, its signature checked; empty where there is none (interrupted)."""
        return self._manifest(recording).sealed_hash if recording.state is RecordingState.SEALED else ""

    def _shown_hash(self, recording: Recording) -> str:
        """Empty too where the manifest does not hold, is gone, or was half erased when a disk failed: such a film is not opened,
        and can still be looked for and erased."""
        try:
            return self._sealed_hash(recording)
        except (AuditBroken, SealBroken, NotFound, BoxUnusable):
            return ""

    def _manifest(self, recording: Recording) -> Manifest:
        return read_manifest(self.vault.read_manifest(recording.recording_id), self.device_key.public_hex)


def _check_there(recording: Recording) -> None:
    """Raises NotNow while it is being filmed, NotFound once it is erased."""
    if recording.state is RecordingState.FILMING:
        raise NotNow("it is being filmed")
    if recording.state is RecordingState.ERASED:
        raise NotFound(recording.recording_id)
