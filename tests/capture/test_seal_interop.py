"""Others read what the box seals, and the box reads what others seal: the Go `age` tool and the Rust one behind pyrage."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_files import BORDER_SIZES, CHUNK, plaintext
from terminal import run_on_terminal

from capture.seal.armor import ArmorWriter, read_armor
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, seal_with_passphrase, unseal_bytes, unseal_with_passphrase

AGE = "/usr/bin/age"
ARMORED_SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 777)


def armored(data: bytes) -> bytes:
    lines: list[bytes] = []
    armor = ArmorWriter(lines.append)
    armor.write(data)
    armor.finish()
    return b"".join(lines)


@given(st.one_of(st.binary(max_size=300), st.sampled_from(BORDER_SIZES).map(plaintext)))
@settings(max_examples=50)
def test_what_was_sealed_opens_again(plain: bytes) -> None:
    identity = Identity.generate()
    assert unseal_bytes(seal_bytes(plain, [identity.recipient]), identity) == plain


@pytest.mark.promise("P12")
@pytest.mark.parametrize("size", BORDER_SIZES)
def test_pyrage_opens_what_the_box_seals(size: int) -> None:
    practitioner, recovery = Identity.generate(), Identity.generate()
    sealed = seal_bytes(plaintext(size), [practitioner.recipient, recovery.recipient])
    for identity in (practitioner, recovery):
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity.encode())]) == plaintext(size)


@pytest.mark.parametrize("size", BORDER_SIZES)
def test_box_opens_what_pyrage_seals(size: int) -> None:
    identity = Identity.generate()
    sealed = pyrage.encrypt(plaintext(size), [pyrage.x25519.Recipient.from_str(identity.recipient.encode())])
    assert unseal_bytes(sealed, identity) == plaintext(size)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("size", BORDER_SIZES)
def test_age_tool_opens_what_the_box_seals(tmp_path: Path, size: int) -> None:
    identity = Identity.generate()
    key_file = tmp_path / "identity.txt"
    key_file.write_text(identity.encode() + "\n")
    sealed = seal_bytes(plaintext(size), [Identity.generate().recipient, identity.recipient])
    opened = subprocess.run([AGE, "-d", "-i", key_file], input=sealed, capture_output=True, check=True, timeout=20)
    assert opened.stdout == plaintext(size)


@pytest.mark.parametrize("size", BORDER_SIZES)
def test_box_opens_what_the_age_tool_seals(size: int) -> None:
    identity = Identity.generate()
    command = [AGE, "-r", Identity.generate().recipient.encode(), "-r", identity.recipient.encode()]
    sealed = subprocess.run(command, input=plaintext(size), capture_output=True, check=True, timeout=20).stdout
    assert unseal_bytes(sealed, identity) == plaintext(size)


@pytest.mark.parametrize("size", ARMORED_SIZES)
def test_age_tool_and_pyrage_open_what_was_armored_here(size: int) -> None:
    identity = Identity.generate()
    text = armored(seal_bytes(plaintext(size), [identity.recipient]))
    assert pyrage.decrypt(text, [pyrage.x25519.Identity.from_str(identity.encode())]) == plaintext(size)
    secret = f"{identity.encode()}\n".encode()
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        opened = subprocess.run([AGE, "-d", "-i", "-", file.name], input=secret, capture_output=True, check=True, timeout=20)
    assert opened.stdout == plaintext(size)


@pytest.mark.parametrize("size", ARMORED_SIZES)
def test_what_the_age_tool_and_pyrage_armor_opens_here(size: int) -> None:
    identity = Identity.generate()
    recipient = identity.recipient.encode()
    command = [AGE, "-a", "-r", recipient]
    by_age = subprocess.run(command, input=plaintext(size), capture_output=True, check=True, timeout=20).stdout
    by_pyrage = pyrage.encrypt(plaintext(size), [pyrage.x25519.Recipient.from_str(recipient)], armored=True)
    for text in (by_age, by_pyrage):
        assert unseal_bytes(b"".join(read_armor(io.BytesIO(text))), identity) == plaintext(size)


@pytest.mark.promise("P12")
def test_pyrage_opens_what_the_box_seals_by_passphrase() -> None:
    assert pyrage.passphrase.decrypt(seal_with_passphrase(b"keyring", "six words"), "six words") == b"keyring"


@pytest.mark.promise("P12")
def test_age_tool_opens_what_the_box_seals_by_passphrase(tmp_path: Path) -> None:
    (tmp_path / "keyring.age").write_bytes(seal_with_passphrase(b"keyring", "six words"))
    run_on_terminal([AGE, "-d", "-o", f"{tmp_path}/out", f"{tmp_path}/keyring.age"], ["six words"])
    assert (tmp_path / "out").read_bytes() == b"keyring"


def test_box_opens_what_the_age_tool_seals_by_passphrase(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"keyring")
    run_on_terminal([AGE, "-p", "-o", f"{tmp_path}/out.age", f"{tmp_path}/plain"], ["six words", "six words"])
    sealed = (tmp_path / "out.age").read_bytes()
    assert unseal_with_passphrase(sealed, "six words") == b"keyring"


def test_box_opens_what_pyrage_seals_by_passphrase() -> None:
    """Its work is timed on this machine, which may be a fast one."""
    assert unseal_with_passphrase(pyrage.passphrase.encrypt(b"keyring", "six words"), "six words", 20) == b"keyring"
