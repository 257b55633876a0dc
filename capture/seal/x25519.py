"""The X25519 stanza: wraps a file key to a recipient and unwraps it with an identity. Reads no file and keeps no key.

Source: C2SP age.md, "The X25519 recipient type".
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from capture.errors import SealBroken
from capture.seal.header import Stanza, decode_base64, encode_base64
from capture.seal.keys import KEY_BYTES, Identity, Recipient

KIND = "X25519"
_INFO = b"age-encryption.org/v1/X25519"
_ZERO_NONCE = bytes(12)
"""Safe because each wrapping key is used once."""
_WRAPPED_BYTES = 16 + 16


def wrap(file_key: bytes, recipient: Recipient) -> Stanza:
    """A stanza that only the holder of the recipient's identity can unwrap, and that does not show whose it is."""
    ephemeral = Identity.generate()
    share = ephemeral.recipient.public
    key = _wrapping_key(ephemeral.shared_secret(recipient.public), share, recipient)
    return Stanza((KIND, encode_base64(share).decode("ascii")), ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None))


def unwrap(stanza: Stanza, identity: Identity) -> bytes | None:
    """The file key, or None if the stanza is of another kind or for somebody else. Raises SealBroken if it is malformed."""
    if stanza.kind != KIND:
        return None
    if len(stanza.arguments) != 2:
        raise SealBroken
    share = decode_base64(stanza.arguments[1].encode("ascii"), length=KEY_BYTES)
    if len(stanza.body) != _WRAPPED_BYTES:
        raise SealBroken  # checked before decrypting: else a longer key could be made to open for several identities
    try:
        secret = identity.shared_secret(share)
    except ValueError as error:  # the share is a point of low order
        raise SealBroken from error
    try:
        return ChaCha20Poly1305(_wrapping_key(secret, share, identity.recipient)).decrypt(_ZERO_NONCE, stanza.body, None)
    except InvalidTag:
        return None


def _wrapping_key(secret: bytes, share: bytes, recipient: Recipient) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=share + recipient.public, info=_INFO).derive(secret)
