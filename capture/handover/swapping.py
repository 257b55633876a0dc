"""Puts new headers into the files of films, one after the other, in a thread of its own. Moves no payload, opens no film.

The order for each, so that a cut at any step is made good by the next start: the header is in the catalogue already; the log says
`begun` with the hashes that are to be; the header is overwritten in its place and synced; the manifest follows; the log says
`done`; the catalogue forgets it. Until then nobody opens the film.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from capture.audit.line import AuditHead
from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.device_key import DeviceKey
from capture.errors import AuditBroken, NotFound, NotNow, VigcamError
from capture.handover.new_headers import NewHeader, NewHeaders
from capture.manifest import read_manifest, sign_manifest
from capture.model import RecordingState
from capture.recordings import Recordings
from capture.vault import Vault

_log = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
_PAUSE_S = 0.5


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="headers")


@dataclass(frozen=True, slots=True)
class Swapping:
    """The lane in which it happens. What fails is tried again at the next start: a bad block must not keep the box shut."""

    catalogue: Catalogue
    recordings: Recordings
    vault: Vault
    audit: AuditLog
    device_key: DeviceKey
    is_camera_open: Callable[[], bool]
    """While it is, the disk is the film's alone."""
    _lane: ThreadPoolExecutor = field(default_factory=_one_thread)
    _ending: threading.Event = field(default_factory=threading.Event)

    @property
    def new_headers(self) -> NewHeaders:
        return NewHeaders(self.catalogue)

    def begin(self) -> None:
        """Work off all that waits; returns at once. To be called at every start, and whenever a case has changed hands."""
        self._lane.submit(self._all)

    def close(self) -> None:
        """A header that is being written is written to its end; the rest is left to the next start."""
        self._ending.set()
        self._lane.shutdown(wait=True, cancel_futures=True)

    def swap(self, new: NewHeader) -> None:
        """One film. Raises OSError, and the errors of vault, log and catalogue; may be repeated from wherever it stopped."""
        if self._is_gone(new):
            return self.new_headers.done(new.recording_id)
        sealed_hash = self._hash_to_be(new)
        fields = {
            "recording": new.recording_id,
            "old_header_hash": new.old_hash,
            "header_hash": hashlib.sha256(new.header).hexdigest(),
            "sealed_hash": sealed_hash,
        }
        head = self.audit.append(AuditEvent.RECORDING_REWRAPPED, stage="begun", **fields).head
        # Whoever erases waits for this, or began before: then the film is not there any more, or is not to be.
        with self.vault.changing:
            if self._is_gone(new):
                return self.new_headers.done(new.recording_id)
            self.vault.replace_header(new.recording_id, new.header)
            self._replace_manifest(new, sealed_hash, head)
        self.audit.append(AuditEvent.RECORDING_REWRAPPED, stage="done", **fields)
        return self.new_headers.done(new.recording_id)

    def _all(self) -> None:
        for new in self.new_headers.all():
            try:
                self.swap(new)
            except NotNow:
                return
            except (VigcamError, OSError):
                _log.exception("a film's new header could not be put into its file")

    def _is_gone(self, new: NewHeader) -> bool:
        is_erased = self.recordings.get(new.recording_id).state is RecordingState.ERASED
        return is_erased or new.recording_id in self.recordings.being_erased()

    def _hash_to_be(self, new: NewHeader) -> str:
        """SHA-256 of the whole file with its new header; empty for one that was never closed, which nothing vouches for."""
        opened = self.vault.open(new.recording_id)
        try:
            if not opened.is_sealed:
                return ""
            digest = hashlib.sha256(new.header)
            offset = len(new.header)
            while block := os.pread(opened.fd, _BLOCK_BYTES, offset):
                while self.is_camera_open() and not self._ending.wait(_PAUSE_S):
                    pass
                if self._ending.is_set():
                    raise NotNow("the daemon ends")
                digest.update(block)
                offset += len(block)
            return digest.hexdigest()
        finally:
            os.close(opened.fd)

    def _replace_manifest(self, new: NewHeader, sealed_hash: str, head: AuditHead) -> None:
        try:
            old = read_manifest(self.vault.read_manifest(new.recording_id), self.device_key.public_hex)
        except (NotFound, AuditBroken):  # nothing vouched for it before, and nobody looked at it since
            return
        manifest = msgspec.structs.replace(
            old,
            header_hash=hashlib.sha256(new.header).hexdigest(),
            sealed_hash=sealed_hash,
            recipients=new.recipients,
            audit_sequence=head.sequence,
            audit_head=head.hash,
        )
        self.vault.write_manifest(new.recording_id, sign_manifest(manifest, self.device_key))
