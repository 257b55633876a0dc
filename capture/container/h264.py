"""H.264 as cameras give it (Annex B) and as MP4 holds it (length-prefixed, parameter sets aside). Never decodes a picture.

Source: ITU-T H.264, 7.3.2.1 (SPS), 7.3.3 (slice header), 7.4.1 (emulation prevention), annex B; ISO/IEC 14496-15, 5.3.3
(AVCDecoderConfigurationRecord).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from capture.errors import FormatUnsupported

_START_CODE = b"\x00\x00\x01"


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
_CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
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


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What an SPS says of the picture: pixels after cropping, sampling and depth."""

    width: int
    height: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int


def split_annex_b(data: bytes) -> Iterator[bytes]:
    """The NAL units of a byte stream, start codes and trailing zeros taken off."""
    start = data.find(_START_CODE)
    while start >= 0:
        start += len(_START_CODE)
        stop = data.find(_START_CODE, start)
        unit = data[start : stop if stop >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            yield unit
        start = stop


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


def picture_format(sps: bytes) -> PictureFormat:
    """Read size and sampling from an SPS. Raises FormatUnsupported if it cannot be read."""
    try:
        return _read_sps(sps)
    except (IndexError, ValueError) as error:
        raise FormatUnsupported("the sequence parameter set cannot be read") from error


def avcc(parameters: ParameterSets, picture: PictureFormat) -> bytes:
    """The content of an `avcC` box, from the stream's own parameter sets."""
    first = parameters.sps[0]
    record = bytearray((1, first[1], first[2], first[3], 0xFC | 3, 0xE0 | len(parameters.sps)))
    for unit in parameters.sps:
        record += struct.pack(">H", len(unit)) + unit
    record.append(len(parameters.pps))
    for unit in parameters.pps:
        record += struct.pack(">H", len(unit)) + unit
    if first[1] in _AVCC_CHROMA_PROFILES:
        record += bytes((0xFC | picture.chroma_format, 0xF8 | picture.luma_bits - 8, 0xF8 | picture.chroma_bits - 8, 0))
    return bytes(record)


class _Bits:
    """Reads bits and Exp-Golomb codes from a NAL unit's payload, the emulation prevention bytes taken out."""

    def __init__(self, payload: bytes) -> None:
        self._data = payload.replace(b"\x00\x00\x03", b"\x00\x00")
        self._at = 0

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | (self._data[self._at >> 3] >> (7 - (self._at & 7))) & 1
            self._at += 1
        return value

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 31:
                raise ValueError("an Exp-Golomb code longer than 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _refuse_b_slice(unit: bytes) -> None:
    # Two short Exp-Golomb codes: never longer than these few bytes.
    bits = _Bits(unit[1:17])
    try:
        bits.unsigned()
        slice_type = bits.unsigned()
    except (IndexError, ValueError) as error:
        raise FormatUnsupported("a slice header cannot be read") from error
    if slice_type in _B_SLICES:
        raise FormatUnsupported("B-frames")


def _read_sps(sps: bytes) -> PictureFormat:
    profile = sps[1]
    bits = _Bits(sps[4:])
    bits.unsigned()  # seq_parameter_set_id
    chroma_format, luma_bits, chroma_bits = 1, 8, 8
    if profile in _CHROMA_PROFILES:
        chroma_format = bits.unsigned()
        if chroma_format == 3:
            bits.bits(1)
        luma_bits, chroma_bits = 8 + bits.unsigned(), 8 + bits.unsigned()
        bits.bits(1)
        if bits.bits(1):
            _skip_scaling_lists(bits, 8 if chroma_format != 3 else 12)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.bits(1)
    width = 16 * (bits.unsigned() + 1)
    map_units = bits.unsigned() + 1
    frame_only = bits.bits(1)
    if not frame_only:
        bits.bits(1)
    bits.bits(1)
    height = 16 * map_units * (2 - frame_only)
    if bits.bits(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        unit_x = 2 if chroma_format in (1, 2) else 1
        unit_y = (2 if chroma_format == 1 else 1) * (2 - frame_only)
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    if not (0 < width <= 8192 and 0 < height <= 8192 and chroma_format <= 3 and max(luma_bits, chroma_bits) <= 14):
        raise ValueError("a size or depth out of range")
    return PictureFormat(width, height, chroma_format, luma_bits, chroma_bits)


def _skip_scaling_lists(bits: _Bits, count: int) -> None:
    for position in range(count):
        if not bits.bits(1):
            continue
        last = following = 8
        for _ in range(16 if position < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    order_type = bits.unsigned()
    if order_type == 0:
        bits.unsigned()
    elif order_type == 1:
        bits.bits(1)
        bits.signed()
        bits.signed()
        cycle = bits.unsigned()
        if cycle > 255:
            raise ValueError("a picture order cycle out of range")
        for _ in range(cycle):
            bits.signed()
