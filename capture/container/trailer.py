"""The trailer that a finished recording ends with: a `uuid` box with the compact sample index, then `mfra`. Both directions.

Layout, byte by byte: `docs/sealed-format.md`. Source of `mfra`: ISO/IEC 14496-12, 8.8.9 to 8.8.11.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left

from capture.container.boxes import HEADER_BYTES, big_endian, box, from_big_endian, full_box
from capture.container.contents import Closing, Contents, FragmentTable
from capture.container.samples import SampleTable
from capture.errors import SealBroken

TRAILER_ID = bytes.fromhex("5c42bc86327b4c6ab12bce073a904d1b")
_VERSION = 1
_COMPLETE = 1
_HAS_SOUND = 1
_FIXED = struct.Struct(">BBHQIIIIQ7I")
_LEAST_BYTES = HEADER_BYTES + len(TRAILER_ID) + _FIXED.size + 4
MAX_BYTES = 8 << 20
"""The longest film has an index of 7 MB, if no two of its samples last equally long; what claims more is not ours."""


def write_trailer(contents: Contents) -> bytes:
    """The `uuid` box and `mfra` of a take that was closed."""
    closing, video, audio, fragments = contents.closing, contents.video, contents.audio, contents.fragments
    assert closing is not None, "an interrupted take has no trailer"
    fixed = _FIXED.pack(
        _VERSION,
        _COMPLETE,
        _HAS_SOUND if contents.has_sound else 0,
        video.duration_ticks,
        closing.frames_generated,
        len(video),
        closing.frames_lost_between,
        closing.audio_packets_lost,
        contents.audio_start,
        len(closing.marks_ms),
        len(fragments.payload_offsets),
        len(video),
        len(video.run_counts),
        len(video.keyframes),
        len(audio),
        len(audio.run_counts),
    )
    tables = (
        array("I", closing.marks_ms),
        fragments.payload_offsets,
        fragments.audio_counts,
        fragments.video_counts,
        video.run_counts,
        video.run_ticks,
        video.keyframes,
        video.sizes,
        audio.run_counts,
        audio.run_ticks,
        audio.sizes,
    )
    body = TRAILER_ID + fixed + b"".join(map(big_endian, tables))
    return box(b"uuid", body, struct.pack(">I", HEADER_BYTES + len(body) + 4)) + _random_access(contents)


def is_trailer(data: bytes) -> bool:
    """Whether it begins as a trailer: whether it is a good one, `read_trailer` says."""
    return data[4 : HEADER_BYTES + len(TRAILER_ID)] == b"uuid" + TRAILER_ID


def read_trailer(data: bytes) -> Contents:
    """Read a whole `uuid` box. Raises SealBroken for anything that does not fit itself exactly."""
    if not _LEAST_BYTES <= len(data) <= MAX_BYTES:
        raise SealBroken
    if not data.startswith(struct.pack(">I4s", len(data), b"uuid") + TRAILER_ID) or data[-4:] != data[:4]:
        raise SealBroken
    at = HEADER_BYTES + len(TRAILER_ID)
    version, state, flags, duration, generated, kept, lost, audio_lost, audio_start, *counts = _FIXED.unpack_from(data, at)
    marks, pieces, pictures, picture_runs, keyframes, packets, packet_runs = counts
    if (version, state) != (_VERSION, _COMPLETE) or flags & ~_HAS_SOUND or kept != pictures:
        raise SealBroken
    at += _FIXED.size
    shapes = [("I", marks), ("Q", pieces), ("I", pieces), ("I", pieces), ("I", picture_runs), ("I", picture_runs)]
    shapes += [("I", keyframes), ("I", pictures), ("I", packet_runs), ("I", packet_runs), ("I", packets)]
    if at + sum((8 if code == "Q" else 4) * count for code, count in shapes) + 4 != len(data):
        raise SealBroken
    tables = []
    for code, count in shapes:
        stop = at + (8 if code == "Q" else 4) * count
        tables.append(from_big_endian(code, data[at:stop]))
        at = stop
    fragments = FragmentTable(payload_offsets=tables[1], audio_counts=tables[2], video_counts=tables[3])
    video, audio = SampleTable(), SampleTable()
    video.run_counts, video.run_ticks, video.keyframes, video.sizes = tables[4:8]
    audio.run_counts, audio.run_ticks, audio.sizes = tables[8:11]
    contents = Contents(
        Closing(generated, lost, audio_lost, tuple(tables[0])), video, audio, audio_start, bool(flags & _HAS_SOUND), fragments
    )
    _check(contents, duration)
    return contents


def _check(contents: Contents, duration: int) -> None:
    """That the tables speak of the same samples. Where the samples lie in the file is checked by whoever knows its size."""
    video, audio, fragments = contents.video, contents.audio, contents.fragments
    is_sound = (
        sum(audio.run_counts) == len(audio) == sum(fragments.audio_counts)
        and sum(video.run_counts) == len(video) == sum(fragments.video_counts)
        and video.duration_ticks == duration
        and all(earlier < later for earlier, later in zip(video.keyframes, video.keyframes[1:], strict=False))
        and (not video.keyframes or video.keyframes[-1] < len(video))
        and (contents.has_sound or len(audio) == 0)
    )
    if not is_sound:
        raise SealBroken


def _random_access(contents: Contents) -> bytes:
    """`mfra`: the first keyframe of each fragment that has one, for players that read the fragments as they lie."""
    video, fragments = contents.video, contents.fragments
    times = _keyframe_times(video)
    entries = bytearray()
    count = first = 0
    for moof_offset, audio_count, video_count in zip(
        fragments.moof_offsets, fragments.audio_counts, fragments.video_counts, strict=True
    ):
        at = bisect_left(video.keyframes, first)
        if at < len(times) and video.keyframes[at] < first + video_count:
            track_fragment = 2 if audio_count else 1  # the sound's comes first where there is any
            entries += struct.pack(">QQBBI", times[at], moof_offset, track_fragment, 1, video.keyframes[at] - first + 1)
            count += 1
        first += video_count
    # 3: sample numbers of four bytes; numbers of traf and trun of one.
    table = full_box(b"tfra", 1, 0, struct.pack(">III", 1, 3, count), bytes(entries))
    size = HEADER_BYTES + len(table) + 16
    return box(b"mfra", table, full_box(b"mfro", 0, 0, struct.pack(">I", size)))


def _keyframe_times(video: SampleTable) -> list[int]:
    """Each keyframe's time in ticks."""
    times: list[int] = []
    first = time = 0
    at = 0
    keyframes = video.keyframes
    for count, ticks in zip(video.run_counts, video.run_ticks, strict=True):
        while at < len(keyframes) and keyframes[at] < first + count:
            times.append(time + (keyframes[at] - first) * ticks)
            at += 1
        first += count
        time += count * ticks
    return times
