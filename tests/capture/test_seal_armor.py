"""Armor: a file has one text, a text is one file or none, and neither is ever held at once."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_files import plaintext

from capture.errors import SealBroken
from capture.seal.armor import MARGIN_LIMIT, ArmorWriter, is_armored, read_armor
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from capture.seal.stream import ChunkSealer, make_header, new_file_key

BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
END = b"-----END AGE ENCRYPTED FILE-----\n"
ROW = b"A" * 64 + b"\n"


def armored(*pieces: bytes) -> bytes:
    lines: list[bytes] = []
    writer = ArmorWriter(lines.append)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    return b"".join(lines)


def dearmored(text: bytes) -> bytes:
    return b"".join(read_armor(io.BytesIO(text)))


def by_the_book(data: bytes) -> bytes:
    """What RFC 7468 makes of it, at once."""
    text = base64.b64encode(data)
    return BEGIN + b"".join(text[place : place + 64] + b"\n" for place in range(0, len(text), 64)) + END


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_text_is_the_same_however_the_bytes_come(pieces: list[bytes]) -> None:
    assert armored(*pieces) == by_the_book(b"".join(pieces))


@given(st.binary(max_size=300), st.sampled_from([b"\n", b"\r\n"]), st.text(" \t\r\n"), st.text(" \t\r\n"))
def test_text_gives_back_the_bytes_with_either_line_ending_and_white_space_around(
    data: bytes, ending: bytes, before: str, after: str
) -> None:
    text = by_the_book(data).replace(b"\n", ending)
    assert dearmored(before.encode() + text + after.encode()) == data


@pytest.mark.parametrize("size", [0, 47, 48, 49, 65_535, 65_536, 200_000, 1_000_000])
def test_long_text_comes_in_small_pieces(size: int) -> None:
    data = bytes(itertools.islice(itertools.cycle(range(251)), size))
    pieces = list(read_armor(io.BytesIO(by_the_book(data))))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 65_536


def test_file_can_be_armored_while_it_is_sealed() -> None:
    identity, file_key, lines = Identity.generate(), new_file_key(), list[bytes]()
    armor = ArmorWriter(lines.append)
    armor.write(make_header(file_key, [identity.recipient]))
    sealer = ChunkSealer(file_key, armor.write)  # whose buffer is another's a moment later
    for _ in range(20):
        sealer.write(plaintext(20_000))
    sealer.finish()
    armor.finish()
    assert unseal_bytes(dearmored(b"".join(lines)), identity) == plaintext(20_000) * 20


@given(st.binary(max_size=400))
def test_any_other_text_is_broken_and_never_a_defect(text: bytes) -> None:
    for foreign in (text, BEGIN + text, BEGIN + ROW + text + END):
        with contextlib.suppress(SealBroken):
            assert armored(dearmored(foreign)).strip() == foreign.replace(b"\r\n", b"\n").strip()


@pytest.mark.parametrize("size", [0, 1, 2, 47, 48, 50])
def test_no_byte_of_the_text_can_be_changed_unseen(size: int) -> None:
    data = bytes(range(size))
    text = by_the_book(data)
    for place, other in itertools.product(range(len(text) - 1), b"\x00\t\n\r -=+/AQgw0Zz~\xff"):
        if text[place] == other:
            continue
        changed = text[:place] + bytes([other]) + text[place + 1 :]
        with contextlib.suppress(SealBroken):
            assert dearmored(changed) != data, (place, other)


@pytest.mark.parametrize("size", [0, 1, 48, 50])
def test_text_cut_anywhere_is_broken(size: int) -> None:
    text = by_the_book(bytes(size))
    for length in range(len(text) - 1):  # the last line needs no line feed
        with pytest.raises(SealBroken):
            dearmored(text[:length])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BEGIN + ROW + b"AAAA\r\n" + END, id="two line endings"),
        pytest.param(BEGIN + ROW + ROW[:-1] + b"\r" + END, id="carriage return alone"),
        pytest.param(BEGIN + b"AAAA\n" + ROW + END, id="short line first"),
        pytest.param(BEGIN + b"AAAA\nAAAA\n" + END, id="two short lines"),
        pytest.param(BEGIN + b"A" * 68 + b"\n" + END, id="long line"),
        pytest.param(BEGIN + b"A" * 66 + b"==\n" + END, id="long padded line"),
        pytest.param(BEGIN + b"A" * 62 + b"==\n" + ROW + END, id="padding within"),
        pytest.param(BEGIN + b"====\n" + END, id="padding alone"),
        pytest.param(BEGIN + b"A===\n" + END, id="three of padding"),
        pytest.param(BEGIN + b"AB==\n" + END, id="not canonical"),
        pytest.param(BEGIN + b"A" * 61 + b"B==\n" + END, id="full line not canonical"),
        pytest.param(BEGIN + b"AAA\n" + END, id="no padding"),
        pytest.param(BEGIN + ROW.replace(b"AAAA", b"****", 1) + END, id="four foreign characters"),
        pytest.param(BEGIN + ROW.replace(b"AAAA", b"    ", 1) + END, id="four spaces"),
        pytest.param(BEGIN + b"AA_-\n" + END, id="alphabet of addresses"),
        pytest.param(BEGIN + ROW + b"\n" + END, id="empty line at the end"),
        pytest.param(BEGIN + b"\n" + ROW + END, id="empty line at the start"),
        pytest.param(BEGIN + ROW.replace(b"A\n", b"A \n") + END, id="space at a line's end"),
        pytest.param(BEGIN + ROW, id="no end"),
        pytest.param(BEGIN + ROW + END + END, id="two ends"),
        pytest.param(BEGIN + BEGIN + ROW + END, id="two beginnings"),
        pytest.param(BEGIN + ROW + END + BEGIN + ROW + END, id="two files"),
        pytest.param(BEGIN + ROW + END + b"rest", id="something after"),
        pytest.param(b"rest\n" + BEGIN + ROW + END, id="something before"),
        pytest.param(BEGIN.lower() + ROW + END.lower(), id="lower case"),
        pytest.param(BEGIN + b"Comment: none\n\n" + ROW + END, id="headers"),
        pytest.param(b"\xef\xbb\xbf" + BEGIN + ROW + END, id="byte order mark"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_text_written_in_any_other_way_is_broken(text: bytes) -> None:
    with pytest.raises(SealBroken):
        dearmored(text)


def test_white_space_around_has_its_measure() -> None:
    text = BEGIN + ROW + END
    for good in (b" " * MARGIN_LIMIT + text, text[:-1] + b"\n" * MARGIN_LIMIT):
        assert dearmored(good) == bytes(48)
    for bad in (b" " * MARGIN_LIMIT + b"\n" + text, text + b"\n" * MARGIN_LIMIT, text + b"\n" * 1_000_000):
        with pytest.raises(SealBroken):
            dearmored(bad)


@pytest.mark.parametrize("filler", [b"A", b" ", b"\n", b"="])
def test_endless_text_is_refused_before_it_is_read(filler: bytes) -> None:
    text = io.BytesIO(BEGIN + ROW + filler * 5_000_000)
    with pytest.raises(SealBroken):
        list(read_armor(text))
    assert text.tell() < 300_000


@pytest.mark.parametrize("before", [b"", b"\n\n", b"\r\n \t"])
def test_armor_is_known_by_its_first_line(before: bytes) -> None:
    assert is_armored(before + BEGIN)
    assert not is_armored(before + b"age-encryption.org/v1\n")
    assert not is_armored(before + b"-----BEGIN CERTIFICATE-----\n")
