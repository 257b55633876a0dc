"""`vigcam unseal` takes any age file: armored, post-quantum, or sealed by a passphrase."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sealed_files import plaintext
from terminal import run_on_terminal
from workstation import AGE, FRAMES, VIGCAM, Desk, counters, film_recording, make_desk

from capture.seal import hybrid
from capture.seal.armor import ArmorWriter
from capture.seal.header import Stanza, encode_base64, write_header
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, seal_with_passphrase


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    return film_recording(tmp_path_factory.mktemp("vault"))


@pytest.fixture
def desk(tmp_path: Path, filmed: tuple[Path, Identity]) -> Desk:
    return make_desk(tmp_path, filmed)


def armored(data: bytes) -> bytes:
    lines: list[bytes] = []
    armor = ArmorWriter(lines.append)
    armor.write(data)
    armor.finish()
    return b"".join(lines)


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
def test_armored_file_opens_as_the_binary_one_does(desk: Desk, ending: str) -> None:
    plain = plaintext(200_000)
    command = [AGE, "-a", "-r", desk.key.recipient.encode()]
    text = subprocess.run(command, input=plain, capture_output=True, check=True, timeout=20).stdout
    (desk.folder / "note.age").write_bytes(b" \n" + text.replace(b"\n", ending.encode()))
    ended = desk.unseal("note.age")
    assert ended.returncode == 0, ended.stderr
    assert (desk.folder / "note").read_bytes() == plain


def test_recording_that_was_armored_on_its_way_is_still_a_film(desk: Desk) -> None:
    desk.recording.write_bytes(armored(desk.recording.read_bytes()))
    assert desk.unseal(desk.recording, "-o", "film.mp4").returncode == 0
    assert len(counters(desk.folder / "film.mp4")) == FRAMES


@pytest.mark.parametrize("harm", [lambda text: text[:-40], lambda text: text.replace(b"\n", b" \n", 2)], ids=["torn", "changed"])
def test_damaged_armor_is_told_and_writes_nothing(desk: Desk, harm: Callable[[bytes], bytes]) -> None:
    (desk.folder / "note.age").write_bytes(harm(armored(seal_bytes(b"a note", [desk.key.recipient]))))
    ended = desk.unseal("note.age")
    assert ended.returncode == 3
    assert "damaged" in ended.stderr
    assert desk.files() == {"note.age"}


def test_identity_file_may_hold_post_quantum_identities_among_others(desk: Desk) -> None:
    modern = hybrid.Identity.generate()
    desk.identity.write_text(
        f"# mine\n\n{Identity.generate().encode()}\r\n# new\n{hybrid.Identity.generate().encode()}\n{modern.encode()}\n"
    )
    (desk.folder / "note.age").write_bytes(seal_bytes(b"a note", [hybrid.Identity.generate().recipient, modern.recipient]))
    ended = desk.unseal("note.age")
    assert ended.returncode == 0, ended.stderr
    assert (desk.folder / "note").read_bytes() == b"a note"


def test_texts_may_begin_with_the_mark_that_windows_sets(desk: Desk) -> None:
    desk.identity.write_text(desk.key.encode(), "utf-8-sig")
    assert desk.unseal(desk.recording).returncode == 0
    (desk.folder / "note.age").write_bytes(seal_with_passphrase(b"a note", "six words", 4))
    held = desk.recording.with_name("words.txt")
    held.write_text("six words\n", "utf-8-sig")
    assert desk.run("unseal", "note.age", "--passphrase-file", held).returncode == 0


def test_file_that_is_sealed_by_a_passphrase_asks_for_it_and_never_shows_it(desk: Desk) -> None:
    (desk.folder / "note.age").write_bytes(seal_with_passphrase(b"a note", "Six  generated words", 4))
    note = desk.folder / "note"
    said = run_on_terminal([VIGCAM, "unseal", str(desk.folder / "note.age"), "-o", str(note)], ["Six  generated words"])
    assert note.read_bytes() == b"a note"
    assert "generated" not in said


@pytest.mark.parametrize(("words", "code"), [("six generated words", 0), ("Six generated words", 1)])
def test_passphrase_from_a_file_opens_what_it_sealed_and_nothing_else(desk: Desk, words: str, code: int) -> None:
    (desk.folder / "note.age").write_bytes(seal_with_passphrase(b"a note", "six generated words", 4))
    held = desk.recording.with_name("words.txt")
    held.write_text(f"{words}\r\n")
    ended = desk.run("unseal", "note.age", "--passphrase-file", held)
    assert ended.returncode == code
    assert ("passphrase is not right" in ended.stderr) is (code == 1)
    assert ("note" in desk.files()) is (code == 0)


def test_identity_for_what_opens_by_a_passphrase_is_a_wrong_use(desk: Desk) -> None:
    (desk.folder / "note.age").write_bytes(seal_with_passphrase(b"a note", "six generated words", 4))
    ended = desk.unseal("note.age")
    assert ended.returncode == 2
    assert "passphrase" in ended.stderr


@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
def test_passphrase_typed_in_another_coding_is_a_wrong_use_and_never_shown(desk: Desk, locale: str) -> None:
    (desk.folder / "note.age").write_bytes(seal_with_passphrase(b"a note", "six generated words", 4))
    command = ["/usr/bin/env", f"LC_ALL={locale}", VIGCAM, "unseal", "note.age"]
    ended = subprocess.run(command, cwd=desk.folder, input=b"g\xe9n\xe9r\xe9\n", capture_output=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert b"UTF-8" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_passphrase_that_needs_more_memory_than_there_is_has_a_clear_end(desk: Desk) -> None:
    stanza = Stanza(("scrypt", encode_base64(bytes(16)).decode("ascii"), "20"), bytes(32))
    (desk.folder / "note.age").write_bytes(write_header(bytes(16), [stanza]) + bytes(100))
    (desk.folder / "words").write_text("six generated words")
    command = ["/usr/bin/prlimit", "--as=900000000", VIGCAM, "unseal", "note.age", "--passphrase-file", "words"]
    ended = subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "memory" in ended.stderr
    assert "Traceback" not in ended.stderr
