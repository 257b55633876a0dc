"""The doors of the box: what the capture daemon may ask of hardware, as Protocols and plain facts. Never opens anything itself.

A fake behind one of these doors is a strict twin of the real thing; which one is used is decided in one place,
`capture/__main__.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Profile:
    """What the camera is asked to deliver: picture size in pixels, frames a second, bit rates in bit/s, sound in Hz."""

    width: int
    height: int
    fps: int
    bitrate: int
    audio_bitrate: int = 96_000
    audio_rate: int = 48_000


@dataclass(frozen=True, slots=True)
class VideoPacket:
    """One encoded picture.

    `data` is H.264 in Annex-B form (start codes); SPS and PPS stand before each keyframe. `time_us` is the sensor's own
    time-stamp in microseconds. `frame_number` counts the pictures the sensor made since filming began, from 0: a jump is a
    picture that was lost before the encoder.
    """

    data: bytes
    time_us: int
    frame_number: int
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the sound is coded: AAC-LC, `config` the AudioSpecificConfig, `priming_samples` the encoder's delay."""

    sample_rate: int
    channels: int
    config: bytes
    priming_samples: int


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """One raw AAC access unit (no ADTS header). `time_us` is the time of its first sample on the sensor's clock, the
    encoder's delay taken off already: the first packet of a take may lie before the first picture."""

    data: bytes
    time_us: int
    samples: int


class PacketSink(Protocol):
    """Where a camera hands its packets. Called in the camera's own threads: implementations never block and never raise."""

    def audio_format(self, audio: AudioFormat) -> None:
        """Called once, before the first picture; not at all where there is no sound. Whether there is any must never be learnt
        from the first packet of it: a microphone may be slow, and what is filmed meanwhile could not be written."""

    def video(self, packet: VideoPacket) -> None: ...

    def audio(self, packet: AudioPacket) -> None: ...

    def failed(self, code: str) -> None:
        """The camera broke while open (`code` as in `device.errors`); no more packets follow."""


class PictureSink(Protocol):
    """Where framing pictures go: small JPEG stills, in RAM only. Same rules as `PacketSink`."""

    def picture(self, jpeg: bytes) -> None: ...

    def failed(self, code: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What the sensor did between start and stop: how many pictures it made, kept or not."""

    frames_generated: int


class Camera(Protocol):
    """Sensor and microphone as one: they open and close together."""

    @property
    def profile(self) -> Profile: ...

    @property
    def is_open(self) -> bool:
        """Whether sensor or microphone has power now: the witness of P1 and P4."""

    def start_filming(self, sink: PacketSink) -> None:
        """Open sensor and microphone and begin to deliver packets. Raises CameraUnavailable (then nothing is open)."""

    def start_framing(self, pictures: PictureSink) -> None:
        """Open the sensor alone and deliver small stills, a few a second. Raises CameraUnavailable."""

    def stop(self) -> None:
        """Close sensor and microphone, and return once they are closed: what is still to be encoded waits for `drain`. Safe to
        call when closed, and twice."""

    def drain(self) -> CameraReport:
        """Encode what the sensor made until `stop`, and return once the last packet was delivered: on a busy machine that may
        take seconds, so it is not for whoever stops. Returns in the end whatever hangs; what is missing then is in the report as
        made. Drained already, or never filmed since: a report of no pictures."""


class LampPattern(Enum):
    """What a lamp shows. Periods and figures: `device/lamps.py` (at most three flashes a second)."""

    OFF = "off"
    STEADY = "steady"
    SLOW_PULSE = "slow_pulse"
    BREATHING = "breathing"
    FAST_DOUBLE_BLINK = "fast_double_blink"
    QUICK_BLINK = "quick_blink"
    LONG_SHORT = "long_short"
    PULSE = "pulse"
    SOS = "sos"


class Tone(Enum):
    """What the box sounds. Notes: `device/tones.py`."""

    REFUSED = "refused"
    FRAMING = "framing"
    START = "start"
    REMINDER = "reminder"
    FIVE_MINUTES = "five_minutes"
    MARK = "mark"
    STOP = "stop"
    ERROR = "error"


class PanelListener(Protocol):
    """Hears the contacts, debounced, in the panel's thread; `at_ns` is boot time. Never blocks."""

    def button_down(self, at_ns: int) -> None: ...

    def button_up(self, at_ns: int) -> None: ...

    def mark_down(self, at_ns: int) -> None: ...


class Panel(Protocol):
    """The box's front: one button, a second one to mark (optional), the tally by the lens, the ready lamp, a buzzer."""

    def listen(self, listener: PanelListener) -> None: ...

    def is_button_down(self) -> bool: ...

    def show_tally(self, pattern: LampPattern) -> None:
        """Drive the tally and read it back before returning (a pattern that blinks begins lit). Raises LampFault."""

    def show_ready(self, pattern: LampPattern) -> None:
        """Drive the ready lamp; never raises: it is a comfort, not a promise."""

    def play(self, tone: Tone) -> None:
        """Begin a tone and return at once; a new tone replaces the one playing. Never raises."""

    def close(self) -> None:
        """Everything off; the pins are given back."""


class Clock(Protocol):
    """The box's two clocks. Boot time never steps and counts through suspend; wall time is only a claim."""

    @property
    def boot_id(self) -> str:
        """32 lower-case hex digits, new at every boot."""

    @property
    def has_rtc(self) -> bool:
        """Whether a battery-backed clock set the system's wall time."""

    def boottime_ns(self) -> int: ...

    def wall_ms(self) -> int:
        """The system's own idea of UTC, milliseconds since 1970."""


class PowerState(Enum):
    """Whether the supply holds. A box that cannot read it says UNKNOWN, never GOOD."""

    GOOD = "good"
    LOW = "low"
    UNKNOWN = "unknown"


class PowerGauge(Protocol):
    def read(self) -> PowerState: ...


class Disk(Protocol):
    """Every step by which bytes become durable, one call each, so that a test can fail or stall any of them.

    All raise OSError. Paths are absolute.
    """

    def create(self, path: Path) -> int:
        """Create a file that must not exist (O_EXCL, close-on-exec, mode 0600) and return its descriptor for writing."""

    def append(self, path: Path) -> int:
        """Open a file for appending, created with mode 0600 if missing; returns its descriptor."""

    def overwrite(self, path: Path) -> int:
        """Open a file that exists for writing from its first byte on, nothing of it taken away; returns its descriptor."""

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of `data` (short writes and EINTR are carried on)."""

    def write_all(self, fd: int, parts: Sequence[bytes | bytearray | memoryview]) -> None:
        """Write the parts one after the other."""

    def truncate(self, fd: int) -> None:
        """ftruncate to nothing."""

    def sync_data(self, fd: int) -> None:
        """fdatasync."""

    def sync(self, fd: int) -> None:
        """fsync."""

    def sync_folder(self, folder: Path) -> None:
        """fsync of the directory itself: makes a create, rename or unlink in it durable."""

    def close(self, fd: int) -> None: ...

    def rename(self, old: Path, new: Path) -> None: ...

    def unlink(self, path: Path) -> None: ...

    def free_bytes(self, folder: Path) -> int:
        """Room left for an unprivileged writer on the file system that holds `folder`."""
