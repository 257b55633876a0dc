"""Opens a sealed file with somebody's own identity and copies out what it holds. Never changes it; for workstations, not the box.

What is torn gives what it still holds, and says that it is torn.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.seal.header import VERSION_LINE, read_header
from capture.seal.keys import Identity
from capture.seal.stream import PlainReader, SalvageReader, SealedReader, open_header

_BLOCK_BYTES = 1 << 20
_FRAGMENTED = b"ftypiso5"
"""What a recording's plaintext says of itself at byte 4: a fragmented MP4 (ISO/IEC 14496-12, 4.3)."""


class Form(Enum):
    """What to make of a recording: AUTO and MP4 an ordinary MP4, RAW its bytes as they were sealed. AUTO takes anything."""

    AUTO = "auto"
    MP4 = "mp4"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An opened file. `is_whole` is false if its end is missing; `film_ms` is None for what is no film."""

    content: PlainReader
    is_whole: bool
    film_ms: int | None


@contextlib.contextmanager
def open_sealed(path: Path, identities: Sequence[Identity], form: Form) -> Iterator[Unsealed]:
    """Open `path` for reading with the first of `identities` that it is sealed to.

    Raises BadRequest if it is no binary age file, NotARecipient, SealBroken, Truncated if nothing can be had of it, OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        file_key, offset = _open_header(fd, identities)
        yield _open_content(fd, file_key, offset, form)
    finally:
        os.close(fd)


def copy_out(unsealed: Unsealed, file: BinaryIO, progress: Callable[[int], object]) -> int:
    """Write all of it, telling `progress` the bytes so far; returns them. Fewer than its size where damage was met on the way.

    Raises Truncated if the very first block is damaged, OSError.
    """
    size, written = unsealed.content.size, 0
    while written < size:
        try:
            block = unsealed.content.read_at(written, min(_BLOCK_BYTES, size - written))
        except (SealBroken, Truncated):
            block = _up_to_damage(unsealed.content, written, size)
            size = written + len(block)
        view = memoryview(block)
        while view:
            view = view[file.write(view) :]
        written += len(block)
        progress(written)
    if written == 0 and unsealed.content.size > 0:
        raise Truncated("nothing of it can be read")
    return written


def _up_to_damage(content: PlainReader, start: int, size: int) -> bytes:
    """What can be read of a block before the damage in it, to the byte: found by halves, a bad chunk fails any range with it."""
    low, high = 0, min(_BLOCK_BYTES, size - start)
    good = b""
    while high - low > 1:
        middle = (low + high) // 2
        try:
            good = content.read_at(start, middle)
            low = middle
        except (SealBroken, Truncated):
            high = middle
    return good


def _open_header(fd: int, identities: Sequence[Identity]) -> tuple[bytes, int]:
    if os.pread(fd, len(VERSION_LINE), 0) not in (VERSION_LINE, VERSION_LINE[: os.fstat(fd).st_size]):
        raise BadRequest("not a sealed file")
    header = read_header(fd)
    for identity in identities:
        with contextlib.suppress(NotARecipient):
            return open_header(header, identity)
    raise NotARecipient


def _open_content(fd: int, file_key: bytes, offset: int, form: Form) -> Unsealed:
    salvaged: PlainReader = SalvageReader(fd, file_key, offset)
    whole = _whole(fd, file_key, offset)
    if whole is None and salvaged.size == 0:
        raise Truncated("nothing of it can be read")
    ways = [(salvaged, False)] if whole is None else [(whole, True), (salvaged, False)]
    is_recording = _is_recording(salvaged)
    if form is Form.MP4 and not is_recording:
        raise BadRequest("not a recording")
    if is_recording and form is not Form.RAW:
        for reader, is_good in ways:
            with contextlib.suppress(SealBroken, Truncated):
                index = load_index(reader)
                return Unsealed(ProgressiveMp4(reader, index), is_good and index.is_complete, index.duration_ms)
        if form is Form.MP4:
            raise SealBroken("no film can be had of it")
    reader, is_good = ways[0]
    return Unsealed(reader, is_good, None)


def _whole(fd: int, file_key: bytes, offset: int) -> PlainReader | None:
    """A reader of the finished file; None if its end is missing."""
    reader = SealedReader(fd, file_key, offset)
    try:
        _ = reader.size
    except Truncated:
        return None
    return reader


def _is_recording(reader: PlainReader) -> bool:
    try:
        return reader.read_at(4, len(_FRAGMENTED)) == _FRAGMENTED
    except (SealBroken, Truncated):
        return False
