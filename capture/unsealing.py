"""Opens a sealed file with somebody's own identity and copies out what it holds. Never changes it; for workstations, not the box.

What is torn, damaged or unreadable in one place gives what lies before that place, and says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path
from typing import BinaryIO

from capture.container.index import SampleIndex, load_index
from capture.container.progressive import ProgressiveMp4
from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.plain_output import trouble_with
from capture.remains import Remains, check_start, is_recording, look, nothing_left
from capture.seal import files
from capture.seal.armor import START_BYTES, is_armored, read_armor
from capture.seal.header import LONE_KIND, parse_header, read_header
from capture.seal.keys import AnyIdentity
from capture.seal.stream import PlainReader, SalvageReader, SealedReader, Unreadable, open_header

_CHUNK_BYTES = 1 << 16


class Form(Enum):
    """What to make of a recording: AUTO and MP4 an ordinary MP4, RAW its bytes as they were sealed. AUTO takes anything."""

    AUTO = "auto"
    MP4 = "mp4"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written. `is_whole` is false if something is missing; `film_ms` is None for what is no film; `frames_lost` counts
    the pictures that are known to be lost; `unreadable_at` is the byte of the sealed file that the disk could not read, if it
    was that which ended it."""

    written_bytes: int
    is_whole: bool
    film_ms: int | None
    frames_lost: int = 0
    unreadable_at: int | None = None


@dataclass(frozen=True, slots=True)
class OpenSeal:
    """A sealed file open for reading, and the key to its payload, which begins at `offset`."""

    fd: int
    file_key: bytes = field(repr=False)
    offset: int


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed file open for reading, its header read but not opened yet."""

    fd: int
    header: bytes

    @property
    def opens_by_passphrase(self) -> bool:
        """Whether it opens by a passphrase alone, and not by a key."""
        return parse_header(self.header).stanzas[0].kind == LONE_KIND

    def open_with(self, identities: Sequence[AnyIdentity]) -> OpenSeal:
        """Open it with the first of `identities` that it is sealed to. Raises NotARecipient, SealBroken."""
        for identity in identities:
            with contextlib.suppress(NotARecipient):
                return OpenSeal(self.fd, *open_header(self.header, identity))
        raise NotARecipient


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The first `size` bytes of a reader."""

    reader: PlainReader
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        return self.reader.read_at(offset, max(0, min(length, self.size - offset)))

    def read_into(self, offset: int, out: memoryview) -> int:
        return self.reader.read_into(offset, out[: max(0, self.size - offset)])


@contextlib.contextmanager
def sealed_file(path: Path) -> Iterator[SealedFile]:
    """The sealed file `path`, binary or armored.

    Raises BadRequest if it is no age file, SealBroken for bad armor, SealBroken or Truncated for a damaged header, OSError also
    for a pipe, a device or a folder.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # asked before opening, which would wait for a pipe's writer
        raise OSError(errno.ESPIPE, "only a regular file can be unsealed", str(path))
    with path.open("rb") as file, _binary(file) as binary:
        fd = binary.fileno()
        yield SealedFile(fd, read_header(fd))


def copy_out(sealed: OpenSeal, form: Form, file: BinaryIO, progress: Callable[[int, int], object]) -> Outcome:
    """Write what it holds into the empty `file`, telling `progress` the bytes written and the bytes in all.

    Raises BadRequest if a film is asked for and it is no recording, Truncated if nothing can be had of it, Unreadable if the disk
    gives nothing of it, OSError of `file`.
    """
    is_recording = _is_recording(sealed)
    if form is Form.MP4 and not is_recording:
        _ = SealedReader(sealed.fd, sealed.file_key, sealed.offset).size  # a torn file may have lost what would tell
        raise BadRequest("not a recording")
    if is_recording and form is not Form.RAW:
        for open_reader, is_whole, unreadable_at in _readers(sealed):
            with contextlib.suppress(SealBroken, Truncated, Unreadable):
                index = load_index(open_reader())
                written = _copy(partial(_film, open_reader, index), file, progress)
                is_complete = is_whole and index.is_complete
                return Outcome(written, is_complete, index.duration_ms, index.frames_lost, unreadable_at)
        if not _has_picture(sealed):
            raise nothing_left(Remains.NOTHING_WHOLE)
    if form is not Form.MP4:
        for open_reader, is_whole, unreadable_at in _readers(sealed):
            with contextlib.suppress(SealBroken, Truncated, Unreadable):
                return Outcome(_copy(open_reader, file, progress), is_whole, None, unreadable_at=unreadable_at)
    raise nothing_left(Remains.NOTHING_WHOLE)


@contextlib.contextmanager
def _binary(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself; if it is armored, what it says, in a nameless temporary file: sealed still, and seekable as armor is not.

    Armor is read to its end before anything of it is used: only there does it prove to be good.
    """
    if is_armored(os.pread(file.fileno(), START_BYTES, 0)):
        with tempfile.TemporaryFile(buffering=0) as binary:  # to close a buffer that cannot be emptied is one more error
            for piece in read_armor(file):
                rest = memoryview(piece)
                with trouble_with(Path(tempfile.gettempdir())):
                    while rest:
                        rest = rest[binary.write(rest) :]
            yield binary
    else:
        try:
            check_start(file.fileno())
        except SealBroken as error:
            if error.reasons:
                raise BadRequest("not a sealed file") from error
            raise
        yield file


def _readers(sealed: OpenSeal) -> Iterator[tuple[Callable[[], PlainReader], bool, int | None]]:
    """Ways to read ever less: of the finished file; up to its torn end; up to any damage. With each, whether it gives the whole,
    and the byte where the disk ends it."""
    open_whole = partial(SealedReader, sealed.fd, sealed.file_key, sealed.offset)
    with contextlib.suppress(Truncated, Unreadable):
        _ = open_whole().size
        yield open_whole, True, None
    open_salvaged: Callable[[], PlainReader] = partial(SalvageReader, sealed.fd, sealed.file_key, sealed.offset)
    try:
        if open_salvaged().size > 0:
            yield open_salvaged, False, None
    except Truncated:  # not even the payload's nonce
        return
    except Unreadable:  # near the end, where the last good chunk is looked for
        open_salvaged = open_whole
    good_bytes, unreadable_at = _good_bytes(open_salvaged())
    if good_bytes > 0:
        yield lambda: _Prefix(open_salvaged(), good_bytes), False, unreadable_at


def _film(open_reader: Callable[[], PlainReader], index: SampleIndex) -> ProgressiveMp4:
    return ProgressiveMp4(open_reader(), index)


def _good_bytes(reader: PlainReader) -> tuple[int, int | None]:
    """How much lies before the first chunk that is damaged or unreadable, and the byte that could not be read: every chunk is
    opened. Raises Unreadable if that is the first."""
    good = 0
    try:
        while plain := reader.read_at(good, _CHUNK_BYTES):
            good += len(plain)
    except (SealBroken, Truncated):
        return good, None
    except Unreadable as error:
        if good == 0:
            raise
        return good, error.offset
    return good, None


def _is_recording(sealed: OpenSeal) -> bool:
    """Raises Unreadable if its first chunk cannot be read."""
    with contextlib.suppress(SealBroken, Truncated):
        try:
            return is_recording(SalvageReader(sealed.fd, sealed.file_key, sealed.offset))
        except Unreadable:  # perhaps only near its end
            return is_recording(SealedReader(sealed.fd, sealed.file_key, sealed.offset))
    return False


def _has_picture(sealed: OpenSeal) -> bool:
    """Whether a recording's pictures are there, though damaged: its bytes are then better than nothing."""
    try:
        look(sealed.fd, sealed.file_key, sealed.offset, is_sealed=False)
    except Truncated:
        return False
    except SealBroken:
        return True
    return True


def _copy(open_reader: Callable[[], PlainReader], file: BinaryIO, progress: Callable[[int, int], object]) -> int:
    """All of it, in place of what was written before it turned out to be damaged."""
    file.seek(0)
    file.truncate()
    return files.copy_out(open_reader, file.fileno(), progress)
