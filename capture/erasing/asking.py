"""Erasing as it is asked for on the page and confirmed by one press. Never erases by itself, and never what nobody named."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.erasing import rules
from capture.erasing.book import ErasureBook
from capture.erasing.eraser import Eraser
from capture.errors import NotFound, NotNow, VigcamError
from capture.ids import PractitionerId, RecordingId, new_ask_id
from capture.recorder.model import NS, Ask, Asked, AskKind, AskOutcome, AskTakenBack
from device.ports import Clock

_log = logging.getLogger(__name__)

_KEPT = 16


@dataclass(frozen=True, slots=True)
class ErasureWaiting:
    """Not over yet: the press may still come for `left_s`, or came (`is_pressed`), and the films are going."""

    ask_id: str
    left_s: int
    is_pressed: bool


@dataclass(frozen=True, slots=True)
class ErasureDone:
    """What went, and the receipts that say so."""

    recording_ids: tuple[RecordingId, ...]
    erasure_ids: tuple[str, ...]


@dataclass(slots=True)
class _Batch:
    """One erasure under way. Over once it is `done` or has an `error`."""

    ask: Ask
    practitioner: PractitionerId
    recording_ids: tuple[RecordingId, ...]
    is_pressed: bool = False
    done: ErasureDone | None = None
    error: VigcamError | None = None

    @property
    def is_over(self) -> bool:
        return self.done is not None or self.error is not None


class Erasures:
    """All erasures under way."""

    def __init__(
        self, eraser: Eraser, audit: AuditLog, clock: Clock, *, control: Callable[[], Control], ended: Callable[[], None]
    ) -> None:
        """`ended` is told of each erasure once its receipts are signed, before the page is."""
        self._eraser, self._audit, self._clock, self._control, self._ended = eraser, audit, clock, control, ended
        self._lock = threading.Lock()
        self._under_way: dict[str, _Batch] = {}
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="erase")

    @property
    def book(self) -> ErasureBook:
        """What the catalogue knows of erasures."""
        return self._eraser.book

    def begin(self, practitioner: PractitionerId, recording_ids: tuple[RecordingId, ...], words: str) -> ErasureWaiting:
        """One press is for all of them. Raises NotFound, NotNow (being filmed; or another press is waited for), NotErasable."""
        chosen = tuple(dict.fromkeys(recording_ids))
        rules.check([self._eraser.recordings.get(recording_id) for recording_id in chosen], practitioner, words)
        now = self._clock.boottime_ns()
        ask = Ask(new_ask_id(), AskKind.ERASE, now + self._control().state.limits.ask)
        batch = _Batch(ask, practitioner, chosen)
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

    def poll(self, practitioner: PractitionerId, ask_id: str) -> ErasureWaiting | ErasureDone:
        """Waiting, or what was erased: said once, to who asked. Raises NotFound, NotNow with the reason why no press counted, and
        whatever else went wrong, once as well: then something may have been begun, which the next start ends."""
        with self._lock:
            batch = self._under_way.get(ask_id)
            if batch is None or batch.practitioner != practitioner:
                raise NotFound
            if batch.is_over:
                del self._under_way[ask_id]
        return batch.done or self._waiting(batch)

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
            batch.is_pressed = True
            self._lane.submit(self._erase, batch)

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None:
        self._audit.submit(AuditEvent.ERASE_REFUSED, ask=ask.ask_id, why=outcome.value)
        with self._lock:
            batch = self._under_way.get(ask.ask_id)
            if batch is not None:
                batch.error = NotNow(reasons=(f"ask_{outcome.value}",))

    def close(self) -> None:
        self._lane.shutdown(wait=True, cancel_futures=True)

    def _erase(self, batch: _Batch) -> None:
        try:
            erasure_ids = self._eraser.erase(batch.ask.ask_id, batch.practitioner, batch.recording_ids)
            self._ended()
            batch.done = ErasureDone(batch.recording_ids, erasure_ids)
        except VigcamError as error:
            batch.error = error
        except Exception:  # noqa: BLE001 - the page must hear that it did not finish
            _log.exception("an erasure did not finish")
            batch.error = VigcamError()

    def _waiting(self, batch: _Batch) -> ErasureWaiting:
        if batch.error is not None:
            raise batch.error
        left_ns = max(0, batch.ask.expires_ns - self._clock.boottime_ns())
        return ErasureWaiting(batch.ask.ask_id, left_ns // NS, batch.is_pressed)
