"""What `vigcam unseal` writes, and where: no plaintext outlives a command that was ended, nothing it is made from is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sealed_files import plaintext
from workstation import Desk

from capture.plain_output import Existing, plain_output
from capture.seal.armor import ArmorWriter
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes
from capture.unsealing import sealed_file

PLAIN = plaintext(3 << 20)
ENDED_WHILE_WRITING = """
import os, signal, sys
from webui.cli import main
write, number = os.pwrite, int(sys.argv.pop(1))
def end_and_write(fd, data, offset):
    os.kill(os.getpid(), number)
    return write(fd, data, offset)
os.pwrite = end_and_write
main()
"""
"""`vigcam`, told to end before each block that it writes: a closed terminal often says so more than once."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    key, folder = Identity.generate(), tmp_path / "desk"
    folder.mkdir()
    note, identity = tmp_path / "note.age", tmp_path / "identity.txt"
    note.write_bytes(seal_bytes(PLAIN, [key.recipient]))
    identity.write_text(key.encode())
    return Desk(folder, note, identity, key)


def unseal_and_end(desk: Desk, number: signal.Signals, before: signal.Handlers = signal.SIG_DFL) -> int:
    """The exit code of an unsealing that gets this signal in its midst; `before` is what its parent had set for it."""
    command = [sys.executable, "-c", ENDED_WHILE_WRITING, str(number.value), "unseal", desk.recording, "-i", desk.identity]
    ended = subprocess.run(
        command, cwd=desk.folder, capture_output=True, check=False, timeout=60, preexec_fn=lambda: signal.signal(number, before)
    )
    assert b"Traceback" not in ended.stderr
    return ended.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_unsealing_that_is_told_to_end_leaves_nothing(desk: Desk, number: signal.Signals) -> None:
    assert unseal_and_end(desk, number) == 1
    assert desk.files() == set()


def test_unsealing_that_may_outlive_its_terminal_goes_on(desk: Desk) -> None:
    assert unseal_and_end(desk, signal.SIGHUP, signal.SIG_IGN) == 0
    assert (desk.folder / "note").read_bytes() == PLAIN


@pytest.mark.parametrize("own", ["note.age", "identity.txt", "link to the identity"])
def test_nothing_that_the_output_is_made_from_is_replaced_by_it(desk: Desk, own: str) -> None:
    target = desk.recording.with_name(own)
    if own.startswith("link"):
        os.link(desk.identity, target)
    before = target.read_bytes()
    ended = desk.unseal(desk.recording, "-o", target, "--force")
    assert ended.returncode == 2
    assert "made from" in ended.stderr
    assert target.read_bytes() == before


@pytest.mark.parametrize("option", ["--keyring", "--passphrase-file"])
def test_neither_keyring_nor_passphrase_is_replaced_by_what_it_opens(desk: Desk, option: str) -> None:
    held = desk.recording.with_name("held")
    held.write_text("precious")
    assert "made from" in desk.run("unseal", desk.recording, option, held, "-o", held, "--force").stderr
    assert held.read_text() == "precious"


def test_only_an_ordinary_file_is_ever_replaced(desk: Desk) -> None:
    pipe, link = desk.folder / "pipe", desk.folder / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/null")
    for target in (pipe, link, desk.folder):
        ended = desk.unseal(desk.recording, "-o", target, "--force")
        assert ended.returncode == 1
        assert "File exists" in ended.stderr
    assert pipe.is_fifo()
    assert link.is_char_device()


def test_link_is_replaced_and_not_what_it_points_to(desk: Desk) -> None:
    precious, link = desk.recording.with_name("precious"), desk.folder / "link"
    precious.write_text("precious")
    link.symlink_to(precious)
    assert desk.unseal(desk.recording, "-o", link, "--force").returncode == 0
    assert link.read_bytes() == PLAIN
    assert precious.read_text() == "precious"


def test_output_may_have_as_long_a_name_as_the_file_system_takes(desk: Desk) -> None:
    name = "n" * 255
    ended = desk.unseal(desk.recording, "-o", name)
    assert ended.returncode == 0, ended.stderr
    assert desk.files() == {name}


def test_what_cannot_be_read_twice_is_refused_at_once_by_its_name(desk: Desk) -> None:
    pipe = desk.recording.with_name("pipe.age")
    os.mkfifo(pipe)  # to open it would wait for a writer
    for source in (pipe, Path("/dev/zero"), desk.folder):
        ended = desk.unseal(source, "-o", "out")
        assert ended.returncode == 1
        assert str(source) in ended.stderr
    assert desk.files() == set()


@pytest.mark.parametrize("option", ["-i", "--keyring", "--passphrase-file"])
def test_secret_that_is_longer_than_any_is_not_read_in_part(desk: Desk, option: str) -> None:
    long = desk.recording.with_name("long")
    long.write_text(f"{desk.key.encode()}\n" + "# and so on\n" * 100_000)
    besides = ("--keyring", desk.identity) if option == "--passphrase-file" else ()
    ended = desk.run("unseal", desk.recording, *besides, option, long)
    assert ended.returncode == 2
    assert "too long" in ended.stderr
    assert desk.files() == set()


def run_patched(desk: Desk, patch: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """`vigcam unseal` in a system that is as `patch` makes it."""
    command = [sys.executable, "-c", f"{patch}\nfrom webui.cli import main\nmain()", "unseal", *map(str, words)]
    return subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False, timeout=60)


NO_NEW_FILES = """
import errno, os
open_file = os.open
def refuse_new(path, flags, *more, **named):
    if flags & os.O_CREAT:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
    return open_file(path, flags, *more, **named)
os.open = refuse_new
"""
"""A folder in which the user may not write: permissions do not hold back whoever runs the tests."""


def test_folder_that_takes_no_file_is_reported_by_the_name_that_was_asked_for(desk: Desk) -> None:
    ended = run_patched(desk, NO_NEW_FILES, desk.recording, "-i", desk.identity, "-o", "film.mp4")
    assert ended.returncode == 1
    assert "film.mp4: Permission denied" in ended.stderr
    assert "unfinished" not in ended.stderr


def test_folder_that_is_not_there_is_reported_by_the_name_that_was_asked_for(desk: Desk) -> None:
    ended = desk.unseal(desk.recording, "-o", "no/such/film.mp4")
    assert "no/such/film.mp4: No such file" in ended.stderr


def test_name_that_cannot_be_given_at_the_end_is_the_one_that_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def write_while_the_folder_goes() -> None:
        with plain_output(folder / "film.mp4", Existing.REFUSE):
            folder.rename(tmp_path / "elsewhere")

    with pytest.raises(FileNotFoundError) as raised:
        write_while_the_folder_goes()
    assert "unfinished" not in str(raised.value)
    assert raised.value.filename == str(folder / "film.mp4")


FULL_TMP = """
import resource, tempfile
tempfile.tempdir = "/dev/shm"
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
"""
"""No file may become longer than a megabyte: the first that would is the one that armor is unpacked into."""


def test_full_folder_of_temporary_files_is_reported_as_such(desk: Desk) -> None:
    armored = desk.recording.with_name("armored.age")
    armored.write_bytes(armor(desk.recording.read_bytes()))
    ended = run_patched(desk, FULL_TMP, armored, "-i", desk.identity, "-o", "note")
    assert ended.returncode == 1
    assert "/dev/shm: File too large" in ended.stderr
    assert desk.files() == set()


def armor(data: bytes) -> bytes:
    pieces: list[bytes] = []
    writer = ArmorWriter(pieces.append)
    writer.write(data)
    writer.finish()
    return b"".join(pieces)


def test_key_of_an_opened_file_is_never_shown_in_a_repr(desk: Desk) -> None:
    with sealed_file(desk.recording) as sealed:
        opened = sealed.open_with([desk.key])
        shown = f"{opened!r} {sealed!r}"
    assert repr(opened.file_key) not in shown
    assert opened.file_key.hex() not in shown
