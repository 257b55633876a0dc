"""The chunks of one sealed payload in an open file, read by pread and opened. Decides nothing about where the payload ends."""

from __future__ import annotations

import os
from collections.abc import Callable

from capture.errors import Truncated
from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, PayloadCipher, Place


class ChunkSource:
    """Opens chunks by number and keeps the last one opened, for small reads in a row. For one thread; `fd` is the caller's."""

    def __init__(self, fd: int, file_key: bytes, payload_offset: int) -> None:
        """Raises Truncated if not even the payload's nonce is there, OSError."""
        nonce = os.pread(fd, NONCE_BYTES, payload_offset)
        if len(nonce) < NONCE_BYTES:
            raise Truncated
        self._fd = fd
        self._cipher = PayloadCipher(file_key, nonce)
        self._start = payload_offset + NONCE_BYTES
        self._kept_number = -1
        self._kept = b""
        self.sealed_bytes = os.fstat(fd).st_size - self._start
        """Length of all chunks, tags included, as the file stood when it was opened."""

    def one(self, number: int, place: Place, sealed_length: int = SEALED_CHUNK_BYTES) -> bytes:
        """One chunk's plaintext. Raises SealBroken if it does not authenticate at this place, Truncated, OSError."""
        if number != self._kept_number:
            self._kept = self._cipher.open(number, place, self._pread(number, sealed_length))
            self._kept_number = number
        return self._kept

    def run(self, start: int, stop: int) -> bytearray:
        """The plaintext of full chunks `start` to `stop - 1`, none of them final. Raises as `one`."""
        out = bytearray(max(0, stop - start) * CHUNK_BYTES)
        if out:
            sealed = memoryview(self._pread(start, (stop - start) * SEALED_CHUNK_BYTES))
            plain = memoryview(out)
            for place in range(stop - start):
                here = sealed[place * SEALED_CHUNK_BYTES : (place + 1) * SEALED_CHUNK_BYTES]
                room = plain[place * CHUNK_BYTES : (place + 1) * CHUNK_BYTES]
                self._cipher.open_into(start + place, Place.MORE_FOLLOW, here, room)
        return out

    def join(self, offset: int, stop: int, chunk: Callable[[int], bytes]) -> bytes:
        """Plaintext from `offset` up to `stop`, past `offset`; `chunk` opens the first and the last chunk it touches."""
        first, skipped = divmod(offset, CHUNK_BYTES)
        last, left = divmod(stop - 1, CHUNK_BYTES)
        if first == last:
            return chunk(first)[skipped : left + 1]
        head = chunk(first)[skipped:]
        return b"".join((head, self.run(first + 1, last), chunk(last)[: left + 1]))

    def _pread(self, number: int, length: int) -> bytes:
        data = os.pread(self._fd, length, self._start + number * SEALED_CHUNK_BYTES)
        if len(data) < length:  # the file ends here, or somebody shortened it under the reader
            raise Truncated
        return data
