"""A film while it is sealed, in any order of writing, failing, tearing and reading: what left is never altered and is read."""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factory import UnsyncedDisk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sealed_files import CHUNK, SEALED_CHUNK

from capture.errors import Truncated
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.stream import PlainReader, SalvageReader, SealedReader, make_header, new_file_key, open_header
from capture.take.sealed_part import SealedPart

sizes = st.one_of(st.integers(1, 2 * CHUNK), st.sampled_from([1, CHUNK - 1, CHUNK, CHUNK + 1]))
some_bytes_left = st.one_of(st.integers(0, 2 * SEALED_CHUNK), st.sampled_from([0, 1, SEALED_CHUNK - 1, SEALED_CHUNK]))


class FillingDisk(UnsyncedDisk):
    """A real disk with so many bytes left: what does not fit is written in part, as by the kernel."""

    bytes_left = 1 << 40

    def write(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        taken = min(len(data), self.bytes_left)
        self.bytes_left -= taken
        super().write(fd, memoryview(data)[:taken])
        if taken < len(data):
            raise OSError(28, "No space left on device")


class FilmBeingSealed(RuleBasedStateMachine):
    """The model is the plaintext that was handed over, and whether the film is over."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "film.part"
        self.disk, self.identity, self.fill = FillingDisk(), Identity.generate(), random.Random(1)
        file_key = new_file_key()
        header = make_header(file_key, [self.identity.recipient])
        fd = self.disk.create(self.path)
        self.part = SealedPart(new_recording_id(), self.path, fd, self.disk, file_key=file_key, header=header)
        self.plain = bytearray()
        self.seen = b""
        self.is_over = self.is_torn = False

    def teardown(self) -> None:
        self.part.abandon()
        self._folder.cleanup()

    def data(self, size: int) -> bytes:
        data = self.fill.randbytes(size)
        self.plain += data
        return data

    @precondition(lambda self: not self.is_over)
    @rule(size=sizes)
    def write(self, size: int) -> None:
        self.part.write(self.data(size))

    @precondition(lambda self: not self.is_over)
    @rule(size=sizes, bytes_left=some_bytes_left)
    def write_on_a_disk_that_fills(self, size: int, bytes_left: int) -> None:
        self.disk.bytes_left = bytes_left
        try:
            self.part.write(self.data(size))
        except OSError:
            self.is_over = self.is_torn = True
        self.disk.bytes_left = 1 << 40

    @precondition(lambda self: not self.is_over)
    @rule(size=sizes)
    def finish(self, size: int) -> None:
        self.part.finish(self.data(size))
        self.is_over = True

    @precondition(lambda self: not self.is_over)
    @rule(size=sizes, bytes_left=st.integers(0, 16))
    def finish_on_a_disk_that_is_full(self, size: int, bytes_left: int) -> None:
        self.disk.bytes_left = bytes_left
        with pytest.raises(OSError, match="No space"):
            self.part.finish(self.data(size))
        self.disk.bytes_left = 1 << 40
        self.is_over = self.is_torn = True

    @precondition(lambda self: not self.is_over and self.plain and len(self.plain) % CHUNK == 0)
    @rule()
    def finish_without_the_byte_that_is_owed(self) -> None:
        with pytest.raises(RuntimeError):
            self.part.finish(b"")

    @precondition(lambda self: self.is_over)
    @rule(size=sizes)
    def nothing_leaves_any_more(self, size: int) -> None:
        before = self.path.read_bytes()
        for more in (self.part.write, self.part.finish):
            with pytest.raises((RuntimeError, OSError)):
                more(bytes(size + CHUNK))
        assert self.path.read_bytes() == before

    @rule(offset=st.integers(0, 6 * CHUNK), size=sizes)
    def any_range_is_that_of_what_left(self, offset: int, size: int) -> None:
        with self.reader(SalvageReader) as film:
            assert film.read_at(offset, size) == self.held()[offset : offset + size]

    @rule(cut=st.integers(0, 1 << 32), zeros=st.integers(0, 2 * SEALED_CHUNK))
    def torn_copy_gives_its_whole_chunks(self, cut: int, zeros: int) -> None:
        data = self.path.read_bytes()
        payload = self.first_chunk()
        kept = payload + cut % (len(data) - payload + 1)
        copy = self.path.with_name("copy")
        copy.write_bytes(data[:kept] + bytes(zeros))
        is_untouched = kept == len(data) and not zeros
        left = self.held() if is_untouched else self.held()[: (kept - payload) // SEALED_CHUNK * CHUNK]
        with self.reader(SalvageReader, copy) as film:
            assert film.read_at(0, film.size) == left

    @invariant()
    def what_left_is_never_altered(self) -> None:
        now = self.path.read_bytes()
        assert now.startswith(self.seen)
        self.seen = now
        if not self.is_torn:
            assert self.part.sealed_bytes == len(now)
            assert self.part.sealed_hash == hashlib.sha256(now).hexdigest()

    @invariant()
    def all_that_left_can_be_read(self) -> None:
        held = self.held()
        with self.reader(SalvageReader) as film:
            assert film.read_at(0, len(held) + 1) == held
        with self.reader(SealedReader) as film:
            if self.part.is_finished:
                assert film.read_at(0, film.size + 1) == self.plain
            else:
                with pytest.raises(Truncated):
                    _ = film.size

    @invariant()
    def chunk_leaves_as_soon_as_it_is_full(self) -> None:
        if not self.is_over:
            assert self.part.chunks_emitted == len(self.plain) // CHUNK == len(self.held()) // CHUNK
            assert self.part.room == CHUNK - len(self.plain) % CHUNK

    def first_chunk(self) -> int:
        return open_header(self.path.read_bytes(), self.identity)[1] + 16

    def held(self) -> bytes:
        """The plaintext that can be had: all of a finished film, else what is in whole chunks on the disk."""
        if self.part.is_finished:
            return bytes(self.plain)
        return bytes(self.plain[: (self.path.stat().st_size - self.first_chunk()) // SEALED_CHUNK * CHUNK])

    @contextmanager
    def reader(self, kind: type[SalvageReader] | type[SealedReader], path: Path | None = None) -> Iterator[PlainReader]:
        fd = os.open(path or self.path, os.O_RDONLY)
        try:
            yield kind(fd, *open_header(os.pread(fd, 4096, 0), self.identity))
        finally:
            os.close(fd)


FilmBeingSealed.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestFilmBeingSealed = FilmBeingSealed.TestCase
