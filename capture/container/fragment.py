"""One fragment (`moof` and `mdat`) and the `moov` that announces fragments, as bytes. Decides nothing about when or what.

Source: ISO/IEC 14496-12, 8.8 (movie fragments).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from capture.container.boxes import HEADER_BYTES, box, full_box, mdat_header
from capture.container.tracks import Edit, TrackSetup, movie_header, track_box

KEYFRAME = 0x0200_0000
"""Sample flags: depends on no other sample."""
NO_KEYFRAME = 0x0101_0000
"""Sample flags: depends on others, and is no sync sample."""

DEFAULT_BASE_IS_MOOF = 0x02_0000
DEFAULT_SAMPLE_FLAGS = 0x20
TRUN_DATA_OFFSET = 0x1
TRUN_DURATION = 0x100
TRUN_SIZE = 0x200
TRUN_FLAGS = 0x400


@dataclass(slots=True)
class Run:
    """The samples of one track in one fragment: `samples` the bytes, `entries` each sample's words in the `trun`."""

    setup: TrackSetup
    decode_time: int
    """Of the first sample, in the track's ticks."""
    samples: list[bytes] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    """One for each picture; empty for sound, where every sample is a keyframe."""

    @property
    def size(self) -> int:
        """Bytes of the samples and of their entries."""
        return sum(map(len, self.samples)) + (12 if self.flags else 8) * len(self.samples)


def init_segment(tracks: Sequence[tuple[TrackSetup, Edit | None]]) -> bytes:
    """`ftyp` and `moov`: everything a player must know before the first fragment."""
    sample_table = full_box(b"stts", 0, 0, bytes(4)) + full_box(b"stsc", 0, 0, bytes(4))
    sample_table += full_box(b"stsz", 0, 0, bytes(8)) + full_box(b"stco", 0, 0, bytes(4))
    movie = box(
        b"moov",
        movie_header(0),
        *(track_box(setup, edit, 0, 0, sample_table) for setup, edit in tracks),
        box(b"mvex", *(full_box(b"trex", 0, 0, struct.pack(">5I", setup.track_id, 1, 0, 0, 0)) for setup, _ in tracks)),
    )
    return box(b"ftyp", struct.pack(">4sI", b"iso5", 512), b"iso5", b"iso6", b"mp41") + movie


def fragment(sequence: int, runs: Sequence[Run]) -> list[bytes]:
    """`moof`, then an `mdat` with the runs' samples in the given order; each part a buffer of its own, so that none is copied."""
    header = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
    size = HEADER_BYTES + len(header) + sum(len(_track_fragment(run, 0)) for run in runs)
    offset = size + HEADER_BYTES
    pieces = [header]
    for run in runs:
        pieces.append(_track_fragment(run, offset))
        offset += sum(map(len, run.samples))
    samples = [sample for run in runs for sample in run.samples]
    return [box(b"moof", *pieces) + mdat_header(offset - size - HEADER_BYTES), *samples]


def _track_fragment(run: Run, data_offset: int) -> bytes:
    count = len(run.samples)
    sizes = [len(sample) for sample in run.samples]
    if run.flags:
        words = [word for entry in zip(run.ticks, sizes, run.flags, strict=True) for word in entry]
        flags = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS
        header = full_box(b"tfhd", 0, DEFAULT_BASE_IS_MOOF, struct.pack(">I", run.setup.track_id))
    else:
        words = [word for entry in zip(run.ticks, sizes, strict=True) for word in entry]
        flags = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE
        header = full_box(
            b"tfhd", 0, DEFAULT_BASE_IS_MOOF | DEFAULT_SAMPLE_FLAGS, struct.pack(">II", run.setup.track_id, KEYFRAME)
        )
    return box(
        b"traf",
        header,
        full_box(b"tfdt", 1, 0, struct.pack(">Q", run.decode_time)),
        full_box(b"trun", 0, flags, struct.pack(f">Ii{len(words)}I", count, data_offset, *words)),
    )
