"""Sealed files made for tests: plaintext that never repeats, sealed into a real file. Shared by the tests of every room."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

from capture.seal.keys import Identity
from capture.seal.small import seal_bytes
from capture.seal.stream import open_header

CHUNK = 65536
SEALED_CHUNK = CHUNK + 16
BORDER_SIZES = (0, 1, 15, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK + 777)
"""Payload sizes at which a chunk is empty, short, or full to the brim."""


def plaintext(size: int, seed: int = 1) -> bytes:
    """`size` bytes in which every chunk differs from every other."""
    return random.Random(seed).randbytes(size)


@dataclass(slots=True)
class SealedFile:
    """A sealed file on a real disk with all that a test wants to know of it."""

    path: Path
    plain: bytes
    identity: Identity
    file_key: bytes
    payload_offset: int

    @property
    def first_chunk(self) -> int:
        """Where in the file the first chunk begins, after the payload's nonce."""
        return self.payload_offset + 16

    def open(self) -> int:
        """A new read-only descriptor; the test closes it."""
        return os.open(self.path, os.O_RDONLY)


def seal_file(path: Path, plain: bytes) -> SealedFile:
    """Seal `plain` into `path` for a new identity."""
    identity = Identity.generate()
    sealed = seal_bytes(plain, [identity.recipient])
    path.write_bytes(sealed)
    file_key, offset = open_header(sealed, identity)
    return SealedFile(path, plain, identity, file_key, offset)
