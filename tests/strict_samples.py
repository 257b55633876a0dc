"""What lies in the samples, held strictly against what is said of them: NAL units, keyframes, AAC packets, parameter sets.

Pictures and sound are opened with PyAV from the file's own configuration alone. Source: ITU-T H.264, 7.3.1 and 7.3.3;
ISO/IEC 14496-15, 5.3; ISO/IEC 14496-3, 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from strict_boxes import Illegal, Readable
from strict_movies import Sample, Strict
from strict_tracks import Pictures, Sound

_FORMATS = {"yuv420p": (1, 8, 8), "yuvj420p": (1, 8, 8), "yuv422p": (2, 8, 8), "yuv422p10le": (2, 10, 10), "gray": (0, 8, 8)}


def check_samples(reader: Readable, strict: Strict) -> None:
    """Every sample's framing and, of each track, the first few decoded. Raises Illegal."""
    try:
        _check_tracks(reader, strict)
    except av.FFmpegError as error:
        raise Illegal("a sample that does not decode with the file's own configuration") from error


def _check_tracks(reader: Readable, strict: Strict) -> None:
    for track, samples in zip(strict.movie.tracks, strict.samples, strict=True):
        if isinstance(track.entry, Pictures):
            _check_pictures(reader, track.entry, samples)
        else:
            _check_sound(reader, track.entry, samples)


def units(data: bytes) -> Iterator[bytes]:
    """The NAL units of a sample with 4-byte lengths. Raises Illegal where the lengths do not fill it."""
    at = 0
    while at < len(data):
        if at + 5 > len(data):
            raise Illegal("a NAL unit's length is cut")
        (size,) = struct.unpack_from(">I", data, at)
        if not 0 < size <= len(data) - at - 4:
            raise Illegal("a NAL unit does not fit its sample")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _check_pictures(reader: Readable, entry: Pictures, samples: Sequence[Sample]) -> None:
    for sample in samples:
        kinds = []
        for unit in units(reader.read_at(sample.offset, sample.size)):
            if unit[0] & 0x80:
                raise Illegal("a NAL unit's forbidden bit")
            kinds.append(unit[0] & 0x1F)
            if b"\0\0\0" in unit or b"\0\0\1" in unit or unit[-1] == 0:
                raise Illegal("a start code inside a NAL unit")
            if kinds[-1] in (1, 5) and _slice_type(unit) % 5 not in (0, 2):
                raise Illegal("a slice that is neither I nor P")
        if not set(kinds) <= {1, 5, 6} or not {1, 5} & set(kinds):
            raise Illegal(f"NAL units {kinds} in a sample")
        if (5 in kinds) != sample.is_sync or {1, 5} <= set(kinds):
            raise Illegal("a sync sample that is no IDR picture, or the reverse")
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.extradata = entry.record
    codec.thread_count = 1
    first = [reader.read_at(sample.offset, sample.size) for sample in samples[:2]]
    frames = [frame for data in first for frame in codec.decode(av.Packet(data))] + codec.decode(None)
    if len(frames) != len(first):
        raise Illegal("pictures that do not decode with the file's own parameter sets")
    found = (frames[0].width, frames[0].height, _FORMATS.get(frames[0].format.name))
    if found != (entry.width, entry.height, entry.depth):
        raise Illegal(f"avcC: pictures are {found}")


def _slice_type(unit: bytes) -> int:
    """The second Exp-Golomb code of a slice header."""
    bits = "".join(f"{byte:08b}" for byte in unit[1:12].replace(b"\0\0\3", b"\0\0"))
    for _ in range(2):
        zeros = len(bits) - len(bits.lstrip("0"))
        code, bits = bits[zeros : 2 * zeros + 1], bits[2 * zeros + 1 :]
    return int(code, 2) - 1


def _check_sound(reader: Readable, entry: Sound, samples: Sequence[Sample]) -> None:
    codec = av.CodecContext.create("aac", "r")
    assert isinstance(codec, AudioCodecContext)
    codec.extradata = entry.config
    for sample in samples[:4]:
        for frame in codec.decode(av.Packet(reader.read_at(sample.offset, sample.size))):
            if (frame.sample_rate, len(frame.layout.channels), frame.samples) != (entry.rate, entry.channels, 1_024):
                raise Illegal("esds: the packets are another sound")
    for sample in samples:
        # raw_data_block: an ADTS header, which no sample may carry, begins with twelve ones.
        if int.from_bytes(reader.read_at(sample.offset, 2)) >> 4 == 0xFFF:
            raise Illegal("a packet of sound with a stream's header")
