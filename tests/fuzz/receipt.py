"""Fuzz target: receipts of erasures. Only what the box signed is read; what it signed is a receipt or one kind of refusal."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.ids import CaseCode, PractitionerId, RecordingId
from capture.model import Confidence, ErasedRecording, ErasureMethod, ErasureReceipt, WallTime
from capture.receipts import CONTEXT, read_receipt, sign_receipt

KEY = DeviceKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def _film(number: int, method: ErasureMethod) -> ErasedRecording:
    return ErasedRecording(
        recording_id=RecordingId(f"rec-{str(number) * 16}"),
        filmed=WallTime(ms=1_790_000_000_000, confidence=Confidence.BROWSER),
        filmed_boot_id="a" * 32,
        filmed_boottime_ns=123_456_789_012,
        sealed_bytes=301_234_567,
        header_hash="c" * 64,
        was_transferred=number % 2 == 0,
        method=method,
        is_sync_reported=method is ErasureMethod.HEADER_OVERWRITTEN,
        erased=WallTime(ms=1_795_000_000_000, confidence=Confidence.RTC),
        boot_id="b" * 32,
        boottime_ms=654_321,
        audit_sequence=700 + number,
    )


RECEIPT = ErasureReceipt(
    erasure_id="era-2222222222222222",
    ask_id="ask-3333333333333333",
    box_id="box-abcdef",
    case=CaseCode("VIG-7F3K"),
    practitioner=PractitionerId("prac-abcdef"),
    recordings=(_film(2, ErasureMethod.HEADER_OVERWRITTEN), _film(3, ErasureMethod.FOUND_GONE)),
    audit_sequence=710,
    audit_head="d" * 64,
)
_OURS = sign_receipt(RECEIPT, KEY)


def seeds() -> list[bytes]:
    return [_OURS, msgspec.json.encode(RECEIPT), b"{}", b"null", b'{"receipt":{},"signature":"' + b"0" * 128 + b'"}\n']


def check(data: bytes) -> None:
    """As somebody hands it over; then the same bytes as if the box had signed them."""
    try:
        assert read_receipt(data, KEY.public_hex) == RECEIPT
        assert data == _OURS, "other bytes for the same receipt"
    except AuditBroken:
        pass
    signed = b'{"receipt":' + data + b',"signature":"' + KEY.sign(CONTEXT, data).hex().encode() + b'"}\n'
    try:
        receipt = read_receipt(signed, KEY.public_hex)
    except AuditBroken:
        return
    assert read_receipt(sign_receipt(receipt, KEY), KEY.public_hex) == receipt


TARGET = Target(seeds, check, vary_bytes, most_bytes=4096)
