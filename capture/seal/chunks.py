"""The chunks of one sealed payload in an open file, read by pread and opened. Decides nothing about where the payload ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from capture.errors import Truncated
from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place

_RUN_CHUNKS = 4
"""Read by one system call: few calls, and what was read is still in the processor's cache when it is opened."""


class Unreadable(OSError):
    """The disk cannot give what lies at byte `offset` of the file: that says nothing of the seal, nor of what lies elsewhere."""

    def __init__(self, cause: OSError, offset: int) -> None:
        super().__init__(cause.errno, cause.strerror)
        self.offset = offset


class ChunkSource:
    """Opens chunks by number and keeps the last one opened, for small reads in a row. For one thread; `fd` is the caller's.

    Its buffers are made once and used again: memory taken anew for each read costs as much as opening what is read into it.
    """

    def __init__(self, fd: int, file_key: bytes, payload_offset: int) -> None:
        """Raises Truncated if not even the payload's nonce is there, Unreadable."""
        try:
            nonce = os.pread(fd, NONCE_BYTES, payload_offset)
        except OSError as error:
            raise Unreadable(error, payload_offset) from error
        if len(nonce) < NONCE_BYTES:
            raise Truncated
        self._fd = fd
        self._cipher = PayloadCipher(file_key, nonce)
        self._start = payload_offset + NONCE_BYTES
        self._sealed = memoryview(bytearray(_RUN_CHUNKS * SEALED_CHUNK_BYTES))
        self._plain = memoryview(bytearray(CHUNK_BYTES))
        self._kept: tuple[int, Place, int] | None = None
        """Whose plaintext `_plain` begins with: the chunk's number, place and length."""
        self.sealed_bytes = max(0, os.fstat(fd).st_size - self._start)
        """Length of all chunks, tags included, as the file stood when it was opened."""

    def count_before_hole(self) -> int:
        """How many whole chunks there are before the hole that the file ends with, if the file system knows of one.

        A file lengthened without being written reads as zeros from there on, and may claim terabytes. The one chunk that lies
        half in the hole counts, all chunks do where holes are not known. Raises OSError.
        """
        low, high = 0, self.sealed_bytes // SEALED_CHUNK_BYTES
        while low < high:
            middle = (low + high) // 2
            if self._has_data_from(self._start + middle * SEALED_CHUNK_BYTES):
                low = middle + 1
            else:
                high = middle
        return low

    def _has_data_from(self, offset: int) -> bool:
        here = os.lseek(self._fd, 0, os.SEEK_CUR)
        try:
            os.lseek(self._fd, offset, os.SEEK_DATA)
        except OSError as error:
            return error.errno != errno.ENXIO  # else it is not known: what cannot be ruled out is read
        finally:
            os.lseek(self._fd, here, os.SEEK_SET)
        return True

    def one(self, number: int, place: Place, sealed_length: int = SEALED_CHUNK_BYTES) -> memoryview:
        """One chunk's plaintext, good until the next call of anything here.

        Raises SealBroken if it does not authenticate at this place, Truncated, Unreadable.
        """
        plain = self._plain[: sealed_length - TAG_BYTES]
        if self._kept != (number, place, sealed_length):
            self._kept = None
            self._cipher.open_into(number, place, self._pread(number, sealed_length), plain)
            self._kept = (number, place, sealed_length)
        return plain

    def read_into(self, offset: int, out: memoryview, final: int, chunk: Callable[[int], memoryview]) -> int:
        """Fill `out` with the plaintext from `offset`; returns how much there was, which is less only where `chunk` gives less.

        Whole chunks before number `final` are opened where they are wanted, without a copy; `chunk` gives all others.
        Raises as `one`; `out` is then not to be used.
        """
        done = 0
        while done < len(out):
            number, skipped = divmod(offset + done, CHUNK_BYTES)
            whole = min((len(out) - done) // CHUNK_BYTES, final - number, _RUN_CHUNKS) if skipped == 0 else 0
            if whole > 0:
                self._run_into(number, out[done : done + whole * CHUNK_BYTES])
                done += whole * CHUNK_BYTES
                continue
            part = chunk(number)[skipped : skipped + len(out) - done]
            if not part:
                break
            out[done : done + len(part)] = part
            done += len(part)
        return done

    def _run_into(self, first: int, out: memoryview) -> None:
        """Fill `out`, which is as long as some whole chunks, with those from `first` on, none of them final."""
        sealed = self._pread(first, len(out) // CHUNK_BYTES * SEALED_CHUNK_BYTES)
        for place in range(len(out) // CHUNK_BYTES):
            here = sealed[place * SEALED_CHUNK_BYTES : (place + 1) * SEALED_CHUNK_BYTES]
            self._cipher.open_into(first + place, Place.MORE_FOLLOW, here, out[place * CHUNK_BYTES : (place + 1) * CHUNK_BYTES])

    def _pread(self, number: int, length: int) -> memoryview:
        sealed, done = self._sealed[:length], 0
        while done < length:
            # Less than was asked for is not yet the end: of a bad block on the disk only the next call tells.
            offset = self._start + number * SEALED_CHUNK_BYTES + done
            try:
                read = os.preadv(self._fd, [sealed[done:]], offset)
            except OSError as error:
                raise Unreadable(error, offset) from error
            if read == 0:
                raise Truncated  # the file ends here, or somebody shortened it under the reader
            done += read
        return sealed
