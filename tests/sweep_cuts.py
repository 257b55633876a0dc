"""Cuts recordings at random bytes, with or without rubbish behind, and says what each cut cost. It cuts copies.

The cost is what had been filmed when the file was about to grow past the cut, less what plays: the worst moment at which a killed
process would have left so much. Every picture that is left is decoded, and the sound must be whole and in step.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import factory
from factory import read_number
from film_check import check_film
from sweep_report import Rate, Trial, settled_bits
from torn_takes import Torn, film

from capture.container.movie import open_movie
from capture.errors import SealBroken, Truncated
from capture.remains import Remains, check_start, look
from capture.seal.payload import NONCE_BYTES, SEALED_CHUNK_BYTES
from capture.seal.stream import open_header
from device.ports import Profile

_FILM_S = 12
_LOOP_S = 2
_TAIL_BYTES = 300_000


class Tail(Enum):
    """What follows the cut: nothing, zeros, rubbish, or an earlier piece of the same file, as a card may put it there."""

    NONE = "none"
    ZEROS = "zeros"
    GARBAGE = "garbage"
    STALE = "stale"


class Place(Enum):
    """Where the cut is: the header, the nonce, the first chunk, anywhere, a chunk's very edge, the last bytes."""

    HEADER = "header"
    NONCE = "nonce"
    FIRST_CHUNK = "first chunk"
    ANYWHERE = "anywhere"
    CHUNK_EDGE = "chunk edge"
    END = "end"


@dataclass(frozen=True, slots=True)
class Source:
    """A recording to cut; its name says how it was made."""

    name: str
    rate: Rate
    torn: Torn


def sources(folder: Path) -> list[Source]:
    """Each rate with and without sound, closed and not: 8 and 2 Mbit/s need no padding, 0.5 much."""
    made = []
    for rate in Rate:
        for has_sound in (True, False):
            encoded = factory.encode(Profile(320, 180, 30, rate.bitrate, audio_bitrate=48_000), _LOOP_S, has_sound)
            for is_closed in (False, True):
                name = f"{'sound' if has_sound else 'silent'} {'closed' if is_closed else 'open'}"
                vault = folder / f"{rate.name}-{name.replace(' ', '-')}"
                vault.mkdir()
                made.append(Source(name, rate, film(vault, seconds=_FILM_S, encoded=encoded, is_closed=is_closed)))
    return made


def sweep_cuts(folder: Path, trials: int, seed: int) -> Iterator[Trial]:
    """So many cuts; where and how depends on `seed` alone (but for the recordings' own random bytes)."""
    chance = random.Random(f"{seed}-cuts")
    made = sources(folder)
    for number in range(trials):
        source = made[number % len(made)]
        place, tail = chance.choice([*Place, Place.ANYWHERE, Place.ANYWHERE, Place.ANYWHERE]), chance.choice(list(Tail))
        size = _size(source.torn, place, chance)
        yield _trial(source, size, tail, folder / "cut", chance)


def _size(torn: Torn, place: Place, chance: random.Random) -> int:
    """How many bytes are left."""
    whole, header = torn.path.stat().st_size, torn.header_bytes
    first = header + NONCE_BYTES
    match place:
        case Place.HEADER:
            return chance.randrange(header)
        case Place.NONCE:
            return header + chance.randrange(NONCE_BYTES)
        case Place.FIRST_CHUNK:
            return first + chance.randrange(SEALED_CHUNK_BYTES)
        case Place.ANYWHERE:
            return chance.randrange(first, whole)
        case Place.CHUNK_EDGE:
            edge = first + chance.randrange(1, (whole - first) // SEALED_CHUNK_BYTES + 1) * SEALED_CHUNK_BYTES
            return edge + chance.choice((-1, 0, 1))
        case Place.END:
            return whole - chance.randrange(1, 6_000)


def _trial(source: Source, size: int, tail: Tail, copy: Path, chance: random.Random) -> Trial:
    torn, problems = source.torn, list[str]()
    shutil.copyfile(torn.path, copy)
    os.truncate(copy, size)
    with copy.open("ab") as file:
        file.write(_tail(torn, size, tail, chance))
    outcome, played, bits = _left(copy, source, problems)
    wanted = _wanted(torn, size, tail)
    if wanted is not None and outcome != wanted:
        problems.append(f"{outcome}, not {wanted}")
    made_s, played_s = _filmed_by(source, size), played / torn.encoded.profile.fps
    lost_s = max(0.0, made_s - played_s)
    if lost_s > source.rate.most_s:
        problems.append(f"{lost_s:.3f} s lost")
    return Trial(f"cut {source.name}", source.rate, size, made_s, lost_s, outcome, played_s, bits, tuple(problems))


def _tail(torn: Torn, size: int, tail: Tail, chance: random.Random) -> bytes:
    length = chance.choice((1, SEALED_CHUNK_BYTES, chance.randrange(1, _TAIL_BYTES)))
    match tail:
        case Tail.NONE:
            return b""
        case Tail.ZEROS:
            return bytes(length)
        case Tail.GARBAGE:
            return chance.randbytes(length)
        case Tail.STALE:
            start = chance.randrange(max(1, size))
            return torn.path.read_bytes()[start : min(size, start + length)]


def _filmed_by(source: Source, size: int) -> float:
    """With the picture that was being encoded: it was filmed, too."""
    torn = source.torn
    frame_s = 1 / torn.encoded.profile.fps
    return min(torn.filmed_s, torn.filmed_by(size) + frame_s)


def _wanted(torn: Torn, size: int, tail: Tail) -> str | None:
    """What the file must be told to be, where its bytes alone decide."""
    clean = tail in (Tail.NONE, Tail.ZEROS)
    if size == 0 and clean:
        return Remains.EMPTY.value
    # The header's last bytes are no zeros, so zeros behind a cut are seen as what they are.
    if size < torn.header_bytes and clean:
        return Remains.HEADER_CUT.value
    if size < torn.header_bytes:
        return None
    if size < torn.header_bytes + NONCE_BYTES + SEALED_CHUNK_BYTES:
        return Remains.NOTHING_WHOLE.value
    return "salvaged"


def _left(copy: Path, source: Source, problems: list[str]) -> tuple[str, int, int]:
    """What is left: the outcome, its pictures, their bits."""
    before = copy.read_bytes()
    fd = os.open(copy, os.O_RDONLY)
    try:
        check_start(fd)
        key, offset = open_header(os.pread(fd, 65_536, 0), source.torn.identity)
        found = look(fd, key, offset, is_sealed=False)
        movie = open_movie(fd, key, offset, is_sealed=False)
        loop = _LOOP_S * source.torn.encoded.profile.fps
        seen = check_film(movie.read_at(0, movie.size), read_number, loop=loop)
    except (SealBroken, Truncated) as error:
        return (error.reasons or (error.code,))[0], 0, 0
    finally:
        os.close(fd)
    problems += seen.problems
    if seen.first != 0 or not seen.pictures == found.frames == movie.index.frames:
        problems.append(f"{seen.pictures} pictures decode of {found.frames}")
    if copy.read_bytes() != before:
        problems.append("reading altered it")
    return "salvaged", seen.pictures, settled_bits(movie.index.video.samples.sizes, source.torn.encoded.profile.fps)
