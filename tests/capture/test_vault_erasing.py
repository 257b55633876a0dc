"""The vault erasing: everything of a recording goes, its header first, and whoever holds a file open holds nothing."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import factory
import pytest
from factory import make_recording
from faults import FaultyDisk

from capture.errors import BoxUnusable, NotFound, VigcamError
from capture.ids import RecordingId, new_recording_id
from capture.model import ErasureMethod
from capture.seal.keys import Identity
from capture.vault import Vault
from device.disk import SystemDisk

LONGEST_HEADER = 65_536
"""No header of a vault is longer."""


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk(SystemDisk())


@pytest.fixture
def vault(tmp_path: Path, disk: FaultyDisk) -> Vault:
    return Vault(tmp_path, disk)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


def recorded(vault: Vault, identity: Identity) -> RecordingId:
    return make_recording(vault, [identity.recipient], 2, factory.encode())


def test_erasing_removes_all_three_files(vault: Vault, disk: FaultyDisk, identity: Identity, tmp_path: Path) -> None:
    recording = recorded(vault, identity)
    vault.write_manifest(recording, b"{}")
    (tmp_path / f"{recording}.poster.age").write_bytes(b"sealed poster")
    vault.erase(recording)
    assert list(tmp_path.iterdir()) == []
    assert disk.calls[-1] == "sync_folder"


@pytest.mark.promise("P9")
def test_erasing_leaves_no_file_of_a_recording_whoever_made_it_and_all_of_the_others(
    vault: Vault, identity: Identity, tmp_path: Path
) -> None:
    recording, other = recorded(vault, identity), recorded(vault, identity)
    for each in (recording, other):
        for end in (".json", ".json.new", ".poster.age", ".clip-2222222222.age", ".still-3.age", ".mp4.age.part", ".later"):
            (tmp_path / f"{each}{end}").write_bytes(b"sealed or signed")
    (tmp_path / f"x{recording}.mp4.age").write_bytes(b"not of it")
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.startswith(recording)}
    assert vault.erase(recording) is ErasureMethod.HEADER_OVERWRITTEN
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


@pytest.mark.promise("P9")
def test_whoever_holds_a_film_or_a_clip_open_while_it_is_erased_holds_nothing(
    vault: Vault, identity: Identity, tmp_path: Path
) -> None:
    recording = recorded(vault, identity)
    clip = tmp_path / f"{recording}.clip-2222222222.age"
    clip.write_bytes(b"age-encryption.org/v1 and so on" * 9)
    held = [vault.open(recording).fd, os.open(clip, os.O_RDWR)]
    mapped = mmap.mmap(held[0], 0, prot=mmap.PROT_READ)
    assert mapped[:3] == b"age"
    vault.erase(recording)
    for fd in held:
        assert os.fstat(fd).st_size == 0
        assert os.pread(fd, 1 << 20, 0) == b""
        assert os.fstat(fd).st_nlink == 0
        os.close(fd)


@pytest.mark.promise("P9")
def test_not_a_byte_of_the_header_is_left_in_its_place_when_the_file_is_cut(
    vault: Vault, disk: FaultyDisk, identity: Identity
) -> None:
    recording = recorded(vault, identity)
    held = vault.open(recording)
    header = vault.header(held.fd)
    before = os.pread(held.fd, LONGEST_HEADER, 0)
    assert len(before) == LONGEST_HEADER
    disk.fail("truncate")
    with pytest.raises(BoxUnusable):
        vault.erase(recording)
    after = os.pread(held.fd, LONGEST_HEADER, 0)
    nonce = slice(len(header), len(header) + 16)
    assert after[nonce] != before[nonce], "the payload's nonce goes too"
    assert not [line for line in header.splitlines() if len(line) > 8 and line in after]
    assert sum(one == two for one, two in zip(before, after, strict=True)) < len(before) / 16, "by chance alone"


def test_a_link_in_the_place_of_a_film_is_removed_and_what_it_leads_to_is_not_touched(vault: Vault, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "film").write_bytes(b"another's")
    recording = new_recording_id()
    (tmp_path / f"{recording}.mp4.age").symlink_to(folder / "film")
    vault.erase(recording)
    assert (folder / "film").read_bytes() == b"another's"
    assert list(tmp_path.iterdir()) == [folder]


def test_erasing_overwrites_the_header_durably_before_the_name_goes(vault: Vault, disk: FaultyDisk, identity: Identity) -> None:
    recording = recorded(vault, identity)
    held = vault.open(recording)
    header = vault.header(held.fd)
    disk.fail("sync")
    with pytest.raises(BoxUnusable):
        vault.erase(recording)
    assert os.pread(held.fd, len(header), 0) != header, "the header was still there when its overwriting was made durable"
    assert vault.recordings() == [recording]
    disk.heal()
    vault.erase(recording)
    assert os.fstat(held.fd).st_size == 0
    with pytest.raises(NotFound):
        vault.open(recording)


def test_erasure_that_failed_anywhere_can_be_repeated(tmp_path: Path, identity: Identity) -> None:
    for number in range(9):
        folder = tmp_path / str(number)
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        vault = Vault(folder, disk)
        recording = recorded(vault, identity)
        vault.write_manifest(recording, b"{}")
        disk.fail_at(len(disk.calls) + number)
        with pytest.raises(VigcamError):
            vault.erase(recording)
        disk.heal()
        if list(folder.iterdir()):
            vault.erase(recording)
        assert list(folder.iterdir()) == []


def test_erasing_what_is_not_there_is_not_found(vault: Vault) -> None:
    with pytest.raises(NotFound):
        vault.erase(new_recording_id())
