"""A whole visit, then every byte that it left on disk, and the web process's memory: nothing personal, no key, no footage."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from whole_box import WholeBox

from capture import messages as m
from capture.container.movie import open_movie
from capture.model import Decision, Role
from capture.seal.bech32 import decode as decode_bech32
from capture.seal.keys import Identity, Recipient
from capture.seal.small import seal_bytes, unseal_with_passphrase
from capture.seal.stream import open_header
from capture.vault import Vault
from device.disk import SystemDisk

PLANTED_NAME = "Quillfeather-Ashgrove"
PLANTED_NOTE = "She laughed when the spoon fell, and looked for her mother"


def _files(*places: Path) -> Iterator[tuple[Path, bytes]]:
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()


def _assert_nowhere(secrets: dict[str, bytes], *places: Path) -> None:
    for path, data in _files(*places):
        for what, secret in secrets.items():
            assert secret not in data, f"{what} lies open in {path.name}"


def _identity(box: WholeBox) -> tuple[str, bytes]:
    """The practitioner's age identity, as text and as the 32 raw bytes."""
    sealed = (box.capture.folder / "keyrings" / f"{box.capture.username}.age").read_bytes()
    plain = unseal_with_passphrase(sealed, box.capture.passphrase)
    found = re.search(rb"AGE-SECRET-KEY-1[A-Z0-9]+", plain)
    assert found is not None
    text = found[0].decode()
    return text, bytes(decode_bech32(text)[1])


def _signing_key(box: WholeBox) -> bytes:
    sealed = (box.capture.folder / "keyrings" / f"{box.capture.username}.age").read_bytes()
    found = re.search(rb'"signing_key":"([0-9a-f]{64})"', unseal_with_passphrase(sealed, box.capture.passphrase))
    assert found is not None
    return bytes.fromhex(found[1].decode())


def _visit(box: WholeBox) -> str:
    """A visit with a name in every field that takes free text; returns the recording's id."""
    box.ready()
    stranger = box.new_laptop()
    stranger.get("/sign-in")
    # Somebody types a name where the user name belongs, and a passphrase that was meant for elsewhere.
    stranger.request("POST", "/sign-in", {"username": PLANTED_NAME, "passphrase": f"{PLANTED_NAME} secret words"})
    box.capture.press()
    time.sleep(0.5)
    stranger.request("GET", f"/cases/{PLANTED_NAME}?after={PLANTED_NAME}", {})
    family = box.family()
    box.arm(family)
    box.capture.press(1.15)
    recording_id = box.capture.wait_for("recording").recording_id
    time.sleep(2)
    box.capture.mark()
    time.sleep(0.5)
    box.capture.press()
    box.capture.wait_for("armed")
    for path in ("/", f"/recordings/{recording_id}", f"/recordings/{recording_id}/hash"):
        assert box.laptop.get(path).status == 200
    with box.laptop.stream(f"/recordings/{recording_id}/video.mp4", 0) as film:
        assert len(film.read()) > 100_000
    return recording_id


@pytest.mark.promise("P6")
@pytest.mark.promise("P7")
@pytest.mark.promise("P10")
def test_no_name_no_key_and_no_footage_lies_open_in_the_box_or_its_logs(whole_box: WholeBox) -> None:
    recording_id = _visit(whole_box)
    box = whole_box.capture
    identity_text, identity = _identity(whole_box)
    vault = Vault(box.folder / "vault", SystemDisk())
    opened = vault.open(recording_id)
    file_key, offset = open_header(vault.header(opened.fd), Identity.parse(identity_text))
    movie = open_movie(opened.fd, file_key, offset, is_sealed=True)
    plain = movie.read_at(0, movie.size)
    # Pieces of the film from its index, its pictures and its sound: 32 bytes never come about by chance.
    pieces = {f"footage at {at}": plain[at : at + 32] for at in range(64, len(plain) - 32, len(plain) // 40)}
    secrets = {
        "the planted name": PLANTED_NAME.encode(),
        "a person's label": b"Adult A",
        "the passphrase": box.passphrase.encode(),
        "the identity": identity_text.encode(),
        "the identity's bytes": identity,
        "the signing key": _signing_key(whole_box),
        "the file key": file_key,
        "the set-up code": box.provisioned.setup_code.encode(),
        **pieces,
    }
    # Before and after the end: write-ahead files, temporary files and what a clean end leaves.
    _assert_nowhere(secrets, box.folder, box.log, whole_box.web_log)
    whole_box.stop_web()
    assert box.stop() == 0
    _assert_nowhere(secrets, box.folder, box.log, whole_box.web_log)


@pytest.mark.promise("P7")
def test_a_personal_note_is_sealed_before_it_reaches_the_daemon(whole_box: WholeBox) -> None:
    whole_box.start()
    box = whole_box.capture
    box.enrol()
    signed_in = box.sign_in()
    recipients = [Recipient.parse(text) for text in signed_in.recipients]
    sealed = seal_bytes(PLANTED_NOTE.encode(), recipients)
    case = box.client.call(m.OpenCase(session=box.session, notes=sealed), m.CaseFound).case.code
    box.consent(case, *(2 * [box.add(case, "Adult A", Role.PARENT)]), decision=Decision.GIVEN)
    assert box.client.call(m.GetNotes(session=box.session, case=case), m.NotesFound).notes == sealed
    _assert_nowhere({"the note": PLANTED_NOTE.encode(), "a label": b"Adult A"}, box.folder, box.log, whole_box.web_log)


@pytest.mark.promise("P7")
def test_the_web_process_never_holds_an_identity_or_a_signing_key(whole_box: WholeBox) -> None:
    _visit(whole_box)
    identity_text, identity = _identity(whole_box)
    signing_key = _signing_key(whole_box)
    searched = 0
    for pid in whole_box.web_pids():
        for block in _memory(pid):
            searched += len(block)
            assert identity_text.encode() not in block
            assert identity_text.encode("utf-16-le") not in block
            assert identity not in block
            assert signing_key not in block
            assert signing_key.hex().encode() not in block
    assert searched > 20_000_000, "too little memory was readable for this to mean anything"


@pytest.mark.promise("P7")
def test_the_search_of_memory_finds_what_is_there(whole_box: WholeBox) -> None:
    whole_box.start()
    secret = whole_box.port.to_bytes(2, "big") + b"vigcam"
    fingerprint = whole_box.capture.status().box_id.encode()
    whole_box.laptop.get("/")
    assert any(fingerprint in block for pid in whole_box.web_pids() for block in _memory(pid))
    assert not any(secret in block for pid in whole_box.web_pids() for block in _memory(pid))


def _memory(pid: int) -> Iterator[bytes]:
    """The readable, writable memory of a process, block by block. Needs root, or the same user and a permissive ptrace scope."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if found is None or "[vvar" in line:
                continue
            start, end = (int(text, 16) for text in found.groups())
            while start < end:
                # Blocks overlap, so that nothing hides across a border.
                memory.seek(start)
                try:
                    yield memory.read(min(end - start, 16 << 20) + 64)
                except OSError:
                    break
                start += 16 << 20


@pytest.mark.promise("P6")
def test_the_daemon_leaves_no_core_dump_and_cannot_be_looked_into(whole_box: WholeBox) -> None:
    whole_box.start()
    assert whole_box.capture.process is not None
    limits = Path(f"/proc/{whole_box.capture.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0", limits)


@pytest.mark.promise("P12")
def test_nothing_speaks_to_anybody_but_loopback(whole_box: WholeBox) -> None:
    _visit(whole_box)
    assert whole_box.capture.process is not None
    assert _sockets(whole_box.capture.process.pid, "tcp", "tcp6", "udp", "udp6") == set()
    for pid in whole_box.web_pids():
        assert _sockets(pid, "udp", "udp6", "tcp6") == set()
        assert all(line.split()[2].startswith(("0100007F:", "00000000:")) for line in _sockets(pid, "tcp"))


def _sockets(pid: int, *tables: str) -> set[str]:
    """The process's own lines of the kernel's socket tables."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    lines: set[str] = set()
    for table in tables:
        rows = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        lines |= {row for row in rows if row.split()[9] in inodes}
    return lines


def test_the_film_that_was_searched_for_really_is_a_film(whole_box: WholeBox, tmp_path: Path) -> None:
    recording_id = _visit(whole_box)
    copy = tmp_path / "film.mp4"
    with whole_box.laptop.stream(f"/recordings/{recording_id}/video.mp4", 0) as film:
        copy.write_bytes(film.read())
    with av.open(str(copy)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 50
