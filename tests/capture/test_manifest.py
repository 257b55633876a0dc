"""A manifest is what the box signed, to the last bit, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audit_box import AuditBox, flip
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.manifest import read_manifest, sign_manifest
from capture.model import Manifest
from device.disk import SystemDisk


@pytest.fixture
def made(tmp_path: Path) -> tuple[Manifest, DeviceKey]:
    box = AuditBox(tmp_path / "box")
    manifest = box.manifest(box.film(), "a" * 64, "b" * 64, 12_345)
    box.log.close()
    return manifest, box.key


def test_manifest_reads_back_as_signed(made: tuple[Manifest, DeviceKey]) -> None:
    manifest, key = made
    assert read_manifest(sign_manifest(manifest, key), key.public_hex) == manifest


def test_signature_covers_the_inner_objects_exact_bytes(made: tuple[Manifest, DeviceKey]) -> None:
    manifest, key = made
    data = sign_manifest(manifest, key)
    inner = data[len(b'{"manifest":') : data.index(b',"signature":')]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    public.verify(bytes.fromhex(json.loads(data)["signature"]), b"vigcam device signature v1\x00manifest\x00" + inner)


@pytest.mark.promise("P10")
def test_any_flipped_bit_is_refused(made: tuple[Manifest, DeviceKey]) -> None:
    manifest, key = made
    data = sign_manifest(manifest, key)
    for at in range(len(data)):
        with pytest.raises(AuditBroken):
            read_manifest(flip(data, at, at % 8), key.public_hex)


def test_manifest_cut_anywhere_is_refused(made: tuple[Manifest, DeviceKey]) -> None:
    manifest, key = made
    data = sign_manifest(manifest, key)
    for cut in range(len(data)):
        with pytest.raises(AuditBroken):
            read_manifest(data[:cut], key.public_hex)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b'{"manifest":1,"signature":"' + b"0" * 128 + b'"}\n']
)
def test_something_else_is_refused(made: tuple[Manifest, DeviceKey], data: bytes) -> None:
    with pytest.raises(AuditBroken):
        read_manifest(data, made[1].public_hex)


def test_signed_object_that_is_no_manifest_is_refused(made: tuple[Manifest, DeviceKey]) -> None:
    key = made[1]
    inner = b'{"box_id":"box-aaaaaa"}'
    data = b'{"manifest":' + inner + b',"signature":"' + key.sign("manifest", inner).hex().encode() + b'"}\n'
    with pytest.raises(AuditBroken):
        read_manifest(data, key.public_hex)


def test_another_boxs_manifest_is_refused(made: tuple[Manifest, DeviceKey], tmp_path: Path) -> None:
    manifest, key = made
    other = DeviceKey.create(tmp_path / "other.key", SystemDisk())
    with pytest.raises(AuditBroken):
        read_manifest(sign_manifest(manifest, other), key.public_hex)
