"""The device key signs in a context, keeps to itself, and a signature that does not hold is an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_box import flip
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken, BoxUnusable
from device.disk import SystemDisk


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> DeviceKey:
    return DeviceKey.create(tmp_path_factory.mktemp("key") / "device.key", SystemDisk())


def test_signature_holds_over_the_documented_bytes(key: DeviceKey) -> None:
    signature = key.sign("audit-line", b"what is signed")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    public.verify(signature, b"vigcam device signature v1\x00audit-line\x00what is signed")


def test_signature_of_one_context_is_refused_in_another(key: DeviceKey) -> None:
    signature = key.sign("audit-line", b"data")
    verify(key.public_hex, "audit-line", b"data", signature)
    with pytest.raises(AuditBroken):
        verify(key.public_hex, "manifest", b"data", signature)


@given(data=st.binary(max_size=200), at=st.integers(0, 511))
def test_any_bit_of_a_signature_matters(key: DeviceKey, data: bytes, at: int) -> None:
    signature = key.sign("manifest", data)
    with pytest.raises(AuditBroken):
        verify(key.public_hex, "manifest", data, flip(signature, at // 8, at % 8))


def test_another_boxs_signature_is_refused(key: DeviceKey, tmp_path: Path) -> None:
    other = DeviceKey.create(tmp_path / "other.key", SystemDisk())
    with pytest.raises(AuditBroken):
        verify(key.public_hex, "manifest", b"data", other.sign("manifest", b"data"))


@pytest.mark.parametrize("public_hex", ["", "00", "A" * 64, "0" * 64 + "\n", "f" * 64])
def test_malformed_public_key_verifies_nothing(key: DeviceKey, public_hex: str) -> None:
    with pytest.raises(AuditBroken):
        verify(public_hex, "manifest", b"data", key.sign("manifest", b"data"))


@pytest.mark.parametrize("context", ["", "With Space", "a\x00b", "x" * 41])
def test_malformed_context_is_refused(key: DeviceKey, context: str) -> None:
    with pytest.raises(ValueError, match="context"):
        key.sign(context, b"data")


def test_loaded_key_is_the_one_created(tmp_path: Path) -> None:
    made = DeviceKey.create(tmp_path / "device.key", SystemDisk())
    assert DeviceKey.load(tmp_path / "device.key").public_hex == made.public_hex


def test_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    DeviceKey.create(tmp_path / "device.key", SystemDisk())
    assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600


def test_key_is_never_overwritten(tmp_path: Path) -> None:
    DeviceKey.create(tmp_path / "device.key", SystemDisk())
    before = (tmp_path / "device.key").read_bytes()
    with pytest.raises(FileExistsError):
        DeviceKey.create(tmp_path / "device.key", SystemDisk())
    assert (tmp_path / "device.key").read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_missing_or_damaged_key_makes_the_box_unusable(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "device.key").write_bytes(content)
    with pytest.raises(BoxUnusable):
        DeviceKey.load(tmp_path / "device.key")
