"""The box at a glance, for the page and for `vigcam status`: gathers what others know. Needs no sign-in, so it names nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from capture.anchor import TimeAnchor
from capture.config import Config
from capture.control import Control
from capture.filming import Filming
from capture.keyring import Keyrings
from capture.messages import Status
from capture.recorder.model import NS, Phase
from capture.recorder.moves import ready_pattern
from capture.session import Sessions
from device.ports import Camera, Clock, PowerGauge

_SHOWN = {Phase.PREPARING: "opening", Phase.LIGHTING: "opening", Phase.ENDED: "booting"}


@dataclass(frozen=True, slots=True)
class StatusBoard:
    """Reads only what lies in RAM, and the file system's free space."""

    config: Config
    clock: Clock
    anchor: TimeAnchor
    power: PowerGauge
    camera: Camera
    control: Callable[[], Control]
    filming: Filming
    sessions: Sessions
    keyrings: Keyrings

    def read(self) -> Status:
        control = self.control()
        state, now = control.state, self.clock.boottime_ns()
        is_filming = state.phase is Phase.RECORDING
        free = self.filming.free_bytes()
        profile = self.config.camera
        spare = max(0, free - self.config.limits.reserve_bytes)
        return Status(
            box_id=self.config.box.id,
            version=version("vigcam"),
            state=_SHOWN.get(state.phase, state.phase.value),
            fault=state.fault if state.phase is Phase.FAULTED else "",
            tally=control.tally.value,
            ready=ready_pattern(state).value,
            tone=control.tone,
            tone_count=control.tone_count,
            is_sensor_open=self.camera.is_open,
            armed_case=_armed_case(self.filming) if state.leave else "",
            armed_mode=state.leave.mode.value if state.leave else "",
            lease_left_s=_left_s(state.leave.lease_end_ns if state.leave else 0, now),
            filmed_s=round((now - state.opened_ns) / NS, 1) if is_filming else 0.0,
            recording_id=self.filming.current_id if is_filming else "",
            last_recording_id=self.filming.last_id,
            waiting_for_press=state.asks[0].kind.value if state.asks else "",
            is_signed_in=self.sessions.current is not None,
            is_enrolment_open=state.enrolment_end_ns > now,
            enrolment_left_s=_left_s(state.enrolment_end_ns, now),
            clock=self.anchor.now(),
            power=self.power.read().value,
            free_bytes=free,
            free_minutes=spare * 8 // (profile.bitrate + profile.audio_bitrate) // 60,
            recovery_fingerprint=self.keyrings.recovery().fingerprint,
            longest_sync_ms=self.filming.longest_sync_ms,
        )


def _left_s(end_ns: int, now: int) -> int:
    return max(0, end_ns - now) // NS


def _armed_case(filming: Filming) -> str:
    return filming.armed.arming.case if filming.armed else ""
