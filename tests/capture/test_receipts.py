"""A receipt is what the box signed, to the last bit, or nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from audit_box import flip
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fuzz.receipt import KEY, RECEIPT
from source_tree import ROOT

from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.manifest import read_manifest
from capture.model import ErasureMethod, ErasureReceipt
from capture.receipts import read_receipt, sign_receipt

SIGNED = sign_receipt(RECEIPT, KEY)
DOCUMENT = (ROOT / "docs" / "retention.md").read_text("utf-8")
HONEST = "calls this cryptographic erasure"


def test_a_receipt_reads_back_as_signed() -> None:
    assert read_receipt(SIGNED, KEY.public_hex) == RECEIPT


def test_signature_covers_the_inner_objects_exact_bytes_in_a_context_of_its_own() -> None:
    inner = SIGNED[len(b'{"receipt":') : SIGNED.index(b',"signature":')]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEY.public_hex))
    public.verify(bytes.fromhex(json.loads(SIGNED)["signature"]), b"vigcam device signature v1\x00erasure-receipt\x00" + inner)
    with pytest.raises(AuditBroken):
        read_manifest(SIGNED.replace(b'{"receipt":', b'{"manifest":'), KEY.public_hex)


@pytest.mark.promise("P10")
def test_any_flipped_bit_is_refused() -> None:
    for at in range(len(SIGNED)):
        with pytest.raises(AuditBroken):
            read_receipt(flip(SIGNED, at, at % 8), KEY.public_hex)


def test_a_receipt_cut_anywhere_is_refused() -> None:
    for cut in range(len(SIGNED)):
        with pytest.raises(AuditBroken):
            read_receipt(SIGNED[:cut], KEY.public_hex)


@pytest.mark.promise("P10")
def test_another_boxs_receipt_and_one_made_up_are_refused() -> None:
    other = DeviceKey(Ed25519PrivateKey.generate())
    with pytest.raises(AuditBroken):
        read_receipt(sign_receipt(RECEIPT, other), KEY.public_hex)
    fewer = msgspec.structs.replace(RECEIPT, recordings=RECEIPT.recordings[:1])
    forged = SIGNED.replace(msgspec.json.encode(RECEIPT), msgspec.json.encode(fewer))
    assert forged != SIGNED
    with pytest.raises(AuditBroken):
        read_receipt(forged, KEY.public_hex)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b'{"receipt":1,"signature":"' + b"0" * 128 + b'"}\n']
)
def test_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(AuditBroken):
        read_receipt(data, KEY.public_hex)


@pytest.mark.promise("P10")
def test_a_receipt_has_no_place_for_a_name_a_length_or_a_moment() -> None:
    texts = {name: kind for name, kind in _leaves(msgspec.inspect.type_info(ErasureReceipt)) if kind is str}
    assert set(texts) == {
        "erasure_id", "ask_id", "box_id", "case", "practitioner", "audit_head",
        "recording_id", "filmed_boot_id", "header_hash", "boot_id",
    }  # fmt: skip
    assert not [name for name, _ in _leaves(msgspec.inspect.type_info(ErasureReceipt)) if "mark" in name or "duration" in name]


def _leaves(kind: msgspec.inspect.Type) -> list[tuple[str, type]]:
    found: list[tuple[str, type]] = []
    if isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            inner = field.type.item_type if isinstance(field.type, msgspec.inspect.VarTupleType) else field.type
            found.append((field.name, str if isinstance(inner, msgspec.inspect.StrType) else object))
            found += _leaves(inner)
    return found


def test_every_field_of_a_receipt_is_explained() -> None:
    told = DOCUMENT.partition("## The receipt")[2].partition("\n## ")[0]
    assert not [
        name
        for name, _ in _leaves(msgspec.inspect.type_info(ErasureReceipt))
        if name not in {"ms", "confidence"} and f"`{name}`" not in told
    ]
    assert all(f"`{method.value}`" in told for method in ErasureMethod)


@pytest.mark.promise("P10")
def test_the_documents_own_verifier_agrees(tmp_path: Path) -> None:
    script = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert script is not None
    path = tmp_path / "erasure-receipts.jsonl"
    for data, is_good in ((SIGNED * 2, True), (SIGNED + flip(SIGNED, 30), False)):
        path.write_bytes(data)
        command = [sys.executable, "-c", script[1], str(path), KEY.public_hex]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode == 0) == is_good, done.stderr
        assert RECEIPT.recordings[1].recording_id in done.stdout


@pytest.mark.parametrize("path", [*ROOT.glob("docs/*.md"), *ROOT.glob("webui/templates/*.html")], ids=lambda path: path.name)
def test_nothing_promises_families_more_than_a_memory_card_can_hold(path: Path) -> None:
    text = path.read_text("utf-8").lower()
    assert not re.search(
        r"crypto-?(graphic(ally)? )?eras|irrecoverabl|unrecoverabl|securely erased|gone for ever", text.replace(HONEST, "")
    )
