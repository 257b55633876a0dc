"""The scrypt stanza: wraps a file key by a passphrase. Chooses no passphrase, stores none, and stands alone in its header.

Source: C2SP age.md, "The scrypt recipient type"; RFC 7914.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from capture.errors import SealBroken
from capture.seal.header import LONE_KIND, Stanza, decode_base64, encode_base64

KIND = LONE_KIND
DEFAULT_WORK_FACTOR = 16
"""log2 of N: 64 MiB and about half a second on a Zero 2 W, which has 512 MB."""
MAX_WORK_FACTOR = 18
"""What a reader accepts unless told otherwise (256 MiB): a file made by others must not be able to exhaust the box."""

_LABEL = b"age-encryption.org/v1/scrypt"
_SALT_BYTES = 16
_WRAPPED_BYTES = 16 + 16
_ZERO_NONCE = bytes(12)
"""Safe because each wrapping key is used once."""
_WORK_FACTOR = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A passphrase to seal by (UTF-8). Wrapping takes 2 ** `work_factor` KiB of memory: 1 to 18, which every reader accepts."""

    passphrase: str = field(repr=False)
    work_factor: int = DEFAULT_WORK_FACTOR

    def __post_init__(self) -> None:
        if not 1 <= self.work_factor <= MAX_WORK_FACTOR:
            raise ValueError(f"a work factor of {self.work_factor}")

    def wrap(self, file_key: bytes) -> Stanza:
        """The one stanza of a file that opens by this passphrase."""
        salt = secrets.token_bytes(_SALT_BYTES)
        key = _wrapping_key(self.passphrase, salt, self.work_factor)
        body = ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None)
        return Stanza((KIND, encode_base64(salt).decode("ascii"), str(self.work_factor)), body)


@dataclass(frozen=True, slots=True)
class Identity:
    """A passphrase that opens. A file that asks for more work than `max_work_factor` is refused before any is done."""

    passphrase: str = field(repr=False)
    max_work_factor: int = MAX_WORK_FACTOR

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another kind or the passphrase is wrong.

        Raises SealBroken if it is malformed or asks for too much work.
        """
        if stanza.kind != KIND:
            return None
        if len(stanza.arguments) != 3 or not _WORK_FACTOR.fullmatch(stanza.arguments[2]):
            raise SealBroken
        salt = decode_base64(stanza.arguments[1].encode("ascii"), length=_SALT_BYTES)
        digits = stanza.arguments[2]
        if len(digits) > 2 or int(digits) > self.max_work_factor or len(stanza.body) != _WRAPPED_BYTES:
            raise SealBroken
        key = _wrapping_key(self.passphrase, salt, int(digits))
        try:
            return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None


def _wrapping_key(passphrase: str, salt: bytes, work_factor: int) -> bytes:
    return Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(passphrase.encode())
