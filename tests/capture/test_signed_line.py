"""A line that the box signs: one spelling of it, its own context, and nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.model import Fact
from capture.signed_line import SignedLine
from device.disk import SystemDisk


class Weight(Fact, frozen=True, kw_only=True):
    grams: int
    note: str = ""


@pytest.fixture
def key(tmp_path: Path) -> DeviceKey:
    return DeviceKey.create(tmp_path / "device.key", SystemDisk())


def test_it_is_spelt_in_one_way_and_signed_in_its_own_context_over_the_object_inside(key: DeviceKey) -> None:
    data = SignedLine("weight", "scales", Weight).sign(Weight(grams=5), key)
    inner = b'{"grams":5,"note":""}'
    assert data == b'{"weight":%s,"signature":"%s"}\n' % (inner, key.sign("scales", inner).hex().encode())


@pytest.mark.parametrize("note", ["", "two\nlines", "ä"])
def test_what_was_signed_is_read_back(key: DeviceKey, note: str) -> None:
    line, weight = SignedLine("weight", "scales", Weight), Weight(grams=5, note=note)
    assert line.read(line.sign(weight, key), key.public_hex) == weight


def test_a_line_of_another_context_or_name_is_refused(key: DeviceKey) -> None:
    line = SignedLine("weight", "scales", Weight)
    for other in (SignedLine("weight", "other", Weight), SignedLine("other", "scales", Weight)):
        with pytest.raises(AuditBroken):
            line.read(other.sign(Weight(grams=5), key), key.public_hex)


@pytest.mark.parametrize("inner", [b'{"grams":"five"}', b"{}", b'{"grams":5,"note":"\xff"}', b"{" * 100_000 + b"}"])
def test_what_is_truly_signed_and_says_something_else_is_refused(key: DeviceKey, inner: bytes) -> None:
    data = b'{"weight":%s,"signature":"%s"}\n' % (inner, key.sign("scales", inner).hex().encode())
    with pytest.raises(AuditBroken):
        SignedLine("weight", "scales", Weight).read(data, key.public_hex)


@pytest.mark.parametrize("change", [bytes.upper, lambda data: data + b" ", lambda data: data[:-1], lambda data: b" " + data])
def test_another_spelling_is_refused(key: DeviceKey, change) -> None:
    line = SignedLine("weight", "scales", Weight)
    with pytest.raises(AuditBroken):
        line.read(change(line.sign(Weight(grams=5), key)), key.public_hex)
