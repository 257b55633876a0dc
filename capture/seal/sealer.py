"""The writing end of the stream: plaintext in, sealed chunks out as they fill. Never touches a disk: `emit` does."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place


class ChunkSealer:
    """Seals one payload. Not for several threads at once.

    A chunk leaves the moment it is full, so that it can be made durable; it thereby says that more follows. Whoever has
    filled a chunk to the brim therefore owes at least one byte more before `finish` (a recording owes its trailer).

    The memoryview given to `emit` is reused: it is good only until `emit` returns. After any exception from `emit` the
    stream is over: nothing can be written again, since sealing other bytes under the same nonce would betray both.
    """

    def __init__(self, file_key: bytes, emit: Callable[[memoryview], object]) -> None:
        """Draws the payload's nonce and emits it at once. Each sealer needs a file key or at least a header of its own."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._cipher = PayloadCipher(file_key, nonce)
        self._emit = emit
        self._plain = memoryview(bytearray(CHUNK_BYTES))
        self._sealed = memoryview(bytearray(SEALED_CHUNK_BYTES))
        self._filled = 0
        self._next_number = 0
        self._is_over = False
        emit(memoryview(nonce))

    @property
    def room(self) -> int:
        """Plaintext bytes until the open chunk is full and leaves: 1 to 65,536."""
        return CHUNK_BYTES - self._filled

    @property
    def chunks_emitted(self) -> int:
        return self._next_number

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take all of `data`; whole chunks in it are sealed where they lie, uncopied. Raises RuntimeError once it is over."""
        self._refuse_if_over()  # here too: a few bytes more would wait for a chunk that never leaves
        view = memoryview(data).cast("B")
        start = 0
        while start < len(view):
            if self._filled == 0 and len(view) - start >= CHUNK_BYTES:
                self._send(view[start : start + CHUNK_BYTES], Place.MORE_FOLLOW)
                start += CHUNK_BYTES
                continue
            taken = min(self.room, len(view) - start)
            self._plain[self._filled : self._filled + taken] = view[start : start + taken]
            self._filled += taken
            start += taken
            if self._filled == CHUNK_BYTES:
                self._filled = 0
                self._send(self._plain, Place.MORE_FOLLOW)

    def finish(self, rest: bytes | bytearray | memoryview = b"") -> None:
        """Take the payload's last bytes and seal the final chunk.

        Raises RuntimeError if that would be empty after others, or once it is over.
        """
        view = memoryview(rest).cast("B")
        early = max(0, self._filled + len(view) - 1) // CHUNK_BYTES * CHUNK_BYTES - self._filled
        if early > 0:
            self.write(view[:early])
            view = view[early:]
        self._plain[self._filled : self._filled + len(view)] = view
        final = self._plain[: self._filled + len(view)]
        if len(final) == 0 and self._next_number > 0:
            raise RuntimeError("a chunk left as not the last, and nothing follows it")
        self._send(final, Place.FINAL)
        self._is_over = True

    def _send(self, plain: memoryview, place: Place) -> None:
        self._refuse_if_over()
        self._is_over = True  # until the chunk is out: see the class on what an exception in between means
        sealed = self._sealed[: len(plain) + TAG_BYTES]
        self._cipher.seal_into(self._next_number, place, plain, sealed)
        self._next_number += 1
        self._emit(sealed)
        self._is_over = False

    def _refuse_if_over(self) -> None:
        if self._is_over:
            raise RuntimeError("the stream is over")
