"""H.264 as cameras give it (Annex B) and as MP4 holds it (length-prefixed, parameter sets aside). Never decodes a picture.

Source: ITU-T H.264, 7.3.3 (slice header), annex B; ISO/IEC 14496-15, 5.3.3 (AVCDecoderConfigurationRecord).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from capture.container.sps import Bits, PictureFormat
from capture.errors import FormatUnsupported

_START_CODE = re.compile(b"\x00\x00\x01")
"""All of the film goes through this search: `re` finds three bytes in half the time that `bytes.find` takes."""


class Nal(IntEnum):
    """The kinds of NAL unit that matter here."""

    SLICE = 1
    IDR_SLICE = 5
    SPS = 7
    PPS = 8
    ACCESS_UNIT_DELIMITER = 9
    END_OF_SEQUENCE = 10
    END_OF_STREAM = 11
    FILLER = 12


_LEFT_OUT = frozenset({Nal.ACCESS_UNIT_DELIMITER, Nal.END_OF_SEQUENCE, Nal.END_OF_STREAM, Nal.FILLER})
"""Framing of a byte stream, without meaning inside an MP4 sample."""

_B_SLICES = frozenset({1, 6})
_MOST_SPS, _MOST_PPS = 31, 255
"""Their counts have 5 and 8 bits."""
_MOST_PARAMETER_BYTES = 0xFFFF
"""Each set's length has 16 bits; real ones are a few dozen bytes long, all together."""
_AVCC_CHROMA_PROFILES = frozenset({100, 110, 122, 144, 244})


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What the decoder must know before the first picture: each SPS and PPS as a NAL unit without start code."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture as an MP4 sample (`data`: 4-byte lengths before NAL units), and the parameter sets that stood before it."""

    data: bytes
    parameters: ParameterSets
    is_idr: bool


def split_annex_b(data: bytes) -> Iterator[bytes]:
    """The NAL units of a byte stream, start codes and trailing zeros taken off."""
    for piece in _START_CODE.split(data)[1:]:
        unit = piece.rstrip(b"\x00")
        if unit:
            yield unit


def access_unit(data: bytes) -> AccessUnit:
    """Turn one Annex-B picture into an MP4 sample. Raises FormatUnsupported for B-slices and for data without a slice."""
    sps: list[bytes] = []
    pps: list[bytes] = []
    parts: list[bytes] = []
    is_idr = has_slice = False
    for unit in split_annex_b(data):
        kind = unit[0] & 0x1F
        if kind == Nal.SPS:
            sps.append(unit)
        elif kind == Nal.PPS:
            pps.append(unit)
        elif kind not in _LEFT_OUT:
            if kind in (Nal.SLICE, Nal.IDR_SLICE):
                has_slice = True
                is_idr |= kind == Nal.IDR_SLICE
                _refuse_b_slice(unit)
            parts += (struct.pack(">I", len(unit)), unit)
    if not has_slice:
        raise FormatUnsupported("a packet holds no picture")
    return AccessUnit(b"".join(parts), ParameterSets(tuple(sps), tuple(pps)), is_idr)


def avcc(parameters: ParameterSets, picture: PictureFormat) -> bytes:
    """The content of an `avcC` box, from the stream's own parameter sets. Raises FormatUnsupported if it cannot hold them."""
    first = parameters.sps[0]
    is_fitting = len(parameters.sps) <= _MOST_SPS and len(parameters.pps) <= _MOST_PPS
    if not is_fitting or sum(map(len, parameters.sps + parameters.pps)) > _MOST_PARAMETER_BYTES:
        raise FormatUnsupported("too many or too long parameter sets")
    record = bytearray((1, first[1], first[2], first[3], 0xFC | 3, 0xE0 | len(parameters.sps)))
    for unit in parameters.sps:
        record += struct.pack(">H", len(unit)) + unit
    record.append(len(parameters.pps))
    for unit in parameters.pps:
        record += struct.pack(">H", len(unit)) + unit
    if first[1] in _AVCC_CHROMA_PROFILES:
        record += bytes((0xFC | picture.chroma_format, 0xF8 | picture.luma_bits - 8, 0xF8 | picture.chroma_bits - 8, 0))
    return bytes(record)


def _refuse_b_slice(unit: bytes) -> None:
    # Two short Exp-Golomb codes: never longer than these few bytes.
    bits = Bits(unit[1:17])
    try:
        bits.unsigned()
        slice_type = bits.unsigned()
    except (IndexError, ValueError) as error:
        raise FormatUnsupported("a slice header cannot be read") from error
    if slice_type in _B_SLICES:
        raise FormatUnsupported("B-frames")
