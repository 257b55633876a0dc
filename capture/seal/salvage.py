"""Reads what an interrupted file still holds: its plaintext up to the last chunk that authenticates. Never alters the file."""

from __future__ import annotations

from capture.errors import SealBroken, Truncated
from capture.seal.chunks import ChunkSource
from capture.seal.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES, Place
from capture.seal.reader import SealedReader

_UNSYNCED_CHUNKS = 128
"""8 MiB, eight seconds of film: further back than the writer ever runs ahead of its last completed sync."""


class SalvageReader:
    """As `SealedReader`, for a file without a good end: torn within a chunk, filled up with zeros, or with holes near its end.

    `size` ends before the first bad chunk among the last 8 MiB: after a power cut a file system may hold a later block and
    not an earlier one. Damage further back is met by `read_at` as SealBroken. A finished file reads as a whole.
    """

    def __init__(self, fd: int, file_key: bytes, payload_offset: int) -> None:
        """`fd` stays the caller's. Raises Truncated if not even the payload's nonce is there, OSError."""
        self._chunks = ChunkSource(fd, file_key, payload_offset)
        self._finished: SealedReader | None = SealedReader(fd, file_key, payload_offset)
        try:
            self._size = self._finished.size
        except Truncated:
            self._finished = None
            self._size = self._good_chunks() * CHUNK_BYTES

    @property
    def size(self) -> int:
        """Plaintext bytes that are left; 0 if there is nothing."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0:
            raise ValueError("a negative offset or length")
        if self._finished is not None:
            return self._finished.read_at(offset, length)
        stop = min(offset + length, self._size)
        return self._chunks.join(offset, stop, self._chunk) if stop > offset else b""

    def _chunk(self, number: int) -> bytes:
        return self._chunks.one(number, Place.MORE_FOLLOW)

    def _good_chunks(self) -> int:
        count = self._chunks.sealed_bytes // SEALED_CHUNK_BYTES
        while count > 0 and not self._is_good(count - 1):
            count -= 1
        for number in range(count - 2, max(0, count - _UNSYNCED_CHUNKS) - 1, -1):
            if not self._is_good(number):
                count = number
        return count

    def _is_good(self, number: int) -> bool:
        try:
            self._chunk(number)
        except SealBroken:
            return False
        return True
