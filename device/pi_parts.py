"""The parts of picamera2 that the Pi's camera is made of, and which encoder this Pi has. Imports picamera2 only when asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from device.ports import Profile

_MODEL = Path("/proc/device-tree/model")
_WITHOUT_HARDWARE = ("Raspberry Pi 5", "Compute Module 5")
"""The Pi 5 family (and the 500, whose model string begins alike) has no H.264 encoder in hardware."""


class EncoderKind(Enum):
    """Who encodes: the VideoCore (Pi 4 and older) or libx264 on the processor."""

    HARDWARE = "hardware"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class PiParts:
    """What is taken from picamera2: `camera()` opens the sensor, `encoder(**settings)` makes an encoder, `output` is the base of
    outputs. `picture_format` is the stream's pixel format. Tests on virtual hardware hand in their own."""

    camera: Callable[[], Any]
    encoder: Callable[..., Any]
    output: type[Any]
    kind: EncoderKind
    picture_format: str = "YUV420"


def encoder_kind(model: str) -> EncoderKind:
    """By the device tree's model string. picamera2 itself swaps the encoder without a word, and off a Pi takes hardware to be
    there: so it is asked for by name. Anything that is no Pi of the older kind encodes in software."""
    is_older_pi = model.startswith("Raspberry Pi") and not any(name in model for name in _WITHOUT_HARDWARE)
    return EncoderKind.HARDWARE if is_older_pi else EncoderKind.SOFTWARE


def capped(profile: Profile, kind: EncoderKind) -> Profile:
    """What that encoder can hold in real time: in software 720p30 at most, the bit rate cut in proportion."""
    if kind is EncoderKind.HARDWARE or profile.width * profile.height * profile.fps <= 1280 * 720 * 30:
        return profile
    return replace(profile, width=1280, height=720, fps=min(30, profile.fps), bitrate=min(profile.bitrate, 4_000_000))


def load_parts(model_file: Path = _MODEL) -> PiParts:
    """Import picamera2 (seconds on a Zero: call it once, at start). Raises ImportError where it is not installed."""
    from picamera2 import Picamera2  # noqa: PLC0415 - only a Pi has it
    from picamera2.encoders import LibavH264Encoder  # noqa: PLC0415
    from picamera2.outputs import Output  # noqa: PLC0415

    model = model_file.read_bytes().rstrip(b"\0").decode("ascii", "replace") if model_file.exists() else ""
    kind = encoder_kind(model)
    encoder = LibavH264Encoder
    if kind is EncoderKind.HARDWARE:
        from picamera2.encoders.h264_encoder import H264Encoder  # noqa: PLC0415

        encoder = H264Encoder
    return PiParts(camera=Picamera2, encoder=encoder, output=Output, kind=kind)
