"""Odd files, by the hundred: all readers here say the same of each, and none takes what another implementation refuses.

Where the other implementation is more lenient, a rule of the standard is named that it lets pass.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyrage
import pytest
from odd_age_files import IDENTITY, odd_armors, odd_headers, odd_payloads, rule_that_others_let_pass
from sealed_files import CHUNK

from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.seal.armor import read_armor
from capture.seal.files import copy_out as copy_whole
from capture.seal.small import unseal_bytes
from capture.seal.stream import SalvageReader, SealedReader, open_header
from capture.unsealing import Form, copy_out, sealed_file

THEIRS = pyrage.x25519.Identity.from_str(IDENTITY.encode())
REFUSALS = (SealBroken, Truncated, NotARecipient)


def pyrage_opens(file: bytes) -> bytes | None:
    try:
        return pyrage.decrypt(file, [THEIRS])
    except pyrage.DecryptError:
        return None


def opened_at_once(file: bytes) -> bytes | None:
    try:
        return unseal_bytes(file, IDENTITY)
    except REFUSALS:
        return None


@pytest.mark.parametrize("seed", range(3))
def test_odd_header_is_read_as_others_read_it_or_breaks_a_rule_of_the_standard(seed: int) -> None:
    opened = 0
    for file in odd_headers(seed, 400):
        here, there = opened_at_once(file), pyrage_opens(file)
        opened += here is not None
        assert here == there or (here is None and rule_that_others_let_pass(file)), file
    assert opened > 10  # else nothing was tried but refusing


def read_in_pieces(fd: int, file_key: bytes, offset: int) -> bytes:
    film, out = SealedReader(fd, file_key, offset), b""
    while piece := film.read_at(len(out), CHUNK + 1):
        out += piece
    return out


def read_by_its_size(fd: int, file_key: bytes, offset: int) -> bytes:
    film = SealedReader(fd, file_key, offset)
    return film.read_at(0, film.size)


def copied_by_threads(fd: int, file_key: bytes, offset: int) -> bytes:
    target = os.memfd_create("copy")
    try:
        size = copy_whole(partial(SealedReader, fd, file_key, offset), target, lambda *_: None)
        return os.pread(target, size + 1, 0)
    finally:
        os.close(target)


def salvaged(fd: int, file_key: bytes, offset: int) -> bytes:
    film = SalvageReader(fd, file_key, offset)
    return film.read_at(0, film.size)


def opened_from(path: Path, read: Callable[[int, bytes, int], bytes]) -> bytes | None:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read(fd, *open_header(os.pread(fd, 1000, 0), IDENTITY))
    except REFUSALS:
        return None
    finally:
        os.close(fd)


def opened_by_command(path: Path) -> bytes | None:
    """As `vigcam unseal --raw` does; what it calls torn counts as refused."""
    try:
        with sealed_file(path) as file, path.with_suffix(".out").open("wb", buffering=0) as out:
            is_whole = copy_out(file.open_with([IDENTITY]), Form.RAW, out, lambda *_: None).is_whole
    except (*REFUSALS, BadRequest):
        return None
    return path.with_suffix(".out").read_bytes() if is_whole else None


@pytest.mark.parametrize("seed", range(2))
def test_odd_payload_is_read_alike_by_all_readers_and_by_others(seed: int, tmp_path: Path) -> None:
    path, opened = tmp_path / "film.age", 0
    for file in odd_payloads(seed, 150):
        path.write_bytes(file)
        there = pyrage_opens(file)
        here = [opened_from(path, read) for read in (read_in_pieces, read_by_its_size, copied_by_threads)]
        assert [*here, opened_at_once(file), opened_by_command(path)] == [there] * 5
        assert there is None or opened_from(path, salvaged) == there
        opened += there is not None
    assert opened > 10


def test_odd_armor_is_never_taken_where_others_refuse_it() -> None:
    opened = 0
    for text in odd_armors(1, 300):
        try:
            here = opened_at_once(b"".join(read_armor(io.BytesIO(text))))
        except SealBroken:
            here = None
        assert here is None or here == pyrage_opens(text.strip()), text  # white space around is borne by the standard
        opened += here is not None
    assert opened > 10
