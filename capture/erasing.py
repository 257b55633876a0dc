"""Erasing footage: asked for on the page, done by one press on the box. Never erases by itself, and never what nobody named.

The log has its line before the first byte goes, and another once it is gone; the catalogue keeps a tombstone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.errors import NotErasable, NotFound, NotNow, VigcamError
from capture.ids import PractitionerId, RecordingId, new_ask_id
from capture.model import Recording, RecordingState
from capture.recorder.model import NS, Ask, Asked, AskKind, AskOutcome, AskTakenBack
from capture.recordings import Recordings
from capture.vault import Vault
from device.ports import Clock

_log = logging.getLogger(__name__)

_KEPT = 16


@dataclass(slots=True)
class _Batch:
    """One erasure under way. Over once it is `is_done` or has an `error`."""

    ask: Ask
    recording_ids: tuple[RecordingId, ...]
    is_done: bool = False
    error: VigcamError | None = None

    @property
    def is_over(self) -> bool:
        return self.is_done or self.error is not None


@dataclass(frozen=True, slots=True)
class ErasureWaiting:
    ask_id: str
    left_s: int


class Erasures:
    """All erasures under way."""

    def __init__(
        self, vault: Vault, recordings: Recordings, audit: AuditLog, clock: Clock, control: Callable[[], Control]
    ) -> None:
        self._vault, self._recordings, self._audit = vault, recordings, audit
        self._clock, self._control = clock, control
        self._lock = threading.Lock()
        self._under_way: dict[str, _Batch] = {}
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="erase")

    def begin(self, practitioner: PractitionerId, recording_ids: tuple[RecordingId, ...], words: str) -> ErasureWaiting:
        """Raises NotFound, NotNow (being filmed; or another press is waited for), NotErasable.

        What was never verifiably taken over takes words besides: the recording's own id, so one such film at a time.
        """
        for recording_id in recording_ids:
            self._check(self._recordings.get(recording_id), practitioner, words)
        now = self._clock.boottime_ns()
        ask = Ask(new_ask_id(), AskKind.ERASE, now + self._control().state.limits.ask)
        batch = _Batch(ask, tuple(dict.fromkeys(recording_ids)))
        self._audit.append(AuditEvent.ERASE_ASKED, ask=ask.ask_id, practitioner=practitioner, recordings=len(batch.recording_ids))
        with self._lock:
            over = [key for key, one in self._under_way.items() if one.is_over]
            for key in over[: max(0, len(over) - _KEPT + 1)]:
                del self._under_way[key]
            self._under_way[ask.ask_id] = batch
        try:
            self._control().post_and_wait(Asked(now, ask))
        except TimeoutError:
            self.take_back(ask.ask_id)
            raise
        return self._waiting(batch)

    def poll(self, ask_id: str) -> ErasureWaiting | tuple[RecordingId, ...]:
        """Waiting, or what was erased: said once. Raises NotNow where it was refused, and whatever else went wrong."""
        with self._lock:
            batch = self._under_way.get(ask_id)
            if batch is None:
                raise NotFound
            if batch.is_over:
                del self._under_way[ask_id]
        return batch.recording_ids if batch.is_done else self._waiting(batch)

    def take_back(self, ask_id: str) -> None:
        self._control().post(AskTakenBack(self._clock.boottime_ns(), ask_id))

    def take_back_all(self) -> None:
        """Who asked is signed out: a press means nothing of theirs any more."""
        with self._lock:
            asked = [key for key, one in self._under_way.items() if not one.is_over]
        for ask_id in asked:
            self.take_back(ask_id)

    def confirm(self, ask: Ask) -> None:
        """The button was pressed."""
        with self._lock:
            batch = self._under_way.get(ask.ask_id)
        if batch is not None:
            self._lane.submit(self._erase, batch)

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None:
        self._audit.submit(AuditEvent.ERASE_REFUSED, ask=ask.ask_id, why=outcome.value)
        with self._lock:
            batch = self._under_way.get(ask.ask_id)
            if batch is not None:
                batch.error = NotNow(outcome.value)

    def close(self) -> None:
        self._lane.shutdown(wait=True, cancel_futures=True)

    def _check(self, recording: Recording, practitioner: PractitionerId, words: str) -> None:
        if recording.practitioner != practitioner or recording.state is RecordingState.ERASED:
            raise NotFound(recording.recording_id)
        if recording.state is RecordingState.FILMING:
            raise NotNow("it is being filmed")
        if not recording.is_transferred and words.strip().lower() != recording.recording_id:
            raise NotErasable(recording.recording_id)

    def _erase(self, batch: _Batch) -> None:
        try:
            for recording_id in batch.recording_ids:
                self._audit.append(AuditEvent.ERASED, ask=batch.ask.ask_id, recording=recording_id, stage="begun")
                self._recordings.begin_erasing(recording_id)
                end_erasure(self._vault, self._recordings, self._audit, recording_id)
            batch.is_done = True
        except VigcamError as error:
            batch.error = error
        except Exception:  # noqa: BLE001 - the page must hear that it did not finish
            _log.exception("an erasure did not finish")
            batch.error = VigcamError()

    def _waiting(self, batch: _Batch) -> ErasureWaiting:
        if batch.error is not None:
            raise batch.error
        return ErasureWaiting(batch.ask.ask_id, max(0, batch.ask.expires_ns - self._clock.boottime_ns()) // NS)


def end_erasure(vault: Vault, recordings: Recordings, audit: AuditLog, recording_id: RecordingId) -> None:
    """What was begun is carried through, from wherever it stopped. Raises BoxUnusable, and the errors of log and catalogue."""
    with suppress(NotFound):  # gone already
        vault.erase(recording_id)
    recordings.mark_erased(recording_id)
    audit.append(AuditEvent.ERASED, recording=recording_id, stage="done")
    recordings.end_erasing(recording_id)
