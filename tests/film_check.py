"""Plays a whole film as a strict player would: every picture decoded, in order, the sound without a gap and in step.

`Film.problems` names whatever does not hold; a film with none is whole as far as it goes.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import av
import numpy as np

Reader = Callable[[np.ndarray], int | None]
"""The number that a decoded grey picture shows."""

_FLASH_ABOVE = 150
_LOUD = 0.15
_QUIET_S = 0.3
_STEP_S = 0.045
"""One frame and the time-stamps' rounding: further apart lips and voice part."""
_SOUND_SHORT_S = 0.15
"""The newest packets of sound wait for their length as the newest picture does, and the microphone hands them on in blocks."""


@dataclass(frozen=True, slots=True)
class Film:
    """What was seen and heard; times in seconds."""

    pictures: int
    first: int | None
    ends_s: float
    sound_ends_s: float | None
    problems: tuple[str, ...]
    picture_bits: int = 0


def check_film(mp4: bytes, read: Reader, fps: int = 30, loop: int = 0) -> Film:
    """Decode it all. With `loop`, the numbers begin again after so many pictures."""
    problems: list[str] = []
    numbers: list[int | None] = []
    flashes: list[float] = []
    ends_s = 0.0
    try:
        with av.open(io.BytesIO(mp4)) as container:
            stream = container.streams.video[0]
            stream.codec_context.options = {"err_detect": "explode"}  # a damaged picture is an error, not a grey guess
            was_bright = False
            for frame in container.decode(stream):
                grey = frame.to_ndarray(format="gray")
                numbers.append(read(grey))
                is_bright = bool(grey[grey.shape[0] // 4 : grey.shape[0] * 3 // 4].mean() > _FLASH_ABOVE)
                if is_bright and not was_bright:
                    flashes.append(frame.time or 0.0)
                was_bright = is_bright
                ends_s = (frame.time or 0.0) + 1 / fps
        sound = _hear(mp4, problems)
    except av.FFmpegError as error:
        return Film(len(numbers), None, ends_s, None, (f"does not decode: {error}",))
    for before, after in itertools.pairwise(numbers):
        wanted = None if before is None else (before + 1) % loop if loop else before + 1
        if after is None or (after != wanted if loop else before is not None and after <= before):
            problems.append(f"picture {after} after {before}")
    if sound is not None:
        _check_step(flashes, sound, ends_s, problems)
    return Film(len(numbers), numbers[0] if numbers else None, ends_s, sound.ends_s if sound else None, tuple(problems))


@dataclass(slots=True)
class _Sound:
    beeps: list[float]
    ends_s: float = 0.0


def _hear(mp4: bytes, problems: list[str]) -> _Sound | None:
    with av.open(io.BytesIO(mp4)) as container:
        if not container.streams.audio:
            return None
        sound, quiet_since, heard_s = _Sound([]), -1.0, None
        for frame in container.decode(audio=0):
            start = frame.time or 0.0
            if heard_s is not None and abs(start - heard_s) > 0.03:
                problems.append(f"a gap in the sound at {heard_s:.2f} s")
            loud = start + np.flatnonzero(np.abs(frame.to_ndarray()[0]) > _LOUD) / frame.sample_rate
            for time_s in loud:
                if time_s - quiet_since > _QUIET_S:
                    sound.beeps.append(float(time_s))
                quiet_since = float(time_s)
            heard_s = sound.ends_s = start + frame.samples / frame.sample_rate
        return sound


def _check_step(flashes: list[float], sound: _Sound, ends_s: float, problems: list[str]) -> None:
    if sound.ends_s < ends_s - _SOUND_SHORT_S:
        problems.append(f"sound ends at {sound.ends_s:.2f} s of {ends_s:.2f} s")
    for flash in flashes:
        # The first beep begins with the film, and what begins at its very end has no time to be heard.
        if 0.5 < flash < sound.ends_s - 0.1 and min((abs(beep - flash) for beep in sound.beeps), default=9.0) > _STEP_S:
            problems.append(f"no beep at the flash of {flash:.2f} s")
