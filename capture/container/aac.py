"""The `esds` box: how an MP4 tells its player the AAC configuration. Never decodes sound.

Source: ISO/IEC 14496-1, 7.2.6 (descriptors); ISO/IEC 14496-14, 4.1.2 (what they say in a file) and 5.6 (ESDBox).
"""

from __future__ import annotations

import struct

from capture.container.boxes import full_box

_ES, _DECODER_CONFIG, _DECODER_SPECIFIC, _SYNC_LAYER = 0x03, 0x04, 0x05, 0x06
_MPEG4_AUDIO = 0x40
_AUDIO_STREAM = 0x15
_RESERVED_FOR_MP4 = 0x02


_NO_ID_IN_A_FILE = 0
"""A stream that is sent has a number; stored, it is the track's, and this field is 0."""


def esds(config: bytes, bitrate: int) -> bytes:
    """An `esds` box around the AudioSpecificConfig `config`; `bitrate` in bit/s is only a hint to players."""
    specific = _descriptor(_DECODER_SPECIFIC, config)
    decoder = _descriptor(
        _DECODER_CONFIG,
        struct.pack(">BB3sII", _MPEG4_AUDIO, _AUDIO_STREAM, b"\x00\x18\x00", bitrate, bitrate) + specific,
    )
    stream = _descriptor(
        _ES, struct.pack(">HB", _NO_ID_IN_A_FILE, 0) + decoder + _descriptor(_SYNC_LAYER, bytes((_RESERVED_FOR_MP4,)))
    )
    return full_box(b"esds", 0, 0, stream)


def _descriptor(tag: int, content: bytes) -> bytes:
    # The length is written in its four-byte form, which every player reads.
    size = len(content)
    return bytes((tag, 0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F)) + content
