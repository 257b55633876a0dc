"""X25519 keys and their stanza: the two halves of a key, and a file key wrapped to one half. Never on a disk, never in a repr.

Source: C2SP age.md, "The X25519 recipient type"; RFC 7748.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from capture.errors import BadRequest, SealBroken
from capture.seal import bech32
from capture.seal.header import Stanza, decode_base64, encode_base64

KIND = "X25519"
KEY_BYTES = 32
_RECIPIENT_PREFIX = "age"
_IDENTITY_PREFIX = "AGE-SECRET-KEY-"
_INFO = b"age-encryption.org/v1/X25519"
_ZERO_NONCE = bytes(12)
"""Safe because each wrapping key is used once."""
_WRAPPED_BYTES = 16 + 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """The public half, to which anybody may seal. `public` is the 32-byte Montgomery u-coordinate."""

    public: bytes

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """Read `age1…`. Raises BadRequest for anything else, and for points to which nothing can be sealed."""
        try:
            public = bech32.decode_key(text, _RECIPIENT_PREFIX, KEY_BYTES)
            refuse_low_order(public)
        except ValueError as error:
            raise BadRequest("not an age recipient") from error
        return cls(public)

    def encode(self) -> str:
        return bech32.encode(_RECIPIENT_PREFIX, self.public)

    @property
    def fingerprint(self) -> str:
        """For people to compare: 16 hex digits of the SHA-256 of the encoded recipient, as `xxxx-xxxx-xxxx-xxxx`."""
        digits = hashlib.sha256(self.encode().encode()).hexdigest()[:16]
        return "-".join(digits[place : place + 4] for place in range(0, 16, 4))

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza that only the holder of this recipient's identity can unwrap, and that does not show whose it is."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _wrapping_key(ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public)), share, self)
        return Stanza((KIND, encode_base64(share).decode("ascii")), ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None))


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
        try:
            return cls(X25519PrivateKey.from_private_bytes(bech32.decode_key(text, _IDENTITY_PREFIX, KEY_BYTES)))
        except bech32.Bech32Error as error:
            raise BadRequest("not an age identity") from error

    def encode(self) -> str:
        return bech32.encode(_IDENTITY_PREFIX, self._key.private_bytes_raw())

    @property
    def recipient(self) -> Recipient:
        return Recipient(self._key.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another kind or for somebody else. Raises SealBroken if malformed."""
        if stanza.kind != KIND:
            return None
        if len(stanza.arguments) != 2:
            raise SealBroken
        share = decode_base64(stanza.arguments[1].encode("ascii"), length=KEY_BYTES)
        if len(stanza.body) != _WRAPPED_BYTES:
            raise SealBroken  # checked before decrypting: else a longer key could be made to open for several identities
        try:
            secret = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError as error:  # the share is a point of low order
            raise SealBroken from error
        try:
            return ChaCha20Poly1305(_wrapping_key(secret, share, self.recipient)).decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None


def refuse_low_order(public: bytes) -> None:
    """Raises ValueError for a point with which every shared secret is zero: then anybody knows it. Source: RFC 7748, 6.1."""
    X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))


def _wrapping_key(secret: bytes, share: bytes, recipient: Recipient) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=share + recipient.public, info=_INFO).derive(secret)
