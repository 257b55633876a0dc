"""`vigcam rewrap`, as whoever holds the recovery identity runs it at a workstation."""

from __future__ import annotations

import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from handed_over import Packer, header_of
from terminal import run_on_terminal
from workstation import AGE, Desk, film_recording, make_desk

from capture.handover.package import hash_of, read_package
from capture.handover.result import read_result
from capture.seal.armor import ArmorWriter
from capture.seal.envelope import open_header
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.rewrap import rewrap_header


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    return film_recording(tmp_path_factory.mktemp("vault"))


@pytest.fixture
def desk(tmp_path: Path, filmed: tuple[Path, Identity]) -> Desk:
    return make_desk(tmp_path, filmed)


@pytest.fixture
def packer(tmp_path: Path) -> Packer:
    return Packer.create(tmp_path)


def with_recovery(desk: Desk, packer: Packer, package: bytes) -> tuple[Desk, Path]:
    """The same workstation with the recovery identity in its identity file, and a package."""
    desk.identity.write_text(packer.recovery.encode() + "\n")
    (desk.folder.parent / "package").write_bytes(package)
    return replace(desk, key=packer.recovery), desk.folder.parent / "package"


def rewrap(desk: Desk, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return desk.run("rewrap", *words, "-i", desk.identity, "-o", "out")


def opens(desk: Desk, identity: Identity) -> bool:
    key = desk.folder.parent / "key"
    key.write_text(identity.encode() + "\n")
    command = [AGE, "-d", "-i", key, desk.folder / "out"]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


def test_recording_opens_for_its_new_recipient_and_no_longer_for_the_old(desk: Desk) -> None:
    new = Identity.generate()
    ended = rewrap(desk, desk.recording, "--to", new.recipient.encode())
    assert ended.returncode == 0, ended.stderr
    assert new.recipient.fingerprint in ended.stderr.replace("\n", "")
    assert opens(desk, new)
    assert not opens(desk, desk.key)
    assert stat.S_IMODE((desk.folder / "out").stat().st_mode) == 0o600


@pytest.mark.parametrize("armor", [(), ("-a",)], ids=["binary", "armored"])
def test_identity_file_that_age_sealed_by_a_passphrase_opens_and_stays_as_it_is(desk: Desk, armor: tuple[str, ...]) -> None:
    new, sealed = Identity.generate(), desk.folder / "sealed-identity"
    plain = desk.identity.read_text().strip().splitlines()[-1]
    (desk.folder / "plain").write_text(plain + "\n")
    command = [AGE, "-p", *armor, "-o", str(sealed), str(desk.folder / "plain")]
    run_on_terminal(command, ["some long words", "some long words"])
    before, words = sealed.read_bytes(), desk.folder / "words"
    asked = ("rewrap", desk.recording, "--to", new.recipient.encode(), "-i", sealed, "--passphrase-file", words, "-o", "out")
    words.write_text("other words\n")
    ended = desk.run(*asked)
    assert ended.returncode == 1
    assert "passphrase is not right" in ended.stderr
    assert not (desk.folder / "out").exists()
    words.write_text("some long words\n")
    ended = desk.run(*asked)
    assert ended.returncode == 0, ended.stderr
    assert opens(desk, new)
    assert sealed.read_bytes() == before


def test_armored_file_is_passed_on_too(desk: Desk) -> None:
    new, armored = Identity.generate(), desk.folder / "film.txt"
    with armored.open("wb") as file:
        writer = ArmorWriter(file.write)
        writer.write(desk.recording.read_bytes())
        writer.finish()
    assert rewrap(desk, armored, "--to", new.recipient.encode()).returncode == 0
    assert opens(desk, new)


@pytest.mark.parametrize("words", [(), ("--to", "age1nobody")])
def test_sealed_file_takes_recipients_that_are_some(desk: Desk, words: tuple[str, ...]) -> None:
    assert rewrap(desk, desk.recording, *words).returncode == 2
    assert desk.files() == set()


def test_stranger_passes_no_recording_on(desk: Desk) -> None:
    desk.identity.write_text(Identity.generate().encode() + "\n")
    ended = rewrap(desk, desk.recording, "--to", Identity.generate().recipient.encode())
    assert ended.returncode == 1
    assert desk.files() == set()


def test_recording_is_never_written_over(desk: Desk) -> None:
    before = desk.recording.read_bytes()
    words = ("rewrap", desk.recording, "-i", desk.identity, "--to", desk.key.recipient.encode(), "-o", desk.recording, "--force")
    assert desk.run(*words).returncode == 2
    assert desk.recording.read_bytes() == before


def test_package_comes_back_as_headers_that_the_taker_alone_opens(desk: Desk, packer: Packer) -> None:
    data = packer.signed()
    desk, file = with_recovery(desk, packer, data)
    ended = rewrap(desk, file, "--taker", packer.taker.recipient.fingerprint, "--box-key", packer.key.public_hex)
    assert ended.returncode == 0, ended.stderr
    package, result = read_package(data), read_result((desk.folder / "out").read_bytes())
    assert (result.package_hash, result.case, result.taker) == (hash_of(data), package.case, package.taker)
    old = [*package.statements, *package.recordings]
    new = [*result.statements, *result.recordings]
    assert [one.old_hash for one in new] == [hash_of(one.header) for one in old]
    for before, after in zip(old, new, strict=True):
        assert open_header(after.header, packer.taker)[0] == open_header(before.header, packer.giver)[0]
        assert len(parse_header(after.header).stanzas) == 1


def test_notes_inside_a_statement_get_a_header_too(desk: Desk, packer: Packer) -> None:
    notes = packer.seal(b"the helping question")
    statement = packer.seal(msgspec.json.encode({"text": msgspec.json.encode({"content": {"notes": notes}}).decode()}))
    desk, file = with_recovery(desk, packer, packer.signed(packer.package(noted=statement)))
    assert rewrap(desk, file, "--taker", packer.taker.recipient.fingerprint).returncode == 0
    header = read_result((desk.folder / "out").read_bytes()).notes
    assert open_header(header, packer.taker)[0] == open_header(notes, packer.giver)[0]
    assert header_of(header) == header


def test_fingerprint_that_is_not_the_takers_passes_nothing_on(desk: Desk, packer: Packer) -> None:
    desk, file = with_recovery(desk, packer, packer.signed())
    ended = rewrap(desk, file, "--taker", packer.giver.recipient.fingerprint)
    assert ended.returncode == 1
    assert packer.taker.recipient.fingerprint in ended.stderr
    assert desk.files() == set()


def test_package_of_another_box_than_the_known_one_is_refused(desk: Desk, packer: Packer) -> None:
    desk, file = with_recovery(desk, packer, packer.signed())
    assert rewrap(desk, file, "--taker", packer.taker.recipient.fingerprint, "--box-key", "0" * 64).returncode == 1
    assert desk.files() == set()


def test_package_with_another_recipient_put_in_is_refused(desk: Desk, packer: Packer) -> None:
    mine, theirs = Identity.generate().recipient.encode(), packer.taker.recipient.encode()
    desk, file = with_recovery(desk, packer, packer.signed().replace(theirs.encode(), mine.encode()))
    ended = rewrap(desk, file, "--taker", Identity.generate().recipient.fingerprint)
    assert ended.returncode == 3, ended.stderr
    assert "the package is not as a box signed it" in ended.stderr.replace("\n", " ")
    assert desk.files() == set()


def test_identity_that_opens_only_some_of_it_passes_nothing_on(desk: Desk, packer: Packer) -> None:
    package = packer.package()
    foreign = rewrap_header(package.recordings[1].header, [packer.recovery], [packer.taker.recipient])
    swapped = msgspec.structs.replace(package.recordings[1], header=foreign)
    package = msgspec.structs.replace(package, recordings=(package.recordings[0], swapped))
    desk, file = with_recovery(desk, packer, packer.signed(package))
    ended = rewrap(desk, file, "--taker", packer.taker.recipient.fingerprint)
    assert ended.returncode == 1
    assert package.recordings[1].recording_id in ended.stderr
    assert desk.files() == set()


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_package_cut_short_is_refused(desk: Desk, packer: Packer, cut: int) -> None:
    desk, file = with_recovery(desk, packer, packer.signed()[:-cut])
    assert rewrap(desk, file, "--taker", packer.taker.recipient.fingerprint).returncode in {2, 3}
    assert desk.files() == set()
