"""Identities and recipients of X25519: the two halves of a key. Never on a disk and never in a repr: writing is the caller's.

Source: C2SP age.md, "The X25519 recipient type"; RFC 7748.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from capture.errors import BadRequest
from capture.seal import bech32

_RECIPIENT_PREFIX = "age"
_IDENTITY_PREFIX = "AGE-SECRET-KEY-"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Recipient:
    """The public half, to which anybody may seal. `public` is the 32-byte Montgomery u-coordinate."""

    public: bytes

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """Read `age1…`. Raises BadRequest for anything else, and for points to which nothing can be sealed."""
        public = _decode(text, _RECIPIENT_PREFIX)
        try:
            X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError as error:  # a point of low order: every shared secret with it would be zero
            raise BadRequest("not an age recipient") from error
        return cls(public)

    def encode(self) -> str:
        return bech32.encode(_RECIPIENT_PREFIX, self.public)

    @property
    def fingerprint(self) -> str:
        """For people to compare: 16 hex digits of the SHA-256 of the encoded recipient, as `xxxx-xxxx-xxxx-xxxx`."""
        digits = hashlib.sha256(self.encode().encode()).hexdigest()[:16]
        return "-".join(digits[place : place + 4] for place in range(0, 16, 4))


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """The secret half, which opens. Lives in RAM; `encode` is the only way out, for export and for a wrapped keyring."""

    _key: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Identity:
        return cls(X25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Read `AGE-SECRET-KEY-1…`. Raises BadRequest, which never repeats the text."""
        return cls(X25519PrivateKey.from_private_bytes(_decode(text, _IDENTITY_PREFIX)))

    def encode(self) -> str:
        return bech32.encode(_IDENTITY_PREFIX, self._key.private_bytes_raw())

    @property
    def recipient(self) -> Recipient:
        return Recipient(self._key.public_key().public_bytes_raw())

    def shared_secret(self, public: bytes) -> bytes:
        """X25519 with another's public half, 32 bytes. Raises ValueError where the result would be all zero."""
        return self._key.exchange(X25519PublicKey.from_public_bytes(public))


def _decode(text: str, prefix: str) -> bytes:
    what = "recipient" if prefix == _RECIPIENT_PREFIX else "identity"
    try:
        found, data = bech32.decode(text)
    except bech32.Bech32Error as error:
        raise BadRequest(f"not an age {what}") from error
    if found != prefix or len(data) != KEY_BYTES:
        raise BadRequest(f"not an age {what}")
    return data
