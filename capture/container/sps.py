"""The sequence parameter set of H.264: how large the pictures are. Never decodes one.

Source: ITU-T H.264, 7.3.2.1 (SPS), 7.4.1 (emulation prevention), 9.1 (Exp-Golomb codes).
"""

from __future__ import annotations

from dataclasses import dataclass

from capture.errors import FormatUnsupported

_CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What an SPS says of the picture: pixels after cropping, sampling and depth."""

    width: int
    height: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int


def picture_format(sps: bytes) -> PictureFormat:
    """Read size and sampling from an SPS. Raises FormatUnsupported if it cannot be read."""
    try:
        return _read_sps(sps)
    except (IndexError, ValueError) as error:
        raise FormatUnsupported("the sequence parameter set cannot be read") from error


class Bits:
    """Reads bits and Exp-Golomb codes from a NAL unit's payload, the emulation prevention bytes taken out."""

    def __init__(self, payload: bytes) -> None:
        data = payload.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """The next `count` bits as a number. Raises IndexError past the end."""
        self._left -= count
        if self._left < 0:
            raise IndexError("past the end")
        return self._value >> self._left & (1 << count) - 1

    def unsigned(self) -> int:
        """The next ue(v). Raises ValueError for a code that is too long, IndexError past the end."""
        zeros = self._left - (self._value & (1 << self._left) - 1).bit_length()
        if zeros > 31:
            raise ValueError("an Exp-Golomb code longer than 32 bits")
        return self.bits(2 * zeros + 1) - 1

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _read_sps(sps: bytes) -> PictureFormat:
    profile = sps[1]
    bits = Bits(sps[4:])
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


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for position in range(count):
        if not bits.bits(1):
            continue
        last = following = 8
        for _ in range(16 if position < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_picture_order(bits: Bits) -> None:
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
