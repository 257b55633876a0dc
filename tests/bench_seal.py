"""Figures of the seal alone: whole files against the `age` tool, the stream in memory against OpenSSL's own speed test.

Ours and the peer's take turns, so that a busy moment hits both; every value is a median over the rounds.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cryptography
from cryptography.hazmat.backends.openssl import backend
from figures import Figure, against, timed
from roomy_folder import RoomyFolder, roomy_folder

from capture.seal.files import copy_out, seal_file
from capture.seal.keys import Identity
from capture.seal.payload import CHUNK_BYTES, TAG_BYTES, PayloadCipher, Place
from capture.seal.stream import ChunkSealer, SealedReader, new_file_key, open_header

MB = 1_000_000
MIB = 1 << 20
FILE_MIB = 512
STREAM_MIB = 1024
ROUNDS = 7
_FILES = 4
"""As many of that size lie there at once: the plaintext, the two seals of it, what was unsealed last."""


def seal_figures(folder: Path, file_mib: int = FILE_MIB, stream_mib: int = STREAM_MIB, rounds: int = ROUNDS) -> Iterator[Figure]:
    with roomy_folder(_FILES * file_mib * MIB, folder) as ram:
        yield from _file_figures(ram, file_mib, rounds)
    yield from _stream_figures(stream_mib, rounds)


def seal(plain: Path, sealed: Path, identity: Identity) -> None:
    with plain.open("rb") as source, sealed.open("wb") as target:
        seal_file(source.fileno(), target.fileno(), [identity.recipient])


def unseal(sealed: Path, plain: Path, identity: Identity) -> None:
    with sealed.open("rb") as source, plain.open("wb") as target:
        file_key, offset = open_header(os.pread(source.fileno(), CHUNK_BYTES, 0), identity)
        copy_out(partial(SealedReader, source.fileno(), file_key, offset), target.fileno(), _quiet)


def _quiet(written: int, size: int) -> None:
    """Progress that nobody watches."""


def _file_figures(ram: RoomyFolder, file_mib: int, rounds: int) -> Iterator[Figure]:
    age = shutil.which("age")
    if age is None:
        raise SystemExit("the `age` tool is missing: make bench installs it")
    version = subprocess.run([age, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    identity = Identity.generate()
    keys, plain, sealed, theirs, back = (ram.path / name for name in ("keys", "plain", "sealed", "theirs", "back"))
    keys.write_text(identity.encode() + "\n")
    with plain.open("wb") as file:
        for _ in range(file_mib):
            file.write(os.urandom(MIB))
    turns = (
        ("seal a file", 1.3, sealed, partial(seal, plain, sealed, identity)),
        ("seal a file", 1.3, theirs, partial(_run, age, "-r", identity.recipient.encode(), "-o", theirs, plain)),
        ("unseal a file", 1.7, back, partial(unseal, sealed, back, identity)),
        ("unseal a file", 1.7, back, partial(_run, age, "-d", "-i", keys, "-o", back, theirs)),
    )
    times: list[list[float]] = [[] for _ in turns]
    spent: list[list[float]] = [[] for _ in turns]
    for _ in range(rounds):
        for number, (name, _, target, work) in enumerate(turns):
            target.unlink(missing_ok=True)
            before_s = _processor_s()
            times[number].append(timed(work))
            spent[number].append(_processor_s() - before_s)
            if name.startswith("unseal") and not filecmp.cmp(back, plain, shallow=False):
                raise SystemExit(f"{name}: not what was sealed")
    for number in (0, 2):
        ours, theirs_too = (file_mib * MIB / MB / statistics.median(one) for one in times[number : number + 2])
        note = (
            f"{file_mib} MiB, file to file, {ram.place}, no sync, {rounds} rounds; processor s: "
            f"ours {statistics.median(spent[number]):.2f}, age {statistics.median(spent[number + 1]):.2f}; goal for the ratio"
        )
        yield against(turns[number][0], ours, "MB/s", f"age {version}", theirs_too, turns[number][1], None, note)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def _processor_s() -> float:
    """User and system time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _stream_figures(stream_mib: int, rounds: int) -> Iterator[Figure]:
    peer: list[float] = []
    ours: dict[str, list[float]] = {"seal a stream in memory": [], "unseal a stream in memory": []}
    sealing, unsealing = _stream_sealing(stream_mib), _stream_unsealing(stream_mib)
    for _ in range(rounds):
        peer.append(_openssl_bytes_s() / MB)
        for name, work in zip(ours, (sealing, unsealing), strict=True):
            ours[name].append(stream_mib * MIB / MB / timed(work))
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout.split()[1]
    note = (
        f"{rounds} rounds of {stream_mib} MiB, chunk by chunk; ours cryptography {cryptography.__version__} with "
        f"{backend.openssl_version_text()}; the peer: openssl speed, ChaCha20-Poly1305, 65,536 bytes; goal for the ratio"
    )
    for name, speeds in ours.items():
        median, theirs = statistics.median(speeds), statistics.median(peer)
        yield against(name, median, "MB/s", f"OpenSSL {version}", theirs, 0.7, None, note)


def _openssl_bytes_s() -> float:
    """What OpenSSL's command reaches with the same cipher and the same size of chunk."""
    command = ["openssl", "speed", "-elapsed", "-mr", "-seconds", "1", "-bytes", str(CHUNK_BYTES), "-evp", "ChaCha20-Poly1305"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^\+F:.*:([0-9.]+)$", said, re.MULTILINE)
    if found is None:
        raise SystemExit("openssl speed says nothing that can be read")
    return float(found[1])


def _stream_sealing(stream_mib: int) -> Callable[[], None]:
    block = memoryview(bytearray(os.urandom(MIB)))

    def work() -> None:
        sealer = ChunkSealer(new_file_key(), len)  # whatever is sealed goes nowhere
        for _ in range(stream_mib):
            sealer.write(block)
        sealer.finish(b"end")

    return work


def _stream_unsealing(stream_mib: int) -> Callable[[], None]:
    chunks = MIB // CHUNK_BYTES
    cipher = PayloadCipher(new_file_key(), bytes(16))
    sealed = [memoryview(bytearray(CHUNK_BYTES + TAG_BYTES)) for _ in range(chunks)]
    for number, room in enumerate(sealed):
        cipher.seal_into(number, Place.MORE_FOLLOW, memoryview(os.urandom(CHUNK_BYTES)), room)
    plain = memoryview(bytearray(CHUNK_BYTES))

    def work() -> None:
        for _ in range(stream_mib):
            for number, room in enumerate(sealed):
                cipher.open_into(number, Place.MORE_FOLLOW, room, plain)

    return work
