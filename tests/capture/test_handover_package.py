"""Packages and results are parsed strictly: whatever else comes is a named refusal, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from factory import UnsyncedDisk
from handed_over import Packer
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.device_key import DeviceKey
from capture.errors import AuditBroken, BadRequest, VigcamError
from capture.handover.package import START, key_fingerprint, read_package, sign_package
from capture.handover.result import read_result, write_result
from capture.handover.rewrapping import rewrap_package


@pytest.fixture(scope="module")
def packer(tmp_path_factory: pytest.TempPathFactory) -> Packer:
    return Packer.create(tmp_path_factory.mktemp("packer"))


@pytest.fixture(scope="module")
def signed(packer: Packer) -> bytes:
    return packer.signed()


def test_package_is_read_as_it_was_signed(packer: Packer) -> None:
    package = packer.package()
    data = packer.signed(package)
    assert read_package(data) == package
    assert data.startswith(START)
    assert data.endswith(b'"}\n')


def test_result_is_read_as_it_was_written(packer: Packer, signed: bytes) -> None:
    result = rewrap_package(signed, [packer.recovery])
    assert read_result(write_result(result)) == result


def test_package_says_itself_whose_key_signed_it(packer: Packer, tmp_path: Path) -> None:
    other = DeviceKey.create(tmp_path / "other", UnsyncedDisk())
    with pytest.raises(AuditBroken):
        read_package(sign_package(packer.package(), other))
    assert key_fingerprint(packer.key.public_hex) != key_fingerprint(other.public_hex)


@settings(max_examples=150)
@given(st.data())
def test_package_changed_anywhere_is_refused(signed: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(signed) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != signed[place]))
    with pytest.raises((BadRequest, AuditBroken)):
        read_package(signed[:place] + bytes([byte]) + signed[place + 1 :])


@pytest.mark.parametrize("spelling", [b" ", b"\n"])
def test_package_has_one_spelling(signed: bytes, spelling: bytes) -> None:
    with pytest.raises(AuditBroken):
        read_package(signed + spelling)


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_anything_else_is_no_package_and_no_result(data: bytes) -> None:
    for read in (read_package, read_result):
        with pytest.raises(BadRequest):
            read(data)


@settings(max_examples=100)
@given(st.data())
def test_result_changed_anywhere_is_refused_or_says_something_else(packer: Packer, signed: bytes, data: st.DataObject) -> None:
    written = write_result(rewrap_package(signed, [packer.recovery]))
    place = data.draw(st.integers(0, len(written) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != written[place]))
    try:
        found = read_result(written[:place] + bytes([byte]) + written[place + 1 :])
    except BadRequest:
        return
    assert found != read_result(written)


@pytest.mark.parametrize("text", ["null", "[]", '{"package":{}}', '{"format":"vigcam hand-over result 2"}', "[" * 50_000])
def test_other_json_is_none(text: str) -> None:
    for read in (read_package, read_result):
        with pytest.raises(BadRequest):
            read(text.encode())


@pytest.mark.parametrize("noted", [b"no statement", b'{"text":"no statement either"}', b'{"text":"{}"}'])
def test_statement_with_notes_that_is_none_passes_nothing_on(packer: Packer, noted: bytes) -> None:
    package = packer.package(noted=packer.seal(noted))
    with pytest.raises(VigcamError) as refused:
        rewrap_package(packer.signed(package), [packer.recovery])
    assert refused.value.__cause__ is None  # a decoder's words may quote what it read


def test_statement_without_notes_needs_no_header_for_them(packer: Packer) -> None:
    statement = msgspec.json.encode({"text": msgspec.json.encode({"content": {"case": {"notes": b""}}}).decode()})
    package = packer.package(noted=packer.seal(statement))
    assert rewrap_package(packer.signed(package), [packer.recovery]).notes == b""


@pytest.mark.parametrize("field", ["box_id", "case", "giver", "taker"])
def test_package_that_would_write_over_the_terminal_is_refused(packer: Packer, field: str) -> None:
    package = msgspec.structs.replace(packer.package(), **{field: "\x1b[2Jprac-222222"})
    with pytest.raises(BadRequest):
        read_package(packer.signed(package))


@pytest.mark.parametrize("changed", ["recordings", "left"])
def test_package_names_recordings_by_their_codes(packer: Packer, changed: str) -> None:
    package = packer.package()
    odd = "\x1b[2Jrec"
    named = {"left": (odd,), "recordings": (msgspec.structs.replace(package.recordings[0], recording_id=odd),)}
    with pytest.raises(BadRequest):
        read_package(packer.signed(msgspec.structs.replace(package, **{changed: named[changed]})))
