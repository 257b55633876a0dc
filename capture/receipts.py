"""The signed receipt of an erasure: what the box vouches for once films are gone. Holds ids, sizes and times; erases nothing.

A receipt is one line of JSON in one spelling, ended by a newline:

    {"receipt":{…},"signature":"…128 hex…"}

The signature is the box's Ed25519 (`capture/device_key.py`) in the context `erasure-receipt` over the exact bytes of the inner
object as they stand, from its `{` to its `}`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken
from capture.model import ErasureReceipt

CONTEXT = "erasure-receipt"


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    receipt: msgspec.Raw
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


_OUTER = msgspec.json.Decoder(_Signed)
_INNER = msgspec.json.Decoder(ErasureReceipt)


def sign_receipt(receipt: ErasureReceipt, device_key: DeviceKey) -> bytes:
    """The whole line's bytes, signed."""
    inner = msgspec.json.encode(receipt)
    return _spell(inner, device_key.sign(CONTEXT, inner).hex())


def read_receipt(data: bytes, public_hex: str) -> ErasureReceipt:
    """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
    try:
        signed = _OUTER.decode(data)
        inner = bytes(signed.receipt)
        if _spell(inner, signed.signature) != data:
            raise AuditBroken("receipt not in the one allowed spelling")
        verify(public_hex, CONTEXT, inner, bytes.fromhex(signed.signature))
        return _INNER.decode(inner)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise AuditBroken("receipt malformed") from error


def _spell(inner: bytes, signature: str) -> bytes:
    return b'{"receipt":' + inner + b',"signature":"' + signature.encode("ascii") + b'"}\n'
