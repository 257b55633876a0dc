"""Reads boxes out of bytes that anybody may have written: bounded, never recursive, every doubt a SealBroken.

Source: ISO/IEC 14496-12, 4.2 (boxes), 8.4 to 8.8 (their contents).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from capture.container.boxes import HEADER_BYTES, LARGE_HEADER_BYTES
from capture.container.fragment import (
    DEFAULT_BASE_IS_MOOF,
    DEFAULT_SAMPLE_FLAGS,
    TRUN_DATA_OFFSET,
    TRUN_DURATION,
    TRUN_FLAGS,
    TRUN_SIZE,
)
from capture.container.tracks import Edit, TrackKind, TrackSetup
from capture.errors import SealBroken

_MOST_CHILDREN = 64
_NOT_SYNC = 0x1_0000
_EMPTY = -1


@dataclass(frozen=True, slots=True)
class BoxHeader:
    """Of a box: its type, and in bytes how long its header and the whole of it are."""

    kind: bytes
    header_bytes: int
    size: int


@dataclass(frozen=True, slots=True)
class ParsedTrack:
    """One `trak` of a `moov` that announces fragments."""

    setup: TrackSetup
    edit: Edit


@dataclass(frozen=True, slots=True)
class ParsedRun:
    """One `traf`: whose it is, when it begins, where its bytes begin (from its `moof`), and its samples."""

    track_id: int
    decode_time: int
    data_offset: int
    ticks: tuple[int, ...]
    sizes: tuple[int, ...]
    keyframes: tuple[int, ...]
    """Numbers, from 0, of the samples that are keyframes; empty where the run carries no flags of its own."""


def box_header(data: bytes) -> BoxHeader:
    """Read a box's head from its first 16 bytes (8 suffice for an ordinary one). Raises SealBroken."""
    if len(data) < HEADER_BYTES:
        raise SealBroken
    size, kind = struct.unpack_from(">I4s", data)
    if size == 1 and len(data) >= LARGE_HEADER_BYTES:
        (size,) = struct.unpack_from(">Q", data, HEADER_BYTES)
        if size < LARGE_HEADER_BYTES:
            raise SealBroken
        return BoxHeader(kind, LARGE_HEADER_BYTES, size)
    if size < HEADER_BYTES:
        raise SealBroken
    return BoxHeader(kind, HEADER_BYTES, size)


def children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes inside a box's content: type and content of each. Raises SealBroken, also for more than 64."""
    at = 0
    for _ in range(_MOST_CHILDREN):
        if at == len(data):
            return
        head = box_header(data[at : at + LARGE_HEADER_BYTES])
        stop = at + head.size
        if stop > len(data):
            raise SealBroken
        yield head.kind, data[at + head.header_bytes : stop]
        at = stop
    if at != len(data):
        raise SealBroken


def parse_movie(content: bytes) -> tuple[ParsedTrack, ...]:
    """The tracks of a `moov`. Raises SealBroken."""
    try:
        return tuple(_track(inner) for kind, inner in children(content) if kind == b"trak")
    except (struct.error, ValueError) as error:
        raise SealBroken from error


def parse_fragment(content: bytes) -> tuple[ParsedRun, ...]:
    """The runs of a `moof`. Raises SealBroken."""
    try:
        return tuple(_run(inner) for kind, inner in children(content) if kind == b"traf")
    except (struct.error, ValueError) as error:
        raise SealBroken from error


def _only(content: bytes, *path: bytes) -> bytes:
    """The content of the first box found along `path`. Raises SealBroken if there is none."""
    for step in path:
        content = next((inner for kind, inner in children(content) if kind == step), b"")
        if not content:
            raise SealBroken
    return content


def _firsts(content: bytes, *kinds: bytes) -> list[bytes]:
    """The content of the first box of each kind, in one walk. Raises SealBroken if one is missing or empty."""
    found: dict[bytes, bytes] = {}
    for kind, inner in children(content):
        found.setdefault(kind, inner)
    if not all(found.get(kind) for kind in kinds):
        raise SealBroken
    return [found[kind] for kind in kinds]


def _track(content: bytes) -> ParsedTrack:
    header = _only(content, b"tkhd")
    media_header = _only(content, b"mdia", b"mdhd")
    kind = TrackKind(struct.unpack_from(">4s", _only(content, b"mdia", b"hdlr"), 8)[0])
    entries = _only(content, b"mdia", b"minf", b"stbl", b"stsd")
    if header[0] != 1 or media_header[0] != 1:
        raise SealBroken
    (track_id,) = struct.unpack_from(">I", header, 20)
    width, height = struct.unpack_from(">II", header, 88)
    (ticks,) = struct.unpack_from(">I", media_header, 20)
    if not (0 < ticks <= 1_000_000 and track_id):
        raise SealBroken
    stsd = struct.pack(">I4s", HEADER_BYTES + len(entries), b"stsd") + entries
    edit = next((_edit(_only(inner, b"elst")) for name, inner in children(content) if name == b"edts"), Edit())
    return ParsedTrack(TrackSetup(kind, track_id, ticks, stsd, width >> 16, height >> 16), edit)


def _edit(content: bytes) -> Edit:
    version, count = struct.unpack_from(">B3xI", content)
    if version != 1 or count not in (1, 2):
        raise SealBroken
    entries = [struct.unpack_from(">Qq", content, 8 + 20 * number) for number in range(count)]
    empty = 0
    if count == 2:
        empty, marker = entries[0]
        if marker != _EMPTY or empty > 1 << 40:
            raise SealBroken
    media_time = entries[-1][1]
    if not 0 <= media_time < 1 << 40:
        raise SealBroken
    return Edit(empty, media_time)


def _run(content: bytes) -> ParsedRun:
    header, times, run = _firsts(content, b"tfhd", b"tfdt", b"trun")
    flags, track_id = struct.unpack_from(">II", header)
    if flags & ~DEFAULT_SAMPLE_FLAGS != DEFAULT_BASE_IS_MOOF:
        raise SealBroken
    version, decode_time = struct.unpack_from(">B3xQ", times)
    if version != 1:
        raise SealBroken
    flags, count, data_offset = struct.unpack_from(">IIi", run)
    required = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE
    if flags & ~TRUN_FLAGS != required:
        raise SealBroken
    width = 3 if flags & TRUN_FLAGS else 2
    if not count or len(run) != 12 + 4 * width * count:
        raise SealBroken
    words = struct.unpack_from(f">{width * count}I", run, 12)
    keyframes = tuple(number for number, word in enumerate(words[2::3]) if not word & _NOT_SYNC) if width == 3 else ()
    return ParsedRun(track_id, decode_time, data_offset, words[0::width], words[1::width], keyframes)
