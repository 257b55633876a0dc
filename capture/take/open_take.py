"""One take while it is under way: hears its writer and its camera, and passes on what the recorder must know. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from capture.control import Control
from capture.model import Recording, StopReason
from capture.recorder.model import CameraFailed, TakeFailed
from capture.take.sealed_part import SealedPart
from capture.take.take import TakeSummary
from device.ports import Clock

_WRITER_FAILURES = {
    "disk_floor": StopReason.DISK_FLOOR,
    "disk_error": StopReason.DISK_ERROR,
    "internal": StopReason.DISK_ERROR,
    "format_unsupported": StopReason.CAMERA_FAILED,
}
"""What the writer itself fails with; every other code comes from the camera."""


class Closing(Protocol):
    """Who is told once the writer has closed the file. Called in the writer's thread: hands on, and returns."""

    def closed(self, take: OpenTake, summary: TakeSummary) -> None: ...


class OpenTake:
    """A take whose file lies in the vault. `number` is the recorder's count of openings; the listener of its own writer."""

    def __init__(
        self,
        number: int,
        part: SealedPart,
        recording: Recording,
        *,
        recipients: tuple[str, ...],
        closing: Closing,
        clock: Clock,
        control: Callable[[], Control],
    ) -> None:
        self.number, self.part, self.recording = number, part, recording
        self.recipients = recipients
        """The fingerprints of those it is sealed to."""
        self.reason: StopReason | None = None
        """Why it ended; None while it runs, and when it was abandoned before the sensor opened."""
        self._closing, self._clock, self._control = closing, clock, control

    def first_frame(self) -> None:
        """The first picture is in the file: nothing to do, the log knows of the opening already."""

    def frame_seen(self, boottime_ns: int) -> None:
        self._control().frame_seen(boottime_ns)

    def take_failed(self, code: str) -> None:
        now = self._clock.boottime_ns()
        reason = _WRITER_FAILURES.get(code)
        self._control().post(CameraFailed(now, code) if reason is None else TakeFailed(now, reason))

    def take_finished(self, summary: TakeSummary) -> None:
        self._closing.closed(self, summary)
