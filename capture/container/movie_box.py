"""The `moov` of the virtual progressive MP4, from a sample index. Reads nothing.

Source: ISO/IEC 14496-12, 8.6.1 (stts, stss), 8.7 (stsc, stsz, stco, co64).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence

from capture.container.boxes import big_endian, box, full_box
from capture.container.index import SampleIndex, Track
from capture.container.tracks import movie_header, track_box

_ROOM_FOR_MOOV = 1 << 28
"""Far more than any `moov`: decides for 64-bit offsets a little early rather than late."""


def movie_box(index: SampleIndex, starts: Sequence[int], base: int, payload_bytes: int) -> bytes:
    """`starts` is where each fragment's samples begin in the `mdat`'s content, `base` where that content begins in the file."""
    is_large = payload_bytes + _ROOM_FOR_MOOV >= 1 << 32
    fragments = index.fragments
    offsets = [base + start for start in starts[:-1]]
    video_offsets = [offset + sound for offset, sound in zip(offsets, index.audio_bytes(), strict=True)]
    tracks = [_track(index.video, video_offsets, fragments.video_counts, is_large)]
    duration = _presented(index.video)
    if index.audio is not None:
        tracks.append(_track(index.audio, offsets, fragments.audio_counts, is_large))
        duration = max(duration, _presented(index.audio))
    return box(b"moov", movie_header(duration), *tracks)


def _presented(track: Track) -> int:
    """How long the track plays in the movie, in 90 kHz ticks, the empty time before it included."""
    return track.edit.empty_ticks + track.played_ticks


def _track(track: Track, offsets: Iterable[int], counts: Iterable[int], is_large: bool) -> bytes:
    samples = track.samples
    durations = array("I", bytes(8 * len(samples.run_counts)))
    durations[::2], durations[1::2] = samples.run_counts, samples.run_ticks
    filled = [(offset, count) for offset, count in zip(offsets, counts, strict=True) if count]
    chunks = _sample_to_chunk([count for _, count in filled])
    places = array("Q" if is_large else "I", [offset for offset, _ in filled])
    table = [
        full_box(b"stts", 0, 0, struct.pack(">I", len(samples.run_counts)), big_endian(durations)),
        full_box(b"stsc", 0, 0, struct.pack(">I", len(chunks) // 3), big_endian(chunks)),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(samples)), big_endian(samples.sizes)),
        full_box(b"co64" if is_large else b"stco", 0, 0, struct.pack(">I", len(places)), big_endian(places)),
    ]
    if samples.keyframes:
        numbers = array("I", [number + 1 for number in samples.keyframes])
        table.append(full_box(b"stss", 0, 0, struct.pack(">I", len(numbers)), big_endian(numbers)))
    edit = None if track.edit.empty_ticks == track.edit.media_time == 0 else track.edit
    return track_box(track.setup, edit, _presented(track), samples.duration_ticks, b"".join(table))


def _sample_to_chunk(counts: Sequence[int]) -> array[int]:
    """`stsc`: only where the number of samples in a chunk changes."""
    entries: array[int] = array("I")
    before = 0
    for number, count in enumerate(counts, 1):
        if count != before:
            entries.extend((number, count, 1))
            before = count
    return entries
