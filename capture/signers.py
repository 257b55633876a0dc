"""The signed line that tells by which key a practitioner's statements are checked. Holds public halves alone; keeps nothing.

A line as `capture/signed_line.py` has it, under the name `signer` and in the context `statement-signer`: whoever trusts the box's
key needs no other to check what a practitioner signed.
"""

from __future__ import annotations

from capture.device_key import DeviceKey
from capture.model import Signer
from capture.signed_line import SignedLine

CONTEXT = "statement-signer"

_LINE = SignedLine("signer", CONTEXT, Signer)


def sign_signer(signer: Signer, device_key: DeviceKey) -> bytes:
    """The whole line's bytes, signed."""
    return _LINE.sign(signer, device_key)


def read_signer(data: bytes, public_hex: str) -> Signer:
    """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
    return _LINE.read(data, public_hex)
