"""One take after another: from the hold to the manifest, in a lane that may wait for a disk. Never touches the sensor.

Orders come from the control thread and are handed on at once. Before a sensor may open, the gate is asked again, the file's
header is durable, and the log knows that header's hash. After it closed, what the encoder still holds is waited for here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import assert_never

from capture.audit.log import AuditEvent, AuditLog
from capture.config import Config
from capture.consent.case_record import CaseRecord
from capture.control import Control
from capture.errors import ClockUntrusted, ConsentMissing, NotNow, VaultFull, VigcamError
from capture.ids import new_recording_id
from capture.keyring import Keyrings
from capture.model import Arming, ArmMode, Recording, RecordingState, StopReason, WallTime
from capture.recorder.model import Event, Sealed, TakeReady, TakeRefused
from capture.take.open_take import OpenTake
from capture.take.publishing import Publisher
from capture.take.sealed_part import SealedPart
from capture.take.take import Take, TakeSummary
from device.ports import CameraReport, Clock, Disk, Profile

_log = logging.getLogger(__name__)

_DISK_FAULT = "disk_error"

_NO_FAULT = (ConsentMissing, ClockUntrusted, VaultFull, NotNow)
"""Refusals that a person mends on the page; everything else needs a look at the box."""


@dataclass(frozen=True, slots=True)
class ArmedVisit:
    """An arming, and what it rests on. `check` verifies all of it anew, for the hold; `look` only asks the gate once more about
    what was verified, often and without a disk; `foresee` asks it about the same case as a change would leave it. All raise what
    speaks against filming."""

    arming: Arming
    check: Callable[[], None]
    look: Callable[[], None]
    foresee: Callable[[Callable[[CaseRecord], CaseRecord]], None]


@dataclass(frozen=True, slots=True)
class _Running:
    take: OpenTake
    writer: Take


class Filming:
    """The daemon's takes, one at a time. Told of the armed visit by the desk, ordered about by the control thread. `drain` is the
    camera's: returns once it has handed over all that it filmed."""

    def __init__(
        self,
        *,
        config: Config,
        profile: Profile,
        drain: Callable[[], CameraReport],
        publisher: Publisher,
        audit: AuditLog,
        keyrings: Keyrings,
        clock: Clock,
        disk: Disk,
        now: Callable[[], WallTime],
        control: Callable[[], Control],
    ) -> None:
        self._profile, self._drain = profile, drain
        self._config, self._publisher, self._audit, self._keyrings = config, publisher, audit, keyrings
        self._clock, self._disk, self._now, self._control = clock, disk, now, control
        self._visits: tuple[ArmedVisit, ...] = ()
        self._takes: tuple[_Running, ...] = ()
        """Those that are not closed yet, oldest first: one that was given up may still wait for the disk. Replaced whole."""
        last = publisher.recordings.last()
        self.last_id: str = last.recording_id if last else ""
        self.longest_sync_ms: float = last.longest_sync_ms if last else 0.0
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="take")

    # --- asked by the desk ----------------------------------------------------------------------------------------------

    @property
    def armed(self) -> ArmedVisit | None:
        """The visit for which the recorder holds leave now."""
        leave = self._control().state.leave
        return self._visit(leave.arming_id) if leave else None

    @property
    def current_id(self) -> str:
        newest = self._newest
        return newest.take.recording.recording_id if newest else ""

    def arm(self, visit: ArmedVisit) -> None:
        """Keep it for the hold, should the recorder take the leave. The one that it holds leave for now stays beside it: until
        the recorder has taken the new leave, a hold still means the old one. One caller at a time."""
        held = self.armed
        self._visits = (visit,) if held is None else (held, visit)

    def free_bytes(self) -> int:
        return self._publisher.vault.free_bytes()

    def check_room(self) -> None:
        """Raises VaultFull unless a take of full length fits, with the reserve besides."""
        profile, limits = self._profile, self._config.limits
        needed = (profile.bitrate + profile.audio_bitrate) // 8 * limits.film_limit_s + limits.reserve_bytes
        if self.free_bytes() < needed:
            raise VaultFull

    # --- ordered by the control thread: each returns at once -------------------------------------------------------------

    def prepare(self, take: int, mode: ArmMode, arming_id: str) -> None:
        self._lane.submit(self._prepare, take, mode, arming_id)

    def abandon(self, take: int) -> None:
        self._lane.submit(self._abandon, take)

    def writer(self) -> Take:
        """The sink of the take that is ready."""
        newest = self._newest
        assert newest is not None, "a sensor without a take"
        return newest.writer

    def mark(self, at_ns: int) -> None:
        newest = self._newest
        if newest is not None:
            newest.writer.mark(at_ns)

    def seal(self, reason: StopReason) -> None:
        running = self._newest
        if running is None:
            self._post(Sealed(self._clock.boottime_ns()))
            return
        running.take.reason = reason
        self._lane.submit(self._seal, running, reason)

    def closed(self, take: OpenTake, summary: TakeSummary) -> None:
        """Told by the writer's thread."""
        self._lane.submit(self._close, take, summary)

    def close(self) -> None:
        """Wait for what is under way: no take is left without its end."""
        self._lane.submit(int).result()  # all that was ordered before this
        report = self._drained()
        for running in self._takes:
            running.writer.finish(report)
            while not running.writer.wait(1.0):
                _log.info("a take waits for the disk")
        self._lane.shutdown(wait=True)

    # --- the lane -------------------------------------------------------------------------------------------------------

    def _prepare(self, number: int, mode: ArmMode, arming_id: str) -> None:
        try:
            visit = self._visit(arming_id)
            if visit is None:
                raise NotNow
            visit.check()
            match mode:
                case ArmMode.FILM:
                    self._open(number, visit.arming)
                case ArmMode.FRAMING:
                    self._audit.append(AuditEvent.FRAMING_OPENING, arming=arming_id)
                case _:
                    assert_never(mode)
        except VigcamError as error:
            self._refused(number, error.code, "+".join(error.reasons), is_fault=not isinstance(error, _NO_FAULT))
        except Exception:  # noqa: BLE001 - whatever it was, the recorder must hear that nothing is ready
            _log.exception("a take could not be prepared")
            self._refused(number, _DISK_FAULT, "", is_fault=True)
        else:
            self._post(TakeReady(self._clock.boottime_ns(), number))

    def _refused(self, number: int, code: str, reasons: str, *, is_fault: bool) -> None:
        self._audit.submit(AuditEvent.ARM_REFUSED, code=code, reasons=reasons[:80])
        self._post(TakeRefused(self._clock.boottime_ns(), number, code, is_fault))

    def _open(self, number: int, arming: Arming) -> None:
        self.check_room()
        recording = Recording(
            recording_id=new_recording_id(),
            case=arming.case,
            visit_id=arming.visit_id,
            practitioner=arming.practitioner,
            state=RecordingState.FILMING,
            started=self._now(),
            boot_id=self._clock.boot_id,
            started_boottime_ns=self._clock.boottime_ns(),
        )
        recipients = (self._keyrings.public(arming.practitioner).recipient, self._keyrings.recovery())
        # The row first: a file that the catalogue does not know would be nobody's after a power cut.
        self._publisher.recordings.add(recording)
        part: SealedPart | None = None
        try:
            part = self._publisher.vault.begin(recording.recording_id, recipients)
            self._audit.append(
                AuditEvent.RECORDING_OPENING,
                recording=recording.recording_id,
                arming=arming.arming_id,
                header_hash=part.header_hash,
            )
        except BaseException:
            self._drop(recording, part)
            raise
        fingerprints = tuple(recipient.fingerprint for recipient in recipients)
        take = OpenTake(number, part, recording, recipients=fingerprints, closing=self, clock=self._clock, control=self._control)
        floor = self._config.limits.reserve_bytes // 2
        writer = Take(part, self._profile, self._disk, self._clock, take, floor)
        self._takes = (*self._takes, _Running(take, writer))

    def _seal(self, running: _Running, reason: StopReason) -> None:
        report = self._drained()
        recording_id = running.take.recording.recording_id
        self._audit.submit(
            AuditEvent.RECORDING_STOPPED, recording=recording_id, reason=reason.value, frames=report.frames_generated
        )
        running.writer.finish(report)

    def _drained(self) -> CameraReport:
        try:
            return self._drain()
        except Exception:  # noqa: BLE001 - whatever a driver throws: what was handed over by then is closed and kept
            _log.exception("the camera does not say what it filmed")
            return CameraReport(0)

    def _abandon(self, number: int) -> None:
        for running in self._takes:
            if running.take.number == number:
                running.writer.finish(CameraReport(0))

    def _close(self, take: OpenTake, summary: TakeSummary) -> None:
        self._takes = tuple(running for running in self._takes if running.take is not take)
        error = self._put_away(take, summary)
        if take.reason is not None:
            self._post(Sealed(self._clock.boottime_ns(), error))

    def _put_away(self, take: OpenTake, summary: TakeSummary) -> str:
        """Sealed, interrupted, or gone where nothing was filmed; returns what went wrong."""
        if not summary.sealed_hash and summary.first_error is None:
            return "" if self._drop(take.recording, take.part) else _DISK_FAULT
        reason = take.reason or StopReason.SHUTDOWN
        try:
            if summary.sealed_hash:
                self._remember(self._publisher.publish(take, reason, summary))
                return ""
        except Exception:  # noqa: BLE001 - whatever it was, the recorder must hear that sealing is over
            _log.exception("a take could not be closed")
        try:
            self._remember(self._publisher.leave_interrupted(take, reason, summary))
        except Exception:  # noqa: BLE001 - see above; the next start-up finds the row as it is
            _log.exception("a take could not be entered")
        return _DISK_FAULT

    def _drop(self, recording: Recording, part: SealedPart | None) -> bool:
        """Whether nothing is left of a take in which nothing was filmed."""
        try:
            self._publisher.drop(recording, part)
        except Exception:  # noqa: BLE001 - what made it to be dropped is told already
            _log.exception("a take could not be dropped")
            return False
        return True

    def _remember(self, recording: Recording) -> None:
        self.last_id, self.longest_sync_ms = recording.recording_id, recording.longest_sync_ms

    @property
    def _newest(self) -> _Running | None:
        takes = self._takes
        return takes[-1] if takes else None

    def _visit(self, arming_id: str) -> ArmedVisit | None:
        return next((visit for visit in self._visits if visit.arming.arming_id == arming_id), None)

    def _post(self, event: Event) -> None:
        self._control().post(event)
