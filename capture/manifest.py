"""The signed manifest of a sealed recording (`vault/<id>.json`): what the box vouches for. Never opens the recording.

The file is one line of JSON in one spelling, ended by a newline:

    {"manifest":{…},"signature":"…128 hex…"}

The signature is the box's Ed25519 (`capture/device_key.py`) in the context `manifest` over the exact bytes of the inner
object as they stand in the file, from its `{` to its `}`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken
from capture.model import Manifest

CONTEXT = "manifest"


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    manifest: msgspec.Raw
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


_OUTER = msgspec.json.Decoder(_Signed)
_INNER = msgspec.json.Decoder(Manifest)


def sign_manifest(manifest: Manifest, device_key: DeviceKey) -> bytes:
    """The whole file's bytes, signed."""
    inner = msgspec.json.encode(manifest)
    return _spell(inner, device_key.sign(CONTEXT, inner).hex())


def read_manifest(data: bytes, public_hex: str) -> Manifest:
    """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
    try:
        signed = _OUTER.decode(data)
        inner = bytes(signed.manifest)
        if _spell(inner, signed.signature) != data:
            raise AuditBroken("manifest not in the one allowed spelling")
        verify(public_hex, CONTEXT, inner, bytes.fromhex(signed.signature))
        return _INNER.decode(inner)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise AuditBroken("manifest malformed") from error


def _spell(inner: bytes, signature: str) -> bytes:
    return b'{"manifest":' + inner + b',"signature":"' + signature.encode("ascii") + b'"}\n'
