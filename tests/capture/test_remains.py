"""Each way in which a recording's file can be left by a cut has an outcome of its own: at a workstation, and in the box."""

from __future__ import annotations

import os
import random
from pathlib import Path

import factory
import pytest
from movies import decode
from torn_takes import Torn, film
from workstation import Desk, make_desk

from capture.container.movie import open_movie
from capture.errors import SealBroken, Truncated
from capture.remains import Remains, check_start, look
from capture.seal.keys import Identity
from capture.seal.stream import ChunkSealer, make_header, new_file_key, open_header
from device.ports import Profile

VERSION = b"age-encryption.org/v1\n"


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Torn:
    return film(tmp_path_factory.mktemp("vault"), seconds=4)


@pytest.fixture
def desk(tmp_path: Path, torn: Torn) -> Desk:
    return make_desk(tmp_path, (torn.path, torn.identity))


def opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY)


def refused(path: Path, identity: Identity) -> tuple[str, tuple[str, ...]]:
    """Code and reasons of the refusal."""
    fd = opened(path)
    try:
        check_start(fd)
        look(fd, *open_header(os.pread(fd, 65_536, 0), identity), is_sealed=False)
    except (Truncated, SealBroken) as error:
        return error.code, error.reasons
    finally:
        os.close(fd)
    return "", ()


def remains_of(torn: Torn, data: bytes, tmp_path: Path) -> tuple[str, tuple[str, ...]]:
    path = tmp_path / "left"
    path.write_bytes(data)
    return refused(path, torn.identity)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("zeros", [0, 1, 300_000])
def test_a_file_without_a_byte_or_of_zeros_alone_is_empty(torn: Torn, tmp_path: Path, zeros: int) -> None:
    assert remains_of(torn, bytes(zeros), tmp_path) == ("truncated", (Remains.EMPTY.value,))


@pytest.mark.promise("P8")
@pytest.mark.parametrize("zeros", [0, 4_096])
@pytest.mark.parametrize("kept", [1, len(VERSION) - 1, len(VERSION), 60, -1])
def test_a_cut_within_the_header_is_told_as_that(torn: Torn, tmp_path: Path, kept: int, zeros: int) -> None:
    whole = torn.path.read_bytes()[: torn.header_bytes]
    assert remains_of(torn, whole[:kept] + bytes(zeros), tmp_path) == ("truncated", (Remains.HEADER_CUT.value,))


@pytest.mark.promise("P8")
@pytest.mark.parametrize("more", [0, 5, 16, 1_000, 16 + 65_551])
def test_a_cut_before_the_first_picture_leaves_nothing_whole(torn: Torn, tmp_path: Path, more: int) -> None:
    data = torn.path.read_bytes()[: torn.header_bytes + more]
    assert remains_of(torn, data, tmp_path) == ("truncated", (Remains.NOTHING_WHOLE.value,))


def test_a_foreign_file_is_told_as_that_whether_it_is_sealed_or_not(torn: Torn, tmp_path: Path) -> None:
    foreign = ("seal_broken", (Remains.FOREIGN.value,))
    assert remains_of(torn, random.Random(1).randbytes(5_000), tmp_path) == foreign
    assert remains_of(torn, b"age-encryption.org/v2\n" + bytes(3), tmp_path) == foreign
    key, parts = new_file_key(), [b""]
    sealer = ChunkSealer(key, lambda chunk: parts.append(bytes(chunk)))
    sealer.write(b"a letter " * 20_000)
    assert remains_of(torn, make_header(key, [torn.identity.recipient]) + b"".join(parts), tmp_path) == foreign


def test_a_damaged_header_is_broken_and_never_says_where(torn: Torn, tmp_path: Path) -> None:
    whole = bytearray(torn.path.read_bytes())
    whole[40] ^= 0xFF
    assert remains_of(torn, bytes(whole), tmp_path) == ("seal_broken", ())


@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
def test_what_is_salvaged_states_its_loss(tmp_path: Path) -> None:
    torn = film(tmp_path, seconds=4, encoded=factory.encode(Profile(320, 180, 30, 2_000_000, audio_bitrate=48_000)))
    path = tmp_path / "left"
    path.write_bytes(torn.path.read_bytes()[:-100] + bytes(70_000))
    fd = opened(path)
    key, offset = open_header(os.pread(fd, 65_536, 0), torn.identity)
    found = look(fd, key, offset, is_sealed=False)
    movie = open_movie(fd, key, offset, is_sealed=False)
    seen = decode(movie.read_at(0, movie.size))
    os.close(fd)
    assert not found.is_complete
    assert (found.frames, found.duration_ms) == (len(seen.numbers), movie.index.duration_ms)
    # The last fragment in the file names more pictures than are whole.
    assert found.frames_lost == torn.named_pictures(movie) - found.frames > 0


@pytest.mark.promise("P11")
def test_pictures_missing_in_the_middle_are_known_to_be_lost(tmp_path: Path) -> None:
    torn = film(tmp_path, seconds=4, left_out=range(40, 47))
    fd = opened(torn.path)
    found = look(fd, *open_header(os.pread(fd, 65_536, 0), torn.identity), is_sealed=False)
    os.close(fd)
    assert found.frames_lost >= 7


@pytest.mark.parametrize(
    ("left", "code", "words"),
    [
        (b"", 3, "nothing of it ever reached the disk"),
        (bytes(9_000), 3, "nothing of it ever reached the disk"),
        (VERSION + b"-> X25519 abc", 3, "cut within its header"),
        (b"MZ this is a program" * 9, 2, "not a sealed file"),
    ],
    ids=["empty", "zeros", "header", "foreign"],
)
def test_a_workstation_is_told_in_words_what_is_left(desk: Desk, left: bytes, code: int, words: str) -> None:
    path = desk.folder / "rec.mp4.age.part"
    path.write_bytes(left)
    ended = desk.unseal(path)
    assert (ended.returncode, words in ended.stderr) == (code, True), ended.stderr
    assert desk.files() == {path.name}


@pytest.mark.parametrize("more", [0, 20, 16 + 65_552])
def test_a_workstation_is_told_where_no_picture_is_left(desk: Desk, torn: Torn, tmp_path: Path, more: int) -> None:
    path = desk.folder / "rec.mp4.age.part"
    large = film(tmp_path, seconds=1, identity=torn.identity, first_picture_bytes=150_000)
    # With the last of these a whole chunk is there, and in it no whole picture.
    path.write_bytes(large.path.read_bytes()[: large.header_bytes + more])
    ended = desk.unseal(path)
    assert (ended.returncode, "before its first whole picture" in ended.stderr) == (3, True), ended.stderr
    assert desk.files() == {path.name}


def test_a_workstation_is_told_the_loss(desk: Desk, torn: Torn) -> None:
    path = desk.folder / "rec.mp4.age.part"
    path.write_bytes(torn.path.read_bytes())
    ended = desk.unseal(path)
    assert ended.returncode == 3
    assert "of film; pictures known to be lost: " in ended.stderr
