"""Figures of long recordings: making them, their index with and without a trailer, any place in ten minutes and in an hour."""

from __future__ import annotations

import os
import random
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from factory import UnsyncedDisk, encode, make_recording
from figures import Figure, against, at_most, timed
from roomy_folder import RoomyFolder, roomy_folder

from capture.container.index import SampleIndex, load_index
from capture.container.movie import open_movie
from capture.container.progressive import ProgressiveMp4
from capture.seal.keys import Identity
from capture.seal.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES
from capture.seal.stream import PlainReader, SalvageReader, SealedReader, open_header
from capture.vault import Vault
from device.ports import Profile

MIB = 1 << 20
PROFILE = Profile(1280, 720, 30, 8_000_000)
SHORT_MIN, LONG_MIN = 10, 60
ROUNDS = 7
RANGES = 600
RANGE_BYTES = 64 * 1024
_TRAILER_CHUNKS = 8
"""More than the trailer of ten minutes takes; what is cut off with it is a second of film."""


def film_figures(
    folder: Path,
    *,
    profile: Profile = PROFILE,
    short_min: float = SHORT_MIN,
    long_min: float = LONG_MIN,
    rounds: int = ROUNDS,
    ranges: int = RANGES,
) -> Iterator[Figure]:
    need_bytes = round((2 * short_min + long_min) * 60 * (profile.bitrate + profile.audio_bitrate) / 8)
    with roomy_folder(need_bytes, folder) as ram:
        identity = Identity.generate()
        short, short_s = _film(ram.path / "short", identity, profile, short_min)
        long, long_s = _film(ram.path / "long", identity, profile, long_min)
        note = f"{profile.bitrate / 1e6:g} Mbit/s, {ram.place}; the real muxer, seal and vault, no sync; once"
        yield at_most(f"make {short_min:g} minutes of film", [short_s], "s", 10, note)
        yield at_most(f"make {long_min:g} minutes of film", [long_s], "s", 60, note)
        yield from _index_figures(ram, short, rounds)
        with _movie(short) as ten, _movie(long) as hour:
            yield from _range_figures(ram, (ten, short_min), (hour, long_min), ranges)
            yield _whole(ram, ten)


@dataclass(frozen=True, slots=True)
class _Film:
    path: Path
    file_key: bytes
    offset: int


def _film(folder: Path, identity: Identity, profile: Profile, minutes: float) -> tuple[_Film, float]:
    """A sealed film, and how many seconds it took to make."""
    folder.mkdir()
    encoded = encode(profile)
    begun = time.perf_counter()
    recording = make_recording(Vault(folder, UnsyncedDisk()), [identity.recipient], minutes * 60, encoded)
    took_s = time.perf_counter() - begun
    path = folder / f"{recording}.mp4.age"
    with path.open("rb") as file:
        file_key, offset = open_header(file.read(CHUNK_BYTES), identity)
    return _Film(path, file_key, offset), took_s


@contextmanager
def _movie(film: _Film) -> Iterator[ProgressiveMp4]:
    with film.path.open("rb") as file:
        yield open_movie(file.fileno(), film.file_key, film.offset, is_sealed=True)


def _index_figures(ram: RoomyFolder, film: _Film, rounds: int) -> Iterator[Figure]:
    """Of the film, and of the same film with its end cut off within a chunk, as a power cut leaves it."""
    torn = film.path.with_suffix(".torn")
    shutil.copyfile(film.path, torn)
    os.truncate(torn, torn.stat().st_size - _TRAILER_CHUNKS * SEALED_CHUNK_BYTES)
    times: dict[bool, list[float]] = {True: [], False: []}
    with film.path.open("rb") as whole_file, torn.open("rb") as torn_file:

        def load(is_sealed: bool) -> SampleIndex:
            file = whole_file if is_sealed else torn_file
            reader: PlainReader = (SealedReader if is_sealed else SalvageReader)(file.fileno(), film.file_key, film.offset)
            return load_index(reader)

        for _ in range(rounds):
            for is_sealed, taken in times.items():
                taken.append(timed(lambda is_sealed=is_sealed: load(is_sealed)))
                assert load(is_sealed).is_complete == is_sealed
        seconds = load(True).duration_ms / 1_000
    torn.unlink()
    note = f"{seconds:.0f} s of film in {ram.place}, from opening the file's payload on; {rounds} rounds"
    yield at_most("index with the trailer", times[True], "ms", 30, note)
    yield at_most("index without a trailer", times[False], "ms", 200, f"{note}; finding the torn end included")


def _range_figures(
    ram: RoomyFolder, ten: tuple[ProgressiveMp4, float], hour: tuple[ProgressiveMp4, float], ranges: int
) -> Iterator[Figure]:
    """The two films take turns, place by place."""
    places = random.Random(2)
    room = memoryview(bytearray(RANGE_BYTES))
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ranges):
        # Whoever comes first finds the processor's caches colder: each does, every other time.
        for number in (0, 1) if turn % 2 else (1, 0):
            film, taken = (ten, hour)[number][0], times[number]
            start = places.randrange(film.size - RANGE_BYTES)
            taken.append(timed(lambda film=film, start=start: film.read_into(start, room)))
    note = f"{ranges} places drawn at random, {ram.place}, index loaded"
    yield at_most(f"64 KiB somewhere in {ten[1]:g} minutes", times[0], "ms", 0.2, note)
    short_ms, long_ms = (statistics.median(taken) * 1e3 for taken in times)
    name = f"64 KiB somewhere in {hour[1]:g} minutes"
    yield against(name, long_ms, "ms", f"{ten[1]:g} minutes", short_ms, 0.8, 1.2, f"{note}; taking turns; goal for the ratio")


def _whole(ram: RoomyFolder, film: ProgressiveMp4) -> Figure:
    room = memoryview(bytearray(MIB))

    def read() -> None:
        for start in range(0, film.size, MIB):
            film.read_into(start, room)

    rate = film.size / MIB / statistics.median([timed(read) for _ in range(3)])
    note = f"{film.size / MIB:.0f} MiB from {ram.place}, one thread, 3 rounds"
    return Figure("read a whole film", rate, "MiB/s", goal_min=500, met=rate >= 500, note=note)
