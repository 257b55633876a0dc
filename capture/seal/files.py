"""Whole files sealed and copied out by several threads at once. Never names or removes a file: descriptors are the caller's.

Where a block lies in both files follows from its number, so the threads share nothing but a count: each reads a block into
memory of its own, seals or opens it, and writes it where it belongs. Python's lock is free meanwhile, so one thread ciphers while
the other reads and writes. Source: C2SP age.md, "The payload".
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from capture.errors import Truncated
from capture.seal.envelope import make_header, new_file_key
from capture.seal.keys import Recipient
from capture.seal.payload import CHUNK_BYTES, NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place
from capture.seal.reader import PlainReader

BLOCK_CHUNKS = 16
BLOCK_BYTES = BLOCK_CHUNKS * CHUNK_BYTES
_WORKERS = 2
"""A file takes one writer at a time: while one thread writes the other ciphers, and a third would wait."""


def seal_file(source_fd: int, target_fd: int, recipients: Sequence[Recipient]) -> None:
    """Seal a regular file, from its beginning, into an empty one, for each of `recipients`. Syncs nothing.

    Raises ValueError for no recipients, OSError also where the source is no regular file or changes its length meanwhile.
    What the target then holds is no sealed file.
    """
    status = os.fstat(source_fd)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.ESPIPE, "only a regular file can be sealed")
    file_key, nonce = new_file_key(), secrets.token_bytes(NONCE_BYTES)
    cipher = PayloadCipher(file_key, nonce)
    head = make_header(file_key, recipients) + nonce
    _write(target_fd, memoryview(head), 0)
    last = max(0, status.st_size - 1) // CHUNK_BYTES

    def work(blocks: Iterator[int]) -> None:
        plain_room = memoryview(bytearray(BLOCK_BYTES))
        sealed = memoryview(bytearray(BLOCK_CHUNKS * SEALED_CHUNK_BYTES))
        for block in blocks:
            first = block * BLOCK_CHUNKS
            plain = plain_room[: status.st_size - first * CHUNK_BYTES]
            if os.preadv(source_fd, [plain], first * CHUNK_BYTES) < len(plain):
                raise OSError(errno.EIO, "the file became shorter while it was sealed")
            used = 0
            for number in range(first, min(first + BLOCK_CHUNKS, last + 1)):
                chunk = plain[(number - first) * CHUNK_BYTES :][:CHUNK_BYTES]
                room = sealed[used : used + len(chunk) + TAG_BYTES]
                cipher.seal_into(number, Place.FINAL if number == last else Place.MORE_FOLLOW, chunk, room)
                used += len(room)
            _write(target_fd, sealed[:used], len(head) + first * SEALED_CHUNK_BYTES)

    _share_out(last // BLOCK_CHUNKS + 1, work)
    if os.pread(source_fd, 1, status.st_size):
        raise OSError(errno.EIO, "the file became longer while it was sealed")


def copy_out(open_reader: Callable[[], PlainReader], target_fd: int, progress: Callable[[int, int], object]) -> int:
    """Copy all that a reader holds into an empty file; returns how many bytes. Syncs nothing.

    `open_reader` is called for each thread; all readers must hold the same. `progress` hears, one call at a time and in any
    of the threads, the bytes written and the bytes in all. Nothing is written that the reader has not authenticated, but
    blocks are written in no order: after Truncated, SealBroken or OSError the target holds no beginning that could be used.
    """
    size = open_reader().size
    lock = Lock()
    written = 0

    def work(blocks: Iterator[int]) -> None:
        nonlocal written
        reader = open_reader()
        room = memoryview(bytearray(BLOCK_BYTES))
        for block in blocks:
            plain = room[: size - block * BLOCK_BYTES]
            if reader.read_into(block * BLOCK_BYTES, plain) < len(plain):
                raise Truncated
            _write(target_fd, plain, block * BLOCK_BYTES)
            with lock:
                written += len(plain)
                progress(written, size)

    _share_out(-(-size // BLOCK_BYTES), work)
    return size


class _Blocks(Iterator[int]):
    """The numbers of blocks: each is given out once, to whichever thread asks next, until all are out or somebody gives up."""

    def __init__(self, count: int) -> None:
        self._numbers = iter(range(count))
        self._lock = Lock()

    def __next__(self) -> int:
        with self._lock:
            return next(self._numbers)

    def stop(self) -> None:
        with self._lock:
            self._numbers = iter(())


def _share_out(count: int, work: Callable[[Iterator[int]], None]) -> None:
    """Have `count` blocks worked off. Raises what a worker raised; the others then stop after the block they are at."""
    blocks = _Blocks(count)

    def work_or_stop() -> None:
        try:
            work(blocks)
        finally:
            blocks.stop()

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="blocks") as pool:
        try:
            for worker in [pool.submit(work_or_stop) for _ in range(_WORKERS)]:
                worker.result()
        finally:
            blocks.stop()  # somebody who interrupts the program does not wait for the rest


def _write(fd: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(fd, data, offset)
        if written == 0:
            raise OSError(errno.EIO, "a write took nothing")
        data = data[written:]
        offset += written
