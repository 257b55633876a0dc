"""The signed receipt of an erasure: what the box vouches for once films are gone. Holds ids, sizes and times; erases nothing.

A line as `capture/signed_line.py` has it, under the name `receipt` and in the context `erasure-receipt`.
"""

from __future__ import annotations

from capture.device_key import DeviceKey
from capture.model import ErasureReceipt
from capture.signed_line import SignedLine

CONTEXT = "erasure-receipt"

_LINE = SignedLine("receipt", CONTEXT, ErasureReceipt)


def sign_receipt(receipt: ErasureReceipt, device_key: DeviceKey) -> bytes:
    """The whole line's bytes, signed."""
    return _LINE.sign(receipt, device_key)


def read_receipt(data: bytes, public_hex: str) -> ErasureReceipt:
    """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
    return _LINE.read(data, public_hex)
