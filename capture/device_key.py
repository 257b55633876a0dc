"""The box's own Ed25519 key: says "this box wrote this". Seals nothing, unlocks nothing, and never leaves the box.

Every signature is bound to a context, so that no line of the log can be shown as a manifest or the other way round. The
exact bytes that are signed:

    b"vigcam device signature v1" 0x00 context 0x00 data

`context` is lower-case letters, digits and dashes, so the zero bytes mark its ends without doubt. On disk the key is PKCS #8
PEM, mode 0600, made at provisioning. It proves origin, not secrecy: whoever holds the card holds this key too, which is
why a later head of the log should be remembered somewhere else. Source: RFC 8032 (Ed25519), RFC 8410 (its PKCS #8 form).
"""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from capture.durable import write_new
from capture.errors import AuditBroken, BoxUnusable
from capture.plain_file import read_plain
from device.ports import Disk

_PREFIX = b"vigcam device signature v1\x00"
_CONTEXT = re.compile(r"[a-z0-9-]{1,40}")
_PUBLIC_HEX = re.compile(r"[0-9a-f]{64}")
_PEM_BYTES = 65_536
"""No Ed25519 key in PEM is longer."""


class DeviceKey:
    """The private half. Its text form never appears in a repr, a log or a message."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def create(cls, path: Path, disk: Disk) -> DeviceKey:
        """Make a new key and keep it at `path`, which must not exist. Durable when it returns. Raises OSError."""
        key = cls(Ed25519PrivateKey.generate())
        pem = key._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_new(disk, path, pem)
        return key

    @classmethod
    def load(cls, path: Path) -> DeviceKey:
        """Raises BoxUnusable where the file is missing, unreadable or holds something else."""
        try:
            private = serialization.load_pem_private_key(read_plain(path, _PEM_BYTES), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:  # a TypeError: it is wrapped by a passphrase
            raise BoxUnusable("device.key cannot be read") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise BoxUnusable("device.key is not an Ed25519 key")
        return cls(private)

    @property
    def public_hex(self) -> str:
        """The public half, 64 lower-case hex digits."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, context: str, data: bytes) -> bytes:
        """A signature of 64 bytes over `data` in this context. Raises ValueError for a malformed context."""
        return self._private.sign(_framed(context, data))


def verify(public_hex: str, context: str, data: bytes, signature: bytes) -> None:
    """Return only if the box with this public key signed `data` in this context. Raises AuditBroken otherwise: an answer that
    a caller could forget to look at would fail open."""
    if not _PUBLIC_HEX.fullmatch(public_hex):
        raise AuditBroken("public key malformed")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(signature, _framed(context, data))
    except (InvalidSignature, ValueError) as error:
        raise AuditBroken("signature does not hold") from error


def _framed(context: str, data: bytes) -> bytes:
    if not _CONTEXT.fullmatch(context):
        raise ValueError(f"malformed signature context {context!r}")
    return _PREFIX + context.encode("ascii") + b"\x00" + data
