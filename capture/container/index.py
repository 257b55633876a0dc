"""The sample index of a recording: which samples there are and where they lie. From the trailer, else from the fragments.

Reads the plaintext through a reader and never a sample's bytes. What it reads may be anybody's: sizes and counts are bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from capture.container.boxes import HEADER_BYTES, LARGE_HEADER_BYTES
from capture.container.contents import Closing, Contents, FragmentTable
from capture.container.fragments import read_fragments
from capture.container.parse import ParsedTrack, box_header, parse_movie
from capture.container.samples import SampleTable
from capture.container.tracks import LONGEST_S, MEDIA_TICKS, Edit, TrackKind, TrackSetup
from capture.container.trailer import MAX_BYTES, is_trailer, read_trailer
from capture.errors import SealBroken, Truncated
from capture.seal.stream import PlainReader

_FTYP_BYTES = 1 << 10
_MOVIE_BYTES = 1 << 20
"""A `moov` without samples is a kilobyte; a megabyte is not ours."""
_MFRO_BYTES = 16


@dataclass(frozen=True, slots=True)
class Track:
    """One track with all its samples."""

    setup: TrackSetup
    edit: Edit
    samples: SampleTable

    @property
    def played_ticks(self) -> int:
        """How much of the track is seen or heard, in 90 kHz ticks: what the edit cuts off at its beginning is not."""
        return max(0, self.samples.duration_ticks - self.edit.media_time) * MEDIA_TICKS // self.setup.ticks


@dataclass(frozen=True, slots=True)
class SampleIndex:
    """What a recording holds. The tables are this index's own and are not to be changed."""

    video: Track
    audio: Track | None
    fragments: FragmentTable
    closing: Closing | None
    """What was known at the end of the take; None for an interrupted one."""
    frames_torn: int = 0
    """Pictures of an interrupted one that its last fragment names and that are not whole."""

    @property
    def frames_lost(self) -> int:
        """Pictures known to be lost: of an interrupted take not those after the last byte that was written."""
        if self.closing is not None:
            return max(0, self.closing.frames_generated - self.frames)
        return self.frames_torn + self.video.samples.missing

    @property
    def is_complete(self) -> bool:
        """Whether the take was closed; if not, its end was lost."""
        return self.closing is not None

    @property
    def duration_ms(self) -> int:
        return self.video.samples.duration_ticks * 1_000 // MEDIA_TICKS

    @property
    def frames(self) -> int:
        return len(self.video.samples)

    def audio_bytes(self) -> list[int]:
        """Of each fragment, how many bytes of its samples are sound: they come first."""
        counts = self.fragments.audio_counts
        return _bytes_by_fragment(self.audio.samples, counts) if self.audio else [0] * len(counts)

    def video_bytes(self) -> list[int]:
        """Of each fragment, how many bytes of its samples are pictures."""
        return _bytes_by_fragment(self.video.samples, self.fragments.video_counts)


def load_index(reader: PlainReader) -> SampleIndex:
    """Raises SealBroken for what is not one of our recordings, Truncated if not one whole picture is left, OSError."""
    tracks, first_fragment = _movie(reader)
    video = [track for track in tracks if track.setup.kind is TrackKind.VIDEO]
    audio = [track for track in tracks if track.setup.kind is TrackKind.AUDIO]
    if len(video) != 1 or len(audio) > 1:
        raise SealBroken
    found = _trailer(reader) or read_fragments(reader, first_fragment, video[0], audio[0] if audio else None)
    if found.has_sound != bool(audio) or video[0].setup.ticks != MEDIA_TICKS:
        raise SealBroken
    if not len(found.video):
        raise Truncated
    _check_places(found, first_fragment, reader.size)
    sound = Track(audio[0].setup, _edit(audio[0], found.audio_start), found.audio) if audio and len(found.audio) else None
    if sound is not None and not sound.played_ticks:
        _leave_out_sound(sound, found.fragments)
        sound = None
    pictures = Track(video[0].setup, video[0].edit, found.video)
    index = SampleIndex(pictures, sound, found.fragments, found.closing, found.frames_torn)
    for track in (index.video, index.audio):
        if track is not None and track.samples.duration_ticks > LONGEST_S * track.setup.ticks:
            raise SealBroken
    return index


def _movie(reader: PlainReader) -> tuple[tuple[ParsedTrack, ...], int]:
    """The tracks, and where the first fragment may begin."""
    offset = 0
    for kind, most in ((b"ftyp", _FTYP_BYTES), (b"moov", _MOVIE_BYTES)):
        # Read before the size is asked for: a wrong key then shows as what it is, not as a missing end.
        start = reader.read_at(offset, LARGE_HEADER_BYTES)
        if len(start) < HEADER_BYTES:
            raise Truncated
        head = box_header(start)
        if head.kind != kind or head.size > most:
            raise SealBroken
        if offset + head.size > reader.size:
            raise Truncated
        content = reader.read_at(offset + head.header_bytes, head.size - head.header_bytes)
        offset += head.size
    return parse_movie(content), offset


def _trailer(reader: PlainReader) -> Contents | None:
    """What the trailer says; None where there is none, even if a torn film's last bytes look like the end of one.

    From the end: `mfro` gives the size of `mfra`, before it lies the box. Raises SealBroken for one that does not fit itself.
    """
    size = reader.size
    end = reader.read_at(max(0, size - _MFRO_BYTES), _MFRO_BYTES)
    if len(end) < _MFRO_BYTES or end[:12] != struct.pack(">I4sI", _MFRO_BYTES, b"mfro", 0):
        return None
    (random_access_bytes,) = struct.unpack_from(">I", end, 12)
    stop = size - random_access_bytes
    if not HEADER_BYTES <= stop < size:
        return None
    (trailer_bytes,) = struct.unpack(">I", reader.read_at(stop - 4, 4))
    if not HEADER_BYTES <= trailer_bytes <= min(stop, MAX_BYTES):
        return None
    found = reader.read_at(stop - trailer_bytes, trailer_bytes)
    return read_trailer(found) if is_trailer(found) else None


def _leave_out_sound(sound: Track, fragments: FragmentTable) -> None:
    """Where nothing is heard (a take that ended within the encoder's delay) there is no track: an edit must play something."""
    for number, size in enumerate(_bytes_by_fragment(sound.samples, fragments.audio_counts)):
        fragments.payload_offsets[number] += size
        fragments.audio_counts[number] = 0


def _edit(track: ParsedTrack, start: int) -> Edit:
    """The track's edit once its samples follow each other from 0: sound that came late begins late."""
    if start > LONGEST_S * track.setup.ticks:
        raise SealBroken
    return Edit(track.edit.empty_ticks + start * MEDIA_TICKS // track.setup.ticks, track.edit.media_time)


def _check_places(found: Contents, first_fragment: int, size: int) -> None:
    """Every fragment's samples lie within the file, one fragment after the other."""
    free_from = first_fragment
    sounds = _bytes_by_fragment(found.audio, found.fragments.audio_counts)
    pictures = _bytes_by_fragment(found.video, found.fragments.video_counts)
    for offset, sound, picture in zip(found.fragments.payload_offsets, sounds, pictures, strict=True):
        if offset < free_from:
            raise SealBroken
        free_from = offset + sound + picture
    if free_from > size:
        raise SealBroken


def _bytes_by_fragment(samples: SampleTable, counts: Iterable[int]) -> list[int]:
    ends = samples.ends()
    return [ends[stop] - ends[start] for start, stop in pairwise(accumulate(counts, initial=0))]
