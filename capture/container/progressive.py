"""A recording as an ordinary MP4, computed by byte range from the sealed one: `ftyp`, `moov`, one `mdat`. Never makes a copy.

Browsers seek in it with one request, editors open it. The `mdat` holds the fragments' samples in file order, so that a range
of it is a few long runs of the sealed file. Source: ISO/IEC 14496-12, 8.6.1 (times) and 8.7 (places and sizes).
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterator
from copy import copy
from itertools import accumulate

from capture.container.boxes import box, mdat_header
from capture.container.index import SampleIndex
from capture.container.movie_box import movie_box
from capture.errors import Truncated
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
        first = self.read_at(len(self._head), 4_096)
        self.etag = hashlib.sha256(self._head + first).hexdigest()[:40]
        """Strong and stable: the same recording always gives the same, without quotation marks."""

    def through(self, reader: PlainReader) -> ProgressiveMp4:
        """The same film through another reader of the same file, for another thread: all that lies in RAM is shared."""
        other = copy(self)
        other._reader = reader
        return other

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, fewer only where the MP4 ends. Raises SealBroken, Truncated, OSError."""
        if length < 0:
            raise ValueError("a negative length")
        out = memoryview(bytearray(min(length, max(0, self.size - offset))))
        return bytes(out[: self.read_into(offset, out)])

    def read_into(self, offset: int, out: memoryview) -> int:
        """As `read_at`, into the caller's memory; as `PlainReader.read_into`."""
        if offset < 0:
            raise ValueError("a negative offset")
        out = out[: max(0, self.size - offset)]
        head = self._head[offset : offset + len(out)]
        out[: len(head)] = head
        self._samples_into(max(0, offset - len(self._head)), out[len(head) :])
        return len(out)

    def blocks(self, start: int, stop: int, block_size: int = BLOCK_BYTES) -> Iterator[bytearray]:
        """The bytes from `start` to before `stop`, in blocks, each the caller's own. Raises as `read_at` at the first bad."""
        stop = min(stop, self.size)
        for offset in range(start, stop, block_size):
            # Opened into the block itself and not copied into `bytes`: that copy is a tenth of what a block costs.
            block = bytearray(min(block_size, stop - offset))
            self.read_into(offset, memoryview(block))
            yield block

    def _samples_into(self, start: int, out: memoryview) -> None:
        """Fill `out` with the `mdat`'s content from `start`. Raises Truncated if the reader has less than the index says."""
        number = bisect_right(self._starts, start) - 1
        while out:
            room = out[: self._starts[number + 1] - start]
            if room and self._reader.read_into(self._sources[number] + start - self._starts[number], room) < len(room):
                raise Truncated
            out = out[len(room) :]
            start += len(room)
            number += 1
