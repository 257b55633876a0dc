"""The signed manifest of a sealed recording (`vault/<id>.json`): what the box vouches for. Never opens the recording.

The file is one line as `capture/signed_line.py` has it, under the name `manifest` and in the context `manifest`.
"""

from __future__ import annotations

from capture.device_key import DeviceKey
from capture.model import Manifest
from capture.signed_line import SignedLine

CONTEXT = "manifest"

_LINE = SignedLine("manifest", CONTEXT, Manifest)


def sign_manifest(manifest: Manifest, device_key: DeviceKey) -> bytes:
    """The whole file's bytes, signed."""
    return _LINE.sign(manifest, device_key)


def read_manifest(data: bytes, public_hex: str) -> Manifest:
    """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
    return _LINE.read(data, public_hex)
