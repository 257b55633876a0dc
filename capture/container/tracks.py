"""What is said of a track in both forms of the file: its setup, its edit list, its `trak` box. Knows no samples' bytes.

Source: ISO/IEC 14496-12, 8.3 to 8.6; ISO/IEC 14496-14, 5.6; ISO/IEC 14496-15, 5.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum

from capture.container.aac import esds
from capture.container.boxes import box, full_box
from capture.container.sps import PictureFormat
from device.ports import AudioFormat

MEDIA_TICKS = 90_000
"""Ticks a second of the pictures' and of the whole movie's clock."""

LONGEST_S = 5_400
"""Three times as long as a box films at most: what is longer has a clock that jumped, or wants to keep its readers busy. Nothing
longer is written, and nothing longer is opened."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED_LANGUAGE = 0x55C4
_EMPTY = 0xFFFF_FFFF_FFFF_FFFF


class TrackKind(Enum):
    """Pictures or sound, by the handler type that the file gives it."""

    VIDEO = b"vide"
    AUDIO = b"soun"


@dataclass(frozen=True, slots=True)
class TrackSetup:
    """A track without its samples. `sample_entries` is the whole `stsd` box; `width` and `height` pixels, 0 for sound."""

    kind: TrackKind
    track_id: int
    ticks: int
    """Ticks a second of this track's own clock: 90,000 for pictures, the sample rate for sound."""
    sample_entries: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Where a track begins in the movie: nothing for `empty_ticks` (90 kHz), then the track from `media_time` (its own ticks)."""

    empty_ticks: int = 0
    media_time: int = 0


def video_setup(avcc: bytes, picture: PictureFormat) -> TrackSetup:
    """Track 1."""
    entry = box(
        b"avc1",
        struct.pack(">6xH16x", 1),
        struct.pack(">HHIIIH", picture.width, picture.height, 0x480000, 0x480000, 0, 1),
        bytes(32),  # no compressor name
        struct.pack(">Hh", 24, -1),
        box(b"avcC", avcc),
    )
    entries = full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)
    return TrackSetup(TrackKind.VIDEO, 1, MEDIA_TICKS, entries, picture.width, picture.height)


def audio_setup(audio: AudioFormat, bitrate: int) -> TrackSetup:
    """Track 2; `bitrate` in bit/s."""
    entry = box(
        b"mp4a",
        struct.pack(">6xH8x", 1),
        struct.pack(">HHIHH", audio.channels, 16, 0, audio.sample_rate if audio.sample_rate < 1 << 16 else 0, 0),
        esds(audio.config, bitrate),
    )
    return TrackSetup(TrackKind.AUDIO, 2, audio.sample_rate, full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry))


def movie_header(duration: int) -> bytes:
    """`mvhd`; `duration` in 90 kHz ticks, 0 where fragments follow. No creation time: the box's clock is only a claim."""
    return full_box(
        b"mvhd",
        1,
        0,
        struct.pack(">QQIQ", 0, 0, MEDIA_TICKS, duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        _MATRIX,
        struct.pack(">24xI", 3),
    )


def track_box(setup: TrackSetup, edit: Edit | None, duration: int, media_duration: int, sample_table: bytes) -> bytes:
    """`trak` around the content of its `stbl` (from behind the `stsd`).

    `duration` is what is presented, in 90 kHz ticks, the empty edit included; `media_duration` all of the track's samples, in
    the track's ticks; both 0 where fragments follow.
    """
    is_sound = setup.kind is TrackKind.AUDIO
    header = full_box(
        b"tkhd",
        1,
        7,  # enabled, in the movie, in its preview
        struct.pack(">QQI4xQ8x", 0, 0, setup.track_id, duration),
        struct.pack(">HHHxx", 0, int(is_sound), 0x100 if is_sound else 0),
        _MATRIX,
        struct.pack(">II", setup.width << 16, setup.height << 16),
    )
    media = box(
        b"mdia",
        full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, setup.ticks, media_duration, _UNDETERMINED_LANGUAGE, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", setup.kind.value), b"vigcam\x00"),
        box(
            b"minf",
            full_box(b"smhd", 0, 0, bytes(4)) if is_sound else full_box(b"vmhd", 0, 1, bytes(8)),
            box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))),
            box(b"stbl", setup.sample_entries, sample_table),
        ),
    )
    return box(b"trak", header, _edit_list(edit, duration) if edit else b"", media)


def _edit_list(edit: Edit, duration: int) -> bytes:
    entries = []
    if edit.empty_ticks:
        entries.append(struct.pack(">QQI", edit.empty_ticks, _EMPTY, 0x10000))
    entries.append(struct.pack(">QQI", max(0, duration - edit.empty_ticks), edit.media_time, 0x10000))
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(entries)), *entries))
