"""The scrypt stanza: wraps a file key by a passphrase. Chooses no passphrase, stores none, and stands alone in its header.

Source: C2SP age.md, "The scrypt recipient type"; RFC 7914.
"""

from __future__ import annotations

import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from capture.errors import SealBroken
from capture.seal.header import Stanza, decode_base64, encode_base64

KIND = "scrypt"
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


def wrap(file_key: bytes, passphrase: str, work_factor: int = DEFAULT_WORK_FACTOR) -> Stanza:
    """The one stanza of a file that opens by `passphrase` (UTF-8). Takes 2 ** `work_factor` KiB of memory."""
    salt = secrets.token_bytes(_SALT_BYTES)
    body = ChaCha20Poly1305(_wrapping_key(passphrase, salt, work_factor)).encrypt(_ZERO_NONCE, file_key, None)
    return Stanza((KIND, encode_base64(salt).decode("ascii"), str(work_factor)), body)


def unwrap(stanza: Stanza, passphrase: str, max_work_factor: int = MAX_WORK_FACTOR) -> bytes | None:
    """The file key, or None if the stanza is of another kind or the passphrase is wrong.

    Raises SealBroken if it is malformed or asks for more than `max_work_factor`, before any work is done.
    """
    if stanza.kind != KIND:
        return None
    if len(stanza.arguments) != 3 or not _WORK_FACTOR.fullmatch(stanza.arguments[2]):
        raise SealBroken
    salt = decode_base64(stanza.arguments[1].encode("ascii"), length=_SALT_BYTES)
    digits = stanza.arguments[2]
    if len(digits) > 2 or int(digits) > max_work_factor or len(stanza.body) != _WRAPPED_BYTES:
        raise SealBroken
    try:
        return ChaCha20Poly1305(_wrapping_key(passphrase, salt, int(digits))).decrypt(_ZERO_NONCE, stanza.body, None)
    except InvalidTag:
        return None


def _wrapping_key(passphrase: str, salt: bytes, work_factor: int) -> bytes:
    return Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(passphrase.encode())
