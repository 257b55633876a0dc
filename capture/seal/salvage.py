"""Reads what a damaged or interrupted file still holds: its plaintext as far as the chunks authenticate. Never alters the file.

Source: C2SP age.md, "The payload": a reader may use the chunks that it verified before an error, and must report the error.
"""

from __future__ import annotations

from capture.errors import SealBroken, Truncated
from capture.seal.chunks import ChunkSource
from capture.seal.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, Place

_UNSYNCED_CHUNKS = 128
"""8 MiB, eight seconds of film: further back than the writer ever runs ahead of its last completed sync."""


class SalvageReader:
    """As `SealedReader`, for a file without a good end: torn within a chunk, filled up with zeros, or with holes near its end.

    `size` is found by walking back to the last chunk that authenticates, and ends before the first bad chunk among the last
    8 MiB: after a power cut a file system may hold a later block and not an earlier one. Damage further back is met by
    `read_at` as SealBroken. A finished file reads as a whole; what follows a full final chunk is no part of it.
    """

    def __init__(self, fd: int, file_key: bytes, payload_offset: int) -> None:
        """`fd` stays the caller's. Raises Truncated if not even the payload's nonce is there, OSError."""
        self._chunks = ChunkSource(fd, file_key, payload_offset)
        self._final: int | None = None
        """The number of the final chunk, once it was met."""
        self._final_length = 0
        self._size = 0
        self._size = self._walk_back()

    @property
    def size(self) -> int:
        """Plaintext bytes that are left; 0 if there is nothing."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """As `PlainReader.read_at`; never past `size`."""
        if length < 0:
            raise ValueError("a negative length")
        out = memoryview(bytearray(min(length, max(0, self._size - offset))))
        return bytes(out[: self.read_into(offset, out)])

    def read_into(self, offset: int, out: memoryview) -> int:
        """As `PlainReader.read_into`; never past `size`."""
        if offset < 0:
            raise ValueError("a negative offset")
        whole_chunks = self._size // CHUNK_BYTES if self._final is None else self._final
        return self._chunks.read_into(offset, out[: max(0, self._size - offset)], whole_chunks, self._chunk)

    def _chunk(self, number: int) -> memoryview:
        if number == self._final:
            return self._chunks.one(number, Place.FINAL, self._final_length)
        return self._chunks.one(number, Place.MORE_FOLLOW)

    def _walk_back(self) -> int:
        """The plaintext's size: back to the last chunk that opens, then to the first bad one of those that were never synced."""
        count, rest = divmod(self._chunks.sealed_bytes, SEALED_CHUNK_BYTES)
        is_found = self._is_final(count, rest)
        number = count if is_found else self._chunks.count_before_hole()
        while not is_found and number > 0:
            number -= 1
            is_found = self._is_good(number) or self._is_final(number, SEALED_CHUNK_BYTES)
        if not is_found:
            return 0
        stop = number + 1
        for earlier in range(number - 1, max(0, stop - _UNSYNCED_CHUNKS) - 1, -1):
            if not self._is_good(earlier):  # a hole; or a final chunk, with what was never part of the file behind it
                stop = earlier + 1 if self._is_final(earlier, SEALED_CHUNK_BYTES) else earlier
        if self._final == stop - 1:
            return (stop - 1) * CHUNK_BYTES + self._final_length - TAG_BYTES
        self._final = None  # it lay behind a hole, and ends nothing
        return stop * CHUNK_BYTES

    def _is_good(self, number: int) -> bool:
        return self._opens(number, Place.MORE_FOLLOW, SEALED_CHUNK_BYTES)

    def _is_final(self, number: int, length: int) -> bool:
        """Whether the payload ends with this chunk, which is then remembered; an empty one only if there is no other."""
        if length < TAG_BYTES + min(number, 1) or not self._opens(number, Place.FINAL, length):
            return False
        self._final, self._final_length = number, length
        return True

    def _opens(self, number: int, place: Place, length: int) -> bool:
        try:
            self._chunks.one(number, place, length)
        except (SealBroken, Truncated):  # or somebody shortened the file just now
            return False
        return True
