"""`vigcam unseal` from a disk that fails in places: what could be read before is given, and the disk is blamed, not the seal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from factory import SMALL, encode
from sealed_files import SEALED_CHUNK, plaintext
from workstation import FRAMES, Desk, counters, film_recording, make_desk

from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes

BAD_BLOCKS = """
import errno, os, sys
from webui.cli import main
preadv, bad, stop = os.preadv, int(sys.argv.pop(1)), int(sys.argv.pop(1))
def read(fd, rooms, offset):
    if bad <= offset < stop:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return preadv(fd, [rooms[0][: bad - offset]] if offset < bad else rooms, offset)
def read_few(fd, length, offset):
    room = bytearray(length)
    return bytes(room[: read(fd, [memoryview(room)], offset)])
os.pread, os.preadv = read_few, read
main()
"""
"""`vigcam` where the sealed file cannot be read in one place. As the kernel does: what lies before it is given, and only who asks
for the rest is told."""


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    return film_recording(tmp_path_factory.mktemp("vault"))


@pytest.fixture
def desk(tmp_path: Path, filmed: tuple[Path, Identity]) -> Desk:
    return make_desk(tmp_path, filmed)


def chunk_at(sealed: Path, number: int) -> int:
    """Where a chunk begins in the file."""
    return parse_header(sealed.read_bytes()).length + 16 + number * SEALED_CHUNK


def unseal(desk: Desk, sealed: Path, bad: range, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BAD_BLOCKS, str(bad.start), str(bad.stop), "unseal", str(sealed), "-i", str(desk.identity)]
    return subprocess.run([*command, *words], cwd=desk.folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("suffix", ["", ".part"], ids=["closed", "interrupted"])
@pytest.mark.parametrize("number", [2, -1], ids=["in the middle", "in the final chunk"])
def test_film_is_given_up_to_the_bad_block_and_the_disk_is_blamed(desk: Desk, suffix: str, number: int) -> None:
    sealed = desk.recording.rename(desk.recording.with_name(desk.recording.name + suffix))
    chunks = -((chunk_at(sealed, 0) - sealed.stat().st_size) // SEALED_CHUNK)
    bad = chunk_at(sealed, number % chunks) + 4096
    ended = unseal(desk, sealed, range(bad, bad + 4096), "-o", "film.mp4")
    assert ended.returncode == 3, ended.stderr
    assert f"the disk, not the seal, failed at byte {bad:,}" in ended.stderr
    assert "damaged" not in ended.stderr
    seen = counters(desk.folder / "film.mp4")
    loop = len(encode(SMALL).video)
    assert seen == [place % loop for place in range(len(seen))]
    assert 0 < len(seen) < FRAMES + (number == -1)  # the final chunk may hold nothing but the trailer


@pytest.mark.parametrize(("number", "chunks"), [(1, 20), (16, 20), (20, 20), (3, 150)], ids=str)
def test_anything_else_is_given_up_to_the_chunk_with_the_bad_block(desk: Desk, number: int, chunks: int) -> None:
    plain, sealed = plaintext(chunks * 65_536 + 5_000), desk.recording.with_name("export.age")
    sealed.write_bytes(seal_bytes(plain, [desk.key.recipient]))
    bad = chunk_at(sealed, number) + 100
    ended = unseal(desk, sealed, range(bad, bad + 1))
    assert ended.returncode == 3, ended.stderr
    assert f"the disk, not the seal, failed at byte {bad:,}" in ended.stderr
    assert (desk.folder / "export").read_bytes() == plain[: number * 65_536]


def test_damage_before_the_bad_block_is_still_called_damage(desk: Desk) -> None:
    sealed = desk.recording.with_name("export.age")
    data = bytearray(seal_bytes(plaintext(9 * 65_536), [desk.key.recipient]))
    sealed.write_bytes(data)
    data[chunk_at(sealed, 3)] ^= 1
    sealed.write_bytes(data)
    bad = chunk_at(sealed, 6)
    ended = unseal(desk, sealed, range(bad, bad + 1))
    assert ended.returncode == 3
    assert "damaged" in ended.stderr
    assert (desk.folder / "export").stat().st_size == 3 * 65_536


@pytest.mark.parametrize("harmed", [0, 2])
def test_interrupted_one_with_damage_besides_ends_as_damage_does(desk: Desk, harmed: int) -> None:
    sealed = desk.recording.rename(desk.recording.with_name(desk.recording.name + ".part"))
    data = bytearray(sealed.read_bytes())
    data[chunk_at(sealed, harmed)] ^= 1
    sealed.write_bytes(data)
    bad = chunk_at(sealed, 4)
    ended = unseal(desk, sealed, range(bad, bad + 1), "-o", "film.mp4")
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    assert desk.files() == ({"film.mp4"} if harmed else set())


@pytest.mark.parametrize(
    ("place", "suffix", "form"),
    [("header", "", "--mp4"), ("nonce", ".part", "--raw"), ("first chunk", "", "--mp4"), ("first chunk", ".part", "--raw")],
)
def test_disk_of_which_nothing_can_be_read_is_an_error_that_names_the_file(
    desk: Desk, place: str, suffix: str, form: str
) -> None:
    sealed = desk.recording.rename(desk.recording.with_name(desk.recording.name + suffix))
    chunk = chunk_at(sealed, 0)
    first = {"header": 0, "nonce": chunk - 16, "first chunk": chunk}[place]
    ended = unseal(desk, sealed, range(first, 1 << 40), form)
    assert ended.returncode == 1
    assert f"{sealed}: Input/output error" in ended.stderr
    assert desk.files() == set()
