"""`vigcam unseal`, as a practitioner runs it at a workstation."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
from pathlib import Path

import av
import pytest
from factory import SMALL, UnsyncedDisk, encode, make_recording
from sealed_files import SEALED_CHUNK, plaintext
from terminal import run_on_terminal
from workstation import AGE, FRAMES, VIGCAM, Desk, counters, film_recording, make_desk

from capture.keyring import normalise
from capture.plain_output import Existing, plain_output
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, seal_with_passphrase
from capture.vault import Vault


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    return film_recording(tmp_path_factory.mktemp("vault"))


@pytest.fixture
def desk(tmp_path: Path, filmed: tuple[Path, Identity]) -> Desk:
    return make_desk(tmp_path, filmed)


def opened_by_age(desk: Desk) -> bytes:
    return subprocess.run([AGE, "-d", "-i", desk.identity, desk.recording], capture_output=True, check=True, timeout=20).stdout


@pytest.mark.promise("P12")
def test_recording_becomes_an_ordinary_mp4_with_every_picture_once_and_in_order(desk: Desk) -> None:
    before = hashlib.sha256(desk.recording.read_bytes()).digest()
    ended = desk.unseal(desk.recording)
    assert ended.returncode == 0, ended.stderr
    film = desk.folder / desk.recording.name.removesuffix(".age")
    loop = len(encode(SMALL).video)
    assert counters(film) == [number % loop for number in range(FRAMES)]
    assert "0:06.0 of film" in ended.stderr
    assert stat.S_IMODE(film.stat().st_mode) == 0o600
    assert desk.files() == {film.name}
    assert hashlib.sha256(desk.recording.read_bytes()).digest() == before


def test_raw_gives_the_very_bytes_that_were_sealed(desk: Desk) -> None:
    assert desk.unseal(desk.recording, "--raw", "-o", "raw.mp4").returncode == 0
    assert (desk.folder / "raw.mp4").read_bytes() == opened_by_age(desk)


@pytest.mark.parametrize("plain", [b"", b"a note", plaintext(200_000), b"\0\0\0\x18ftypiso5" + plaintext(90_000)])
def test_anything_else_comes_out_as_it_was(desk: Desk, plain: bytes) -> None:
    sealed = desk.folder / "note.txt.age"
    sealed.write_bytes(seal_bytes(plain, [desk.key.recipient]))
    ended = desk.unseal(sealed)
    assert ended.returncode == 0, ended.stderr
    assert (desk.folder / "note.txt").read_bytes() == plain


def test_mp4_of_what_is_no_recording_is_a_wrong_use(desk: Desk) -> None:
    (desk.folder / "note.age").write_bytes(seal_bytes(b"a note that is no film", [desk.key.recipient]))
    assert desk.unseal("note.age", "--mp4").returncode == 2
    assert desk.files() == {"note.age"}


@pytest.mark.promise("P7")
def test_wrong_identity_is_refused_and_writes_nothing(desk: Desk) -> None:
    desk.identity.write_text(Identity.generate().encode())
    ended = desk.unseal(desk.recording)
    assert ended.returncode == 1
    assert "not sealed to that identity" in ended.stderr
    assert desk.files() == set()


@pytest.mark.promise("P8")
@pytest.mark.parametrize("zeros", [0, 100_000], ids=["cut", "filled up with zeros"])
def test_torn_recording_gives_what_it_holds_and_says_so(desk: Desk, zeros: int) -> None:
    torn = desk.recording.with_name(desk.recording.name + ".part")
    size = desk.recording.stat().st_size
    desk.recording.rename(torn)
    os.truncate(torn, size // 2)
    os.truncate(torn, size // 2 + zeros)
    ended = desk.unseal(torn)
    assert ended.returncode == 3
    film = desk.folder / torn.name.removesuffix(".age.part")
    seen = counters(film)
    loop = len(encode(SMALL).video)
    assert seen == [number % loop for number in range(len(seen))]
    assert FRAMES / 4 < len(seen) < FRAMES
    said = re.search(r"torn.*?([\d,]+) bytes, 0:(\d\d\.\d) of film", ended.stderr, re.DOTALL)
    assert said is not None
    assert int(said[1].replace(",", "")) == film.stat().st_size
    assert float(said[2]) == pytest.approx(len(seen) / SMALL.fps, abs=0.1)


def test_recording_with_a_bad_chunk_gives_nothing_that_is_not_the_film(desk: Desk) -> None:
    with desk.recording.open("r+b") as file:
        file.seek(3 * SEALED_CHUNK)
        file.write(bytes(64))
    assert desk.unseal(desk.recording, "-o", "film.mp4").returncode == 3
    seen = counters(desk.folder / "film.mp4")
    loop = len(encode(SMALL).video)
    assert seen == [number % loop for number in range(len(seen))]
    assert 0 < len(seen) < FRAMES


def test_recording_without_its_trailer_is_not_called_whole(desk: Desk) -> None:
    """Its final chunk is good, so somebody who holds the film sealed it anew: still its end is missing."""
    plain = opened_by_age(desk)
    desk.recording.write_bytes(seal_bytes(plain[: len(plain) // 2], [desk.key.recipient]))
    assert desk.unseal(desk.recording, "-o", "film.mp4").returncode == 3
    assert FRAMES / 4 < len(counters(desk.folder / "film.mp4")) < FRAMES


@pytest.mark.parametrize("place", ["trailer", "middle"])
def test_long_recording_gives_its_film_up_to_the_damage(desk: Desk, tmp_path: Path, place: str) -> None:
    seconds = 600  # the trailer is longer than a chunk, so that it can be damaged and the final chunk be good
    long = make_recording(Vault(tmp_path, UnsyncedDisk()), [desk.key.recipient], seconds, encode(SMALL))
    sealed = tmp_path / f"{long}.mp4.age"
    first_chunk = parse_header(sealed.read_bytes()).length + 16
    chunks = (sealed.stat().st_size - first_chunk - 1) // SEALED_CHUNK
    damaged, held_s = (chunks - 1, seconds) if place == "trailer" else (chunks // 3, seconds / 3)
    with sealed.open("r+b") as file:
        file.seek(first_chunk + (damaged + 1) * SEALED_CHUNK - 100)
        file.write(bytes(64))
    assert desk.unseal(sealed, "-o", "film.mp4").returncode == 3
    with av.open(str(desk.folder / "film.mp4")) as film:
        seen = film.streams.video[0].frames
        assert sum(packet.size > 0 for packet in film.demux(video=0)) == seen
    assert seen / SMALL.fps == pytest.approx(held_s, abs=5)


def test_damaged_file_gives_what_lies_before_the_damage(desk: Desk) -> None:
    plain, sealed = plaintext(20 * 65_536 + 5), desk.folder / "export.age"
    data = bytearray(seal_bytes(plain, [desk.key.recipient]))
    data[-5 - 16 - 4 * SEALED_CHUNK] ^= 1
    sealed.write_bytes(data)
    ended = desk.unseal(sealed)
    assert ended.returncode == 3
    assert "damaged" in ended.stderr
    assert (desk.folder / "export").read_bytes() == plain[: 16 * 65_536]


@pytest.mark.parametrize("left", [0, 10, 100, 400, 4000], ids=lambda left: f"{left} bytes")
def test_file_that_holds_nothing_any_more_writes_nothing(desk: Desk, left: int) -> None:
    os.truncate(desk.recording, left)
    for form in ((), ("--mp4",), ("--raw",)):
        ended = desk.unseal(desk.recording, *form)
        assert ended.returncode == 3
        assert "Traceback" not in ended.stderr
        assert desk.files() == set()


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0 a picture", b"-----BEGIN PRIVATE KEY-----\n", b"age-encryption.org/v2\n"])
def test_what_is_no_sealed_file_is_a_wrong_use(desk: Desk, content: bytes) -> None:
    desk.recording.write_bytes(content)
    ended = desk.unseal(desk.recording)
    assert ended.returncode == 2
    assert "not a sealed file" in ended.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("missing.age",), 1),
        (("missing",), 1),
        ((".",), 2),
        (("--mp4",), 2),
        (("{recording}", "-o", "no/such/folder/film.mp4"), 1),
        (("{recording}", "-o", "."), 1),
        (("{identity}",), 2),
        (("{recording}", "--keyring", "{identity}"), 2),
        (("{recording}", "--passphrase-file", "{identity}"), 2),
    ],
)
def test_wrong_words_have_a_clear_end(desk: Desk, words: tuple[str, ...], code: int) -> None:
    ended = desk.unseal(*(word.format(recording=desk.recording, identity=desk.identity) for word in words))
    assert ended.returncode == code, ended.stderr
    assert ended.stderr
    assert "Traceback" not in ended.stderr
    assert desk.files() == set()


def test_neither_identity_nor_keyring_is_a_wrong_use(desk: Desk) -> None:
    assert desk.run("unseal", desk.recording).returncode == 2


def test_line_of_an_identity_file_that_is_none_is_named_and_not_repeated(desk: Desk) -> None:
    secret = Identity.generate().encode()[:-1]
    desk.identity.write_text(f"# comment\n{secret}\n")
    ended = desk.unseal(desk.recording)
    assert ended.returncode == 2
    assert "line 2" in ended.stderr
    assert secret not in ended.stderr


def test_file_of_that_name_is_not_replaced_unless_forced(desk: Desk) -> None:
    film = desk.folder / "film.mp4"
    film.write_text("precious")
    assert desk.unseal(desk.recording, "-o", film).returncode == 1
    assert film.read_text() == "precious"
    assert desk.unseal(desk.recording, "-o", film, "--force").returncode == 0
    assert len(counters(film)) == FRAMES


def test_full_disk_leaves_neither_half_a_film_nor_harm_to_the_old_one(desk: Desk) -> None:
    film = desk.folder / "film.mp4"
    film.write_text("precious")
    ended = desk.run("unseal", desk.recording, "-i", desk.identity, "-o", film, "--force", limit_bytes=100_000)
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert film.read_text() == "precious"
    assert desk.files() == {"film.mp4"}


def test_output_broken_off_by_the_user_leaves_nothing(tmp_path: Path) -> None:
    def begin_and_break_off() -> None:
        with plain_output(tmp_path / "film.mp4", Existing.REFUSE) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin_and_break_off()
    assert list(tmp_path.iterdir()) == []


def test_file_that_got_the_name_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"

    def write_while_another_takes_the_name() -> None:
        with plain_output(film, Existing.REFUSE) as file:
            file.write(b"film")
            film.write_text("precious")

    with pytest.raises(FileExistsError):
        write_while_another_takes_the_name()
    assert film.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [film]


def keyring_of(desk: Desk, words: str) -> Path:
    """A keyring as the box keeps it, with a weak work factor."""
    content = f'{{"practitioner":"prac-abcdef","identity":"{desk.key.encode()}","signing_key":"{"0" * 64}"}}'
    path = desk.recording.with_name("prac-abcdef.age")
    path.write_bytes(seal_with_passphrase(content.encode(), normalise(words), 4))
    return path


def test_keyring_opens_with_the_passphrase_from_a_file(desk: Desk) -> None:
    keyring, words = keyring_of(desk, "six generated words"), desk.recording.with_name("words.txt")
    words.write_text("Six  generated words\n")
    ended = desk.run("unseal", desk.recording, "--keyring", keyring, "--passphrase-file", words)
    assert ended.returncode == 0, ended.stderr


def test_keyring_asks_for_its_passphrase_and_never_shows_it(desk: Desk) -> None:
    keyring, film = keyring_of(desk, "six generated words"), desk.folder / "film.mp4"
    command = [VIGCAM, "unseal", str(desk.recording), "--keyring", str(keyring), "-o", str(film)]
    said = run_on_terminal(command, ["six generated words"])
    assert len(counters(film)) == FRAMES
    assert "generated" not in said
    assert "Unsealing" in said


@pytest.mark.promise("P7")
def test_wrong_passphrase_is_refused(desk: Desk) -> None:
    keyring, words = keyring_of(desk, "six generated words"), desk.recording.with_name("words.txt")
    words.write_text("six generated word\n")
    ended = desk.run("unseal", desk.recording, "--keyring", keyring, "--passphrase-file", words)
    assert ended.returncode == 1
    assert "passphrase is not right" in ended.stderr
    assert desk.files() == set()
