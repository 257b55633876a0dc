"""The test scene's sound: a short 1 kHz beep at each full second, silence between. Knows no microphone and no clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono, -1 to 1."""

BEEP_HZ = 1000
BEEP_S = 0.1
_LOUDNESS = 0.5


def beeps(start: int, count: int, rate: int) -> Samples:
    """Samples `start` to `start + count` of the track. Each second's first sample is its beep's first: the flash's moment."""
    position = np.arange(start, start + count) % rate
    wave = _LOUDNESS * np.sin(2 * np.pi * BEEP_HZ / rate * position)
    return np.where(position < BEEP_S * rate, wave, 0).astype(np.float32)
