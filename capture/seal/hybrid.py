"""Post-quantum keys and their stanza: ML-KEM-768 and X25519 at once, by HPKE. Never on a disk, never in a repr.

Whoever records a file today and breaks X25519 some day still cannot open it, which holds only while no X25519 stanza stands
beside this one. No setting of a box takes these keys yet.

Source: C2SP age.md, "The MLKEM768-X25519 hybrid post-quantum recipient type"; RFC 9180, 6.1; draft-ietf-hpke-pq-03.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

from capture.errors import BadRequest, SealBroken
from capture.seal import bech32
from capture.seal.header import Stanza, decode_base64, encode_base64
from capture.seal.x25519 import refuse_low_order

KIND = "mlkem768x25519"
IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"
_RECIPIENT_PREFIX = "age1pq"
_INFO = b"age-encryption.org/mlkem768x25519"
_SEED_BYTES = 32
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184
_MLKEM_SHARE_BYTES = 1088
_SHARE_BYTES = _MLKEM_SHARE_BYTES + 32
"""HPKE's `enc`: the ML-KEM ciphertext, then the ephemeral X25519 point."""
_WRAPPED_BYTES = 16 + 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """The public half, to which anybody may seal. `public` is the ML-KEM-768 key, then the X25519 one: 1,216 bytes."""

    public: bytes

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """Read `age1pq1…`. Raises BadRequest for anything else, and for keys to which nothing can be sealed."""
        try:
            found = cls(bech32.decode_key(text, _RECIPIENT_PREFIX, _MLKEM_PUBLIC_BYTES + 32))
            found._hpke()  # ML-KEM's own check of the key. Source: FIPS 203, 7.2
            refuse_low_order(found.public[_MLKEM_PUBLIC_BYTES:])
        except ValueError as error:
            raise BadRequest("not a post-quantum age recipient") from error
        return found

    def encode(self) -> str:
        return bech32.encode(_RECIPIENT_PREFIX, self.public)

    def wrap(self, file_key: bytes) -> Stanza:
        """A stanza that only the holder of this recipient's identity can unwrap, and that does not show whose it is."""
        sealed = _suite().encrypt(file_key, self._hpke(), _INFO)
        share, body = sealed[:_SHARE_BYTES], sealed[_SHARE_BYTES:]
        return Stanza((KIND, encode_base64(share).decode("ascii")), body)

    def _hpke(self) -> MLKEM768X25519PublicKey:
        mlkem = MLKEM768PublicKey.from_public_bytes(self.public[:_MLKEM_PUBLIC_BYTES])
        return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(self.public[_MLKEM_PUBLIC_BYTES:]))


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """The secret half, which opens: a seed of 32 bytes. Lives in RAM; `encode` is the only way out."""

    _seed: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Identity:
        return cls(secrets.token_bytes(_SEED_BYTES))

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Read `AGE-SECRET-KEY-PQ-1…`. Raises BadRequest, which never repeats the text."""
        try:
            return cls(bech32.decode_key(text, IDENTITY_PREFIX, _SEED_BYTES))
        except bech32.Bech32Error as error:
            raise BadRequest("not an age identity") from error

    def encode(self) -> str:
        return bech32.encode(IDENTITY_PREFIX, self._seed)

    @property
    def recipient(self) -> Recipient:
        mlkem, x25519 = self._halves()
        return Recipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another kind or for somebody else. Raises SealBroken if malformed."""
        if stanza.kind != KIND:
            return None
        if len(stanza.arguments) != 2:
            raise SealBroken
        share = decode_base64(stanza.arguments[1].encode("ascii"), length=_SHARE_BYTES)
        if len(stanza.body) != _WRAPPED_BYTES:
            raise SealBroken  # checked before decrypting, as for X25519
        try:
            # HPKE mixes an all-zero X25519 secret in without a word, and would merely find no match.
            refuse_low_order(share[_MLKEM_SHARE_BYTES:])
        except ValueError as error:
            raise SealBroken from error
        try:
            return _suite().decrypt(share + stanza.body, MLKEM768X25519PrivateKey(*self._halves()), _INFO)
        except InvalidTag:
            return None

    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        """Both secret keys that the seed stands for. Source: draft-ietf-hpke-pq-03, MLKEM768-X25519 (expandDecapsKey)."""
        expanded = hashlib.shake_256(self._seed).digest(_MLKEM_SEED_BYTES + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        return mlkem, X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
