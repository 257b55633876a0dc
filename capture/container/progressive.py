"""A recording as an ordinary MP4, computed by byte range from the sealed one: `ftyp`, `moov`, one `mdat`. Never makes a copy.

Browsers seek in it with one request, editors open it. The `mdat` holds the fragments' samples in file order, so that a range
of it is a few long runs of the sealed file. Source: ISO/IEC 14496-12, 8.6.1 (times) and 8.7 (places and sizes).
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from capture.container.boxes import box, mdat_header
from capture.container.index import SampleIndex
from capture.container.movie_box import movie_box
from capture.seal.stream import PlainReader

BLOCK_BYTES = 262_144
_FTYP = box(b"ftyp", struct.pack(">4sI", b"isom", 512), b"isom", b"iso2", b"avc1", b"mp41")


class ProgressiveMp4:
    """The view over one reader; as the reader, it belongs to one thread. Everything but the samples lies in RAM."""

    def __init__(self, reader: PlainReader, index: SampleIndex) -> None:
        self.index = index
        self._reader = reader
        self._sources = index.fragments.payload_offsets
        lengths = [sound + pictures for sound, pictures in zip(index.audio_bytes(), index.video_bytes(), strict=True)]
        self._starts = list(accumulate(lengths, initial=0))
        payload_bytes = self._starts[-1]
        data_header = mdat_header(payload_bytes)
        # The length of `moov` does not depend on the offsets in it, so it is built once to be measured.
        length = len(movie_box(index, self._starts, 0, payload_bytes))
        base = len(_FTYP) + length + len(data_header)
        self._head = _FTYP + movie_box(index, self._starts, base, payload_bytes) + data_header
        self.size = len(self._head) + payload_bytes
        """Bytes of the whole MP4."""
        first = self._samples(0, min(payload_bytes, 4_096))
        self.etag = hashlib.sha256(self._head + first).hexdigest()[:40]
        """Strong and stable: the same recording always gives the same, without quotation marks."""

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, fewer only where the MP4 ends. Raises SealBroken, Truncated, OSError."""
        if offset < 0 or length < 0:
            raise ValueError("a negative offset or length")
        stop = min(offset + length, self.size)
        if offset >= stop:
            return b""
        head = self._head[offset:stop]
        start = max(offset - len(self._head), 0)
        return head + self._samples(start, stop - len(self._head)) if stop > len(self._head) else head

    def blocks(self, start: int, stop: int, block_size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in blocks. Raises as `read_at`, at the first bad block."""
        for offset in range(start, min(stop, self.size), block_size):
            yield self.read_at(offset, min(block_size, stop - offset))

    def _samples(self, start: int, stop: int) -> bytes:
        """A range of the `mdat`'s content."""
        parts: list[bytes] = []
        number = bisect_right(self._starts, start) - 1
        while start < stop:
            end = min(stop, self._starts[number + 1])
            if end > start:
                parts.append(self._reader.read_at(self._sources[number] + start - self._starts[number], end - start))
            start, number = end, number + 1
        return parts[0] if len(parts) == 1 else b"".join(parts)
