"""Finds the samples of a recording without a trailer, fragment by fragment: whole ones only. Never reads a sample itself.

The file ends where the seal could authenticate it no further, so a fragment may be torn: its sound comes first and is kept as far
as it is whole, then its pictures.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from capture.container.boxes import HEADER_BYTES, LARGE_HEADER_BYTES
from capture.container.contents import Contents, FragmentTable
from capture.container.parse import BoxHeader, ParsedRun, ParsedTrack, box_header, parse_fragment
from capture.container.samples import SampleTable
from capture.errors import SealBroken
from capture.seal.stream import PlainReader

_MOST_BOXES = 1 << 15
"""More than the longest film's fragments, each with padding; a file that claims more is meant to keep us busy."""
_MOST_SAMPLES = 1 << 20
"""More than the longest film's pictures and sound; their tables fit a small box's RAM."""
_MOOF_BYTES = 1 << 20


class _Finder:
    """Gathers the fragments' runs into the tables of the whole."""

    def __init__(self, video: ParsedTrack, audio: ParsedTrack | None) -> None:
        self._video_id = video.setup.track_id
        self._audio_id = audio.setup.track_id if audio else None
        self._orders = ([self._audio_id, self._video_id], [self._video_id], [self._audio_id])
        self.video = SampleTable()
        self.audio = SampleTable()
        self.audio_start = 0
        self.fragments = FragmentTable()
        self.frames_torn = 0

    def take(self, moof_offset: int, payload_offset: int, available: int, runs: tuple[ParsedRun, ...]) -> None:
        """Add the samples of one fragment that lie whole within `available` bytes. Raises SealBroken for another layout."""
        # Each track once, the sound before the pictures.
        if [run.track_id for run in runs] not in self._orders:
            raise SealBroken
        offset, left = payload_offset - moof_offset, available
        counts: dict[int | None, int] = {}
        for run in runs:
            if run.data_offset != offset:
                raise SealBroken
            ends = list(accumulate(run.sizes, initial=0))
            whole = bisect_right(ends, left) - 1
            self._add(run, whole)
            counts[run.track_id] = whole
            if run.track_id == self._video_id:
                self.frames_torn += len(run.sizes) - whole
            offset += ends[-1]
            left = max(0, left - ends[-1])
        self.fragments.moof_offsets.append(moof_offset)
        self.fragments.payload_offsets.append(payload_offset)
        self.fragments.audio_counts.append(counts.get(self._audio_id, 0))
        self.fragments.video_counts.append(counts.get(self._video_id, 0))
        if len(self.video) + len(self.audio) > _MOST_SAMPLES:
            raise SealBroken

    def _add(self, run: ParsedRun, whole: int) -> None:
        if run.track_id == self._audio_id:
            if len(self.audio) == 0:
                self.audio_start = run.decode_time
            self.audio.extend(run.sizes[:whole], run.ticks[:whole])
            return
        self.video.extend(run.sizes[:whole], run.ticks[:whole], [number for number in run.keyframes if number < whole])


def read_fragments(reader: PlainReader, offset: int, video: ParsedTrack, audio: ParsedTrack | None) -> Contents:
    """Every whole sample from `offset` on, where the first fragment may begin. Raises SealBroken, OSError."""
    finder = _Finder(video, audio)
    size = reader.size
    for _ in range(_MOST_BOXES):
        if size - offset < HEADER_BYTES:
            break
        head = box_header(reader.read_at(offset, LARGE_HEADER_BYTES))
        if head.kind != b"moof":
            offset += head.size
            continue
        if head.size > _MOOF_BYTES:
            raise SealBroken
        payload = offset + head.size + HEADER_BYTES
        if payload > size:
            break
        found = reader.read_at(offset, head.size + LARGE_HEADER_BYTES)
        runs = parse_fragment(found[head.header_bytes : head.size])
        data = box_header(found[head.size :])
        _check_data(data, runs)
        finder.take(offset, payload, min(size - payload, data.size - data.header_bytes), runs)
        offset += head.size + data.size
    else:
        raise SealBroken
    return Contents(None, finder.video, finder.audio, finder.audio_start, audio is not None, finder.fragments, finder.frames_torn)


def _check_data(data: BoxHeader, runs: tuple[ParsedRun, ...]) -> None:
    if data.kind != b"mdat" or data.header_bytes != HEADER_BYTES:
        raise SealBroken
    if sum(sum(run.sizes) for run in runs) != data.size - HEADER_BYTES:
        raise SealBroken
