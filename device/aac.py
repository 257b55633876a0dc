"""What a decoder must know of AAC-LC before the first packet: the AudioSpecificConfig. Codes no sound.

It follows from rate and channels alone, so that a camera can announce its sound before the microphone has given any.
Source: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig) and table 1.18 (samplingFrequencyIndex).
"""

from __future__ import annotations

from device.ports import AudioFormat

PRIMING_SAMPLES = 1_024
"""libavcodec's AAC encoder delays by one frame."""

_AAC_LC = 2
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
"""Hz, by their index."""


def mono(rate: int) -> AudioFormat:
    """One channel of AAC-LC as libavcodec makes it. Raises ValueError for a rate that AAC has no index for."""
    # Five bits, four, four, and three of GASpecificConfig that are 0: frames of 1,024 samples, no core coder, no extension.
    config = _AAC_LC << 11 | _RATES.index(rate) << 7 | 1 << 3
    return AudioFormat(rate, 1, config.to_bytes(2, "big"), PRIMING_SAMPLES)
