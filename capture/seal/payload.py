"""The payload's cipher: one key, chunks counted from 0, each authenticated with its place and whether it is the last.

Moves no bytes to or from a file. Source: C2SP age.md, "The payload" (the STREAM construction).
"""

from __future__ import annotations

from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from capture.errors import SealBroken

FILE_KEY_BYTES = 16
NONCE_BYTES = 16
CHUNK_BYTES = 1 << 16
"""Plaintext bytes of a full chunk."""
TAG_BYTES = 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


class Place(IntEnum):
    """Whether a chunk is the payload's last: the flag at the end of its nonce."""

    MORE_FOLLOW = 0
    FINAL = 1


class PayloadCipher:
    """Seals and opens the chunks of one payload. Safe for several threads; the key never leaves it."""

    __slots__ = ("_aead",)

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        """`file_key` 16 bytes, `nonce` the 16 bytes at the payload's start."""
        self._aead = ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=nonce, info=b"payload").derive(file_key))

    def seal_into(self, number: int, place: Place, plain: memoryview, out: memoryview) -> None:
        """Seal chunk `number`; `out` has exactly 16 bytes more than `plain`."""
        self._aead.encrypt_into(_nonce(number, place), plain, None, out)

    def open_into(self, number: int, place: Place, sealed: memoryview, out: memoryview) -> None:
        """Open chunk `number`; `out` has exactly 16 bytes less than `sealed`. Raises SealBroken; `out` then holds zeros."""
        try:
            self._aead.decrypt_into(_nonce(number, place), sealed, None, out)
        except InvalidTag as error:
            out[:] = bytes(len(out))  # the library deciphers first and verifies then: what is in there, nobody vouches for
            raise SealBroken from error


def _nonce(number: int, place: Place) -> bytes:
    return number.to_bytes(11, "big") + place.to_bytes(1, "big")
