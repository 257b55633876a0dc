"""The age standard's own vectors: every file ends as it must, at the step where it must, with the plaintext that it must.

The steps are taken one by one, because the seal's front doors never say which of them refused a file.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from pathlib import Path

import pytest
from age_vectors import AgeVector, Outcome, age_vectors

from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.seal.armor import ArmorWriter, read_armor
from capture.seal.header import Header, parse_header, write_header
from capture.seal.keys import AnyIdentity, Identity, parse_identity
from capture.seal.scrypt import Identity as Passphrase
from capture.seal.small import unseal_bytes
from capture.seal.stream import PlainReader, SalvageReader, SealedReader
from capture.unsealing import Form, copy_out, sealed_file

CHUNK = 65_536
FRONT_DOOR = {
    Outcome.SUCCESS: "whole",
    Outcome.PAYLOAD_FAILURE: "damaged",
    Outcome.NO_MATCH: "not for us",
    Outcome.HMAC_FAILURE: "broken",
    Outcome.HEADER_FAILURE: "broken",
    Outcome.ARMOR_FAILURE: "broken",
}
"""What `vigcam unseal` makes of each: it never says which check failed."""


@pytest.fixture(params=age_vectors(), ids=lambda vector: vector.name)
def vector(request: pytest.FixtureRequest) -> AgeVector:
    return request.param


@pytest.fixture(params=[vector for vector in age_vectors() if vector.expected is Outcome.SUCCESS], ids=lambda vector: vector.name)
def vector_that_opens(request: pytest.FixtureRequest) -> AgeVector:
    return request.param


def test_all_143_vectors_are_there() -> None:
    assert len(age_vectors()) == 143
    assert Counter(vector.expected for vector in age_vectors()) == {
        Outcome.SUCCESS: 26,
        Outcome.HEADER_FAILURE: 62,
        Outcome.ARMOR_FAILURE: 22,
        Outcome.PAYLOAD_FAILURE: 19,
        Outcome.NO_MATCH: 13,
        Outcome.HMAC_FAILURE: 1,
    }


def test_cctv(vector: AgeVector, tmp_path: Path) -> None:
    outcome, released = read(vector, tmp_path)
    assert outcome is vector.expected
    assert released == vector.released_hash


def test_success_is_the_one_writing_of_its_header_and_of_its_armor(vector_that_opens: AgeVector) -> None:
    """Whoever parses and writes again what is good gets the same bytes: the vectors' own advice."""
    vector = vector_that_opens
    sealed = b"".join(read_armor(io.BytesIO(vector.file))) if vector.is_armored else vector.file
    header = parse_header(sealed)
    file_key = unwrapped(header, identities(vector))
    assert file_key is not None
    assert write_header(file_key, header.stanzas) == sealed[: header.length]
    if vector.is_armored:
        lines: list[bytes] = []
        armor = ArmorWriter(lines.append)
        armor.write(sealed)
        armor.finish()
        assert b"".join(lines).strip() == vector.file.replace(b"\r\n", b"\n").strip()


def test_unseal_command_ends_likewise(tmp_path: Path) -> None:
    wrong = {}
    for vector in age_vectors():
        path = tmp_path / vector.name
        path.write_bytes(vector.file)
        found = unsealed(path, identities(vector))
        whole_or_not = vector.expected in (Outcome.SUCCESS, Outcome.PAYLOAD_FAILURE)
        if found != (FRONT_DOOR[vector.expected], vector.released_hash if whole_or_not else None):
            wrong[vector.name] = found
    assert not wrong


def test_small_files_open_whole_or_not_at_all() -> None:
    wrong = {}
    for vector in age_vectors():
        expected = vector.released_hash if vector.expected is Outcome.SUCCESS else FRONT_DOOR[vector.expected]
        found = opened_at_once(vector)
        if found != expected.replace("damaged", "broken"):
            wrong[vector.name] = found
    assert not wrong


def opened_at_once(vector: AgeVector) -> str:
    """The SHA-256 of its plaintext, or how it ends."""
    keys = identities(vector) or [Identity.generate()]
    try:
        sealed = b"".join(read_armor(io.BytesIO(vector.file))) if vector.is_armored else vector.file
        return hashlib.sha256(unseal_bytes(sealed, keys[0])).hexdigest()
    except (SealBroken, Truncated):
        return "broken"
    except NotARecipient:
        return "not for us"


def unsealed(path: Path, keys: list[AnyIdentity]) -> tuple[str, str | None]:
    """How unsealing ends, and the SHA-256 of what it wrote."""
    plain = path.with_suffix(".plain")
    try:
        with sealed_file(path) as sealed, plain.open("wb", buffering=0) as out:
            opened = sealed.open_with(keys)
            SealedReader(opened.fd, opened.file_key, opened.offset)
            try:
                is_whole = copy_out(opened, Form.RAW, out, lambda *_: None).is_whole
            except Truncated:
                is_whole = False
    except NotARecipient:
        return "not for us", None
    except (SealBroken, Truncated, BadRequest):
        return "broken", None
    return "whole" if is_whole else "damaged", hashlib.sha256(plain.read_bytes()).hexdigest()


def read(vector: AgeVector, folder: Path) -> tuple[Outcome, str | None]:
    """How reading it ends, and the SHA-256 of what was let out, if it came so far."""
    try:
        sealed = b"".join(read_armor(io.BytesIO(vector.file))) if vector.is_armored else vector.file
    except SealBroken:
        return Outcome.ARMOR_FAILURE, None
    try:
        header = parse_header(sealed)
        file_key = unwrapped(header, identities(vector))
    except (SealBroken, Truncated):
        return Outcome.HEADER_FAILURE, None
    if file_key is None:
        return Outcome.NO_MATCH, None
    try:
        header.check_mac(file_key)
    except SealBroken:
        return Outcome.HMAC_FAILURE, None
    path = folder / "file.age"
    path.write_bytes(sealed)
    fd = os.open(path, os.O_RDONLY)
    try:
        return released(fd, file_key, header.length)
    finally:
        os.close(fd)


def identities(vector: AgeVector) -> list[AnyIdentity]:
    return [*map(parse_identity, vector.identities), *map(Passphrase, vector.passphrases)]


def unwrapped(header: Header, keys: list[AnyIdentity]) -> bytes | None:
    found = [key.unwrap(stanza) for key in keys for stanza in header.stanzas]
    return next((file_key for file_key in found if file_key is not None), None)


def released(fd: int, file_key: bytes, offset: int) -> tuple[Outcome, str | None]:
    """Only the strict reader may call a file whole. What is let out of any other is what the salvaging one reads."""
    try:
        reader = SealedReader(fd, file_key, offset)
    except Truncated:  # the nonce is read before anything else is: the vectors count it to the header
        return Outcome.HEADER_FAILURE, None
    whole, is_good = read_on(reader)
    if is_good:
        return Outcome.SUCCESS, hashlib.sha256(whole).hexdigest()
    rest, _ = read_on(SalvageReader(fd, file_key, offset))
    assert rest.startswith(whole)
    return Outcome.PAYLOAD_FAILURE, hashlib.sha256(rest).hexdigest()


def read_on(reader: PlainReader) -> tuple[bytes, bool]:
    """All that it gives from the start on, and whether it came to a verified end."""
    seen = bytearray()
    try:
        while piece := reader.read_at(len(seen), CHUNK):
            seen += piece
    except (SealBroken, Truncated):
        return bytes(seen), False
    return bytes(seen), True
