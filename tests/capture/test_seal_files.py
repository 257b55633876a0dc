"""Whole files, sealed and copied out by several threads: what any age tool opens, and nothing that was not authenticated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyrage
import pytest
from sealed_files import CHUNK, SEALED_CHUNK, SealedFile, plaintext
from sealed_files import seal_file as seal_small_file

from capture.errors import SealBroken, Truncated
from capture.seal.files import BLOCK_BYTES, copy_out, seal_file
from capture.seal.header import Stanza
from capture.seal.keys import Identity
from capture.seal.stream import SealedReader

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 5 * CHUNK + 77)


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    fd = os.open(path, flags, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def copied(sealed: SealedFile, target: Path) -> list[tuple[int, int]]:
    """Copy all of it into `target`; what was told of the progress."""
    told: list[tuple[int, int]] = []
    with opened(sealed.path, os.O_RDONLY) as source, opened(target, os.O_WRONLY | os.O_CREAT) as out:
        open_reader = partial(SealedReader, source, sealed.file_key, sealed.payload_offset)
        assert copy_out(open_reader, out, lambda written, size: told.append((written, size))) == len(sealed.plain)
    return told


@pytest.mark.parametrize("size", SIZES)
def test_sealed_file_opens_in_another_tool_for_each_recipient(tmp_path: Path, size: int) -> None:
    identities = [Identity.generate(), Identity.generate()]
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(plaintext(size))
    with opened(plain, os.O_RDONLY) as source, opened(sealed, os.O_WRONLY | os.O_CREAT) as target:
        seal_file(source, target, [identity.recipient for identity in identities])
    for identity in identities:
        assert pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(identity.encode())]) == plain.read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_copy_holds_every_byte_and_progress_is_told_to_the_end(tmp_path: Path, size: int) -> None:
    sealed = seal_small_file(tmp_path / "sealed", plaintext(size))
    told = copied(sealed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == sealed.plain
    assert [written for written, _ in told] == sorted(written for written, _ in told)
    assert not size or told[-1] == (size, size)


def test_two_sealings_of_one_file_share_neither_key_nor_nonce(tmp_path: Path) -> None:
    plain, recipients = tmp_path / "plain", [Identity.generate().recipient]
    plain.write_bytes(bytes(3 * CHUNK))
    for name in ("one", "two"):
        with opened(plain, os.O_RDONLY) as source, opened(tmp_path / name, os.O_WRONLY | os.O_CREAT) as target:
            seal_file(source, target, recipients)
    one, two = ((tmp_path / name).read_bytes()[-SEALED_CHUNK:] for name in ("one", "two"))
    assert sum(a == b for a, b in zip(one, two, strict=True)) < len(one) // 64


@pytest.mark.parametrize("chunk", [0, 17, 40])
def test_damaged_chunk_fails_the_copy_and_is_not_in_it(tmp_path: Path, chunk: int) -> None:
    sealed = seal_small_file(tmp_path / "sealed", plaintext(3 * BLOCK_BYTES))
    with opened(sealed.path, os.O_RDWR) as fd:
        os.pwrite(fd, bytes(16), sealed.first_chunk + (chunk + 1) * SEALED_CHUNK - 16)
    with pytest.raises(SealBroken):
        copied(sealed, tmp_path / "copy")
    found = (tmp_path / "copy").read_bytes()[chunk * CHUNK : (chunk + 1) * CHUNK]
    assert found == bytes(len(found))


def test_file_without_its_end_is_not_copied_at_all(tmp_path: Path) -> None:
    sealed = seal_small_file(tmp_path / "sealed", plaintext(3 * BLOCK_BYTES))
    os.truncate(sealed.path, sealed.first_chunk + 20 * SEALED_CHUNK)
    with pytest.raises(Truncated):
        copied(sealed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b""


def test_disk_that_is_full_is_told_when_sealing_and_when_copying(tmp_path: Path) -> None:
    sealed = seal_small_file(tmp_path / "sealed", plaintext(2 * BLOCK_BYTES))
    with pytest.raises(OSError, match="No space left"):
        copied(sealed, Path("/dev/full"))
    with (
        opened(sealed.path, os.O_RDONLY) as source,
        opened(Path("/dev/full"), os.O_WRONLY) as full,
        pytest.raises(OSError, match="No space left"),
    ):
        seal_file(source, full, [sealed.identity.recipient])


def test_what_is_no_regular_file_is_not_sealed(tmp_path: Path) -> None:
    source, other = os.pipe()
    try:
        with opened(tmp_path / "sealed", os.O_WRONLY | os.O_CREAT) as target, pytest.raises(OSError, match="regular"):
            seal_file(source, target, [Identity.generate().recipient])
    finally:
        os.close(source)
        os.close(other)


@dataclass(frozen=True, slots=True)
class Meddling:
    """A recipient during whose turn, when the source's length is already known, somebody changes it to `length`."""

    source: Path
    length: int

    def wrap(self, file_key: bytes) -> Stanza:
        os.truncate(self.source, self.length)
        return Identity.generate().recipient.wrap(file_key)


@pytest.mark.parametrize(("length", "said"), [(CHUNK + 1, "longer"), (CHUNK - 1, "shorter"), (0, "shorter")])
def test_file_that_changes_its_length_meanwhile_is_not_sealed(tmp_path: Path, length: int, said: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(plaintext(CHUNK))
    with (
        opened(source, os.O_RDONLY) as fd,
        opened(tmp_path / "sealed", os.O_WRONLY | os.O_CREAT) as target,
        pytest.raises(OSError, match=said),
    ):
        seal_file(fd, target, [Meddling(source, length)])
