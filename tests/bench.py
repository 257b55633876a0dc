"""Measures seal, container, factory and a whole box, against the `age` tool where it does the same. Run: `make bench`.

Prints one line a figure and writes build/bench.json. Every value is the median of several runs; ours and the peer's take turns,
so that a busy moment hits both. Figures are of the machine at hand: read them as ratios.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from bench_box import box_figures
from bench_web import web_figures
from factory import UnsyncedDisk, encode, make_recording
from figures import Figure, at_most, timed

from capture.container.movie import open_movie
from capture.container.progressive import ProgressiveMp4
from capture.seal.keys import Identity
from capture.seal.stream import ChunkSealer, PlainReader, SealedReader, make_header, new_file_key, open_header
from capture.vault import Vault
from device.ports import Profile

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
FILE_MIB = 256
RUNS = 5
RANGES = 400
FILM_S = 600
HOUR_S = 3600
RATE = 8_000_000


def against_age(name: str, ours: Callable[[], object], theirs: Callable[[], object], goal_ratio: float) -> Figure:
    """MiB/s of ours and of the `age` tool; the goal is for the ratio."""
    pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    mine, peer = (FILE_MIB / statistics.median(times) for times in zip(*pairs, strict=True))
    note = f"{FILE_MIB} MiB, file to file, no sync; goal for the ratio"
    return Figure(name, mine, "MiB/s", "age", peer, mine / peer, goal_ratio, None, mine / peer >= goal_ratio, note)


def seal_file(plain: Path, sealed: Path, identity: Identity) -> None:
    file_key = new_file_key()
    with plain.open("rb", buffering=0) as source, sealed.open("wb", buffering=0) as target:
        target.write(make_header(file_key, [identity.recipient]))
        sealer = ChunkSealer(file_key, target.write)
        block = memoryview(bytearray(MIB))
        for _ in range(FILE_MIB - 1):
            source.readinto(block)
            sealer.write(block)
        sealer.finish(source.read())


def unseal_file(sealed: Path, plain: Path, identity: Identity) -> None:
    with sealed.open("rb", buffering=0) as source, plain.open("wb", buffering=0) as target:
        file_key, offset = open_header(source.read(16_384), identity)
        reader = SealedReader(source.fileno(), file_key, offset)
        for start in range(0, reader.size, MIB):
            target.write(reader.read_at(start, MIB))


def seal_figures(folder: Path) -> Iterator[Figure]:
    identity = Identity.generate()
    keys, plain, sealed, theirs, back = (folder / name for name in ("keys", "plain", "sealed", "theirs", "back"))
    keys.write_text(identity.encode() + "\n")
    plain.write_bytes(os.urandom(FILE_MIB * MIB))
    age = shutil.which("age")
    if age is None:
        raise SystemExit("the `age` tool is missing: make bench installs it")
    yield against_age(
        "seal a file",
        lambda: seal_file(plain, sealed, identity),
        lambda: subprocess.run([age, "-r", identity.recipient.encode(), "-o", str(theirs), str(plain)], check=True),
        1.0,
    )
    yield against_age(
        "unseal a file",
        lambda: unseal_file(sealed, back, identity),
        lambda: subprocess.run([age, "-d", "-i", str(keys), "-o", str(back), str(theirs)], check=True),
        1.0,
    )
    with sealed.open("rb", buffering=0) as source:
        file_key, offset = open_header(source.read(16_384), identity)
        reader = SealedReader(source.fileno(), file_key, offset)
        yield at_most("read 64 KiB somewhere in a sealed file", somewhere(reader, 64 * 1024), "µs", 200, f"{RANGES} places")


def somewhere(content: PlainReader, length: int) -> list[float]:
    """Seconds for each read, at places that do not repeat themselves: no chunk kept from the last read helps."""
    places = random.Random(2)
    starts = [places.randrange(content.size - length) for _ in range(RANGES)]
    return [timed(lambda start=start: content.read_at(start, length)) for start in starts]


def film_figures(folder: Path) -> Iterator[Figure]:
    identity = Identity.generate()
    encoded = encode(Profile(1280, 720, 30, RATE))
    vault = Vault(folder, UnsyncedDisk())
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        recording = make_recording(vault, [identity.recipient], FILM_S, encoded)
        times.append(time.perf_counter() - begun)
    yield at_most("make a 10-minute recording of 8 Mbit/s", times, "s", 10, "muxer, seal and vault of the real take, no sync")
    hour = timed(lambda: vault.erase(make_recording(vault, [identity.recipient], HOUR_S, encoded)))
    yield at_most("make a 60-minute recording of 8 Mbit/s", [hour], "s", 60, "once; the same, and erased again")
    with opened(vault.open(recording).fd) as fd:
        file_key, offset = open_header(vault.header(fd), identity)

        def movie() -> ProgressiveMp4:
            return open_movie(fd, file_key, offset, True)

        yield at_most("open it as a film", [timed(movie) for _ in range(RUNS)], "ms", 300, "index of 10 minutes")
        film = movie()
        yield at_most("read 256 KiB somewhere in the film", somewhere(film, 256 * 1024), "µs", 1000, f"{RANGES} places")

        def whole() -> None:
            for block in film.blocks(0, film.size):
                len(block)

        rate = film.size / MIB / statistics.median([timed(whole) for _ in range(3)])
        yield Figure("read the whole film", rate, "MiB/s", goal_min=500, met=rate >= 500, note=f"{film.size / MIB:.0f} MiB")


@contextmanager
def opened(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def main() -> None:
    figures = []
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    for measure in (seal_figures, film_figures, box_figures, web_figures):
        with tempfile.TemporaryDirectory(dir=build) as name:
            for figure in measure(Path(name)):
                print(figure.line(), flush=True)  # noqa: T201  (this is what it is for)
                figures.append(asdict(figure))
    (build / "bench.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
