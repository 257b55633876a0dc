"""The reading end of the stream: any range of a finished file's plaintext. Never writes and never moves the descriptor.

Several readers may share one descriptor; each reader belongs to one thread. Source: C2SP age.md, "The payload".
"""

from __future__ import annotations

from typing import Protocol

from capture.errors import SealBroken, Truncated
from capture.seal.chunks import ChunkSource
from capture.seal.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, Place


class PlainReader(Protocol):
    """Plaintext that can be read at any offset."""

    @property
    def size(self) -> int:
        """Plaintext bytes; the last of them was authenticated. Raises Truncated, OSError."""

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset`, fewer only where the plaintext ends. Raises Truncated, SealBroken, OSError."""

    def read_into(self, offset: int, out: memoryview) -> int:
        """As `read_at`, into the caller's memory, as much as there is room for: how many bytes. For long reads: nothing is
        copied, no memory is taken. What is in `out` after an exception is not to be used."""


class SealedReader:
    """Reads a finished file. Whatever depends on its end is said only after the final chunk was verified.

    A chunk in the middle that does not authenticate is SealBroken. At the end nobody can tell a cut from a forgery, so a
    last chunk that does not authenticate as the final one is Truncated: the chunks before it may be used.
    """

    def __init__(self, fd: int, file_key: bytes, payload_offset: int) -> None:
        """`fd` stays the caller's. Raises Truncated if not even the payload's nonce is there, OSError."""
        self._chunks = ChunkSource(fd, file_key, payload_offset)
        self._last = max(0, self._chunks.sealed_bytes - 1) // SEALED_CHUNK_BYTES
        self._last_length = self._chunks.sealed_bytes - self._last * SEALED_CHUNK_BYTES
        self._most_bytes = (self._last + 1) * CHUNK_BYTES
        self._is_end_verified = False

    @property
    def size(self) -> int:
        if not self._is_end_verified:
            self._chunk(self._last)
        return self._last * CHUNK_BYTES + self._last_length - TAG_BYTES

    def read_at(self, offset: int, length: int) -> bytes:
        if length < 0:
            raise ValueError("a negative length")
        # Past the end a byte is asked for all the same: only a verified end may say that there is nothing more.
        out = memoryview(bytearray(min(length, max(1, self._most_bytes - offset))))
        return bytes(out[: self.read_into(offset, out)])

    def read_into(self, offset: int, out: memoryview) -> int:
        if offset < 0:
            raise ValueError("a negative offset")
        if offset < self._most_bytes:
            return self._chunks.read_into(offset, out[: self._most_bytes - offset], self._last, self._chunk)
        if out:
            self._chunk(self._last)
        return 0

    def _chunk(self, number: int) -> memoryview:
        if number < self._last:
            return self._chunks.one(number, Place.MORE_FOLLOW)
        if self._last_length < TAG_BYTES or (self._last_length == TAG_BYTES and self._last > 0):
            raise Truncated  # only a payload that is empty throughout may end with an empty chunk
        try:
            plain = self._chunks.one(number, Place.FINAL, self._last_length)
        except SealBroken as error:
            raise Truncated from error
        self._is_end_verified = True
        return plain
