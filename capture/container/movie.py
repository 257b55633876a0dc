"""Opens a recording for reading: descriptor and file key in, virtual MP4 out. Never writes; the descriptor stays the caller's."""

from __future__ import annotations

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.seal.stream import PlainReader, SalvageReader, SealedReader


def open_movie(fd: int, file_key: bytes, payload_offset: int, is_sealed: bool) -> ProgressiveMp4:
    """The recording as an ordinary MP4, for one thread. An interrupted one (`is_sealed` false) gives what is still whole.

    `payload_offset` is the age header's length. Raises SealBroken for a wrong key or what is no recording, Truncated where a
    sealed file's end is missing or an interrupted one holds no whole picture, OSError.
    """
    reader: PlainReader = (SealedReader if is_sealed else SalvageReader)(fd, file_key, payload_offset)
    return ProgressiveMp4(reader, load_index(reader))
