"""The vault: every step durable in the right order, nothing overwritten or erased by the way, nothing left after erasing."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
from pathlib import Path

import factory
import pytest
from factory import make_recording
from faults import FaultyDisk

from capture.errors import BadRequest, BoxUnusable, NotErasable, NotFound, SealBroken, Truncated, VaultFull
from capture.ids import RecordingId, new_recording_id
from capture.seal.keys import Identity
from capture.seal.stream import open_header
from capture.vault import Vault
from device.disk import SystemDisk


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


def test_header_and_name_are_durable_before_filming_may_begin(vault: Vault, disk: FaultyDisk, identity: Identity) -> None:
    part = vault.begin(new_recording_id(), [identity.recipient])
    assert disk.calls == ["create", "write", "sync", "write", "sync_folder"]
    assert part.path.name.endswith(".mp4.age.part")
    assert stat.S_IMODE(part.path.stat().st_mode) == 0o600


def test_header_hash_is_that_of_the_header_on_the_disk(vault: Vault, identity: Identity) -> None:
    recording = recorded(vault, identity)
    part = vault.begin(new_recording_id(), [identity.recipient])
    opened = vault.open(part.recording)
    header = vault.header(opened.fd)
    assert hashlib.sha256(header).hexdigest() == part.header_hash
    assert open_header(header, identity)[1] == len(header)
    assert vault.recordings() == [recording]


def test_published_recording_has_its_final_name_and_no_part(vault: Vault, disk: FaultyDisk, identity: Identity) -> None:
    recording = recorded(vault, identity)
    assert vault.parts() == []
    assert vault.recordings() == [recording]
    assert disk.calls[-2:] == ["rename", "sync_folder"]
    assert vault.open(recording).is_sealed


def test_every_recording_has_a_key_of_its_own(vault: Vault, identity: Identity) -> None:
    keys = set()
    for _ in range(3):
        opened = vault.open(recorded(vault, identity))
        keys.add(open_header(vault.header(opened.fd), identity)[0])
    assert len(keys) == 3


def test_the_age_tool_opens_it(vault: Vault, identity: Identity, tmp_path: Path) -> None:
    recording = recorded(vault, identity)
    key = tmp_path / "key.txt"
    key.write_text(identity.encode() + "\n")
    plain = subprocess.run(
        ["/usr/bin/age", "-d", "-i", key, tmp_path / f"{recording}.mp4.age"], check=True, capture_output=True, timeout=20
    ).stdout
    assert plain[4:12] == b"ftypiso5"


def test_id_that_was_used_is_never_written_again(vault: Vault, identity: Identity) -> None:
    recording = recorded(vault, identity)
    with pytest.raises(BoxUnusable):
        vault.begin(recording, [identity.recipient])
    part = vault.begin(new_recording_id(), [identity.recipient])
    with pytest.raises(BoxUnusable):
        vault.begin(part.recording, [identity.recipient])
    assert part.path.exists()


def test_opened_file_is_read_only_and_closed_on_exec(vault: Vault, identity: Identity) -> None:
    opened = vault.open(recorded(vault, identity))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(opened.fd, b"x")
    assert not os.get_inheritable(opened.fd)


def test_interrupted_recording_opens_as_such(vault: Vault, identity: Identity) -> None:
    part = vault.begin(new_recording_id(), [identity.recipient])
    part.abandon()
    opened = vault.open(part.recording)
    assert not opened.is_sealed
    assert vault.parts() == [part.recording]


def test_link_in_the_place_of_a_recording_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    recording = new_recording_id()
    secret = tmp_path / "secret"
    secret.write_text("other")
    (tmp_path / f"{recording}.mp4.age").symlink_to(secret)
    with pytest.raises(BoxUnusable):
        vault.open(recording)


@pytest.mark.parametrize("name", ["../../etc/passwd", "rec-", "", "rec-aaaa/../../../../x"])
def test_name_that_is_no_id_reaches_no_file(vault: Vault, name: str) -> None:
    with pytest.raises(BadRequest):
        vault.open(RecordingId(name))


def test_unknown_recording_is_not_found(vault: Vault) -> None:
    with pytest.raises(NotFound):
        vault.open(new_recording_id())


def test_full_disk_at_the_beginning_says_so_and_leaves_no_file(vault: Vault, disk: FaultyDisk, tmp_path: Path) -> None:
    disk.fail("write", errno.ENOSPC)
    with pytest.raises(VaultFull):
        vault.begin(new_recording_id(), [Identity.generate().recipient])
    assert list(tmp_path.iterdir()) == []


def test_whichever_step_of_beginning_fails_no_recording_begins(tmp_path: Path, identity: Identity) -> None:
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        disk.fail_at(number)
        with pytest.raises(BoxUnusable):
            Vault(folder, disk).begin(new_recording_id(), [identity.recipient])
        assert list(folder.iterdir()) == []


@pytest.mark.promise("P9")
def test_part_that_holds_footage_cannot_be_discarded(vault: Vault, identity: Identity) -> None:
    part = vault.begin(new_recording_id(), [identity.recipient])
    part.write(bytes(70_000))
    with pytest.raises(NotErasable):
        vault.discard(part)
    assert part.path.exists()


def test_part_into_which_nothing_was_filmed_is_taken_back(vault: Vault, identity: Identity, tmp_path: Path) -> None:
    vault.discard(vault.begin(new_recording_id(), [identity.recipient]))
    assert list(tmp_path.iterdir()) == []


def test_manifest_is_there_whole_after_its_folder_was_synced(vault: Vault, disk: FaultyDisk) -> None:
    recording = new_recording_id()
    vault.write_manifest(recording, b"{signed}")
    assert vault.read_manifest(recording) == b"{signed}"
    assert disk.calls[-6:] == ["create", "write", "sync", "close", "rename", "sync_folder"]


def test_manifest_is_written_again_after_a_power_cut_in_the_middle(vault: Vault, disk: FaultyDisk) -> None:
    recording = new_recording_id()
    disk.fail("rename")
    with pytest.raises(BoxUnusable):
        vault.write_manifest(recording, b"first")
    disk.heal()
    vault.write_manifest(recording, b"second")
    assert vault.read_manifest(recording) == b"second"


def test_manifest_longer_than_any_is_refused(vault: Vault, tmp_path: Path) -> None:
    recording = new_recording_id()
    (tmp_path / f"{recording}.json").write_bytes(bytes(70_000))
    with pytest.raises(SealBroken):
        vault.read_manifest(recording)


def test_header_of_something_else_is_refused(vault: Vault, tmp_path: Path) -> None:
    recording = new_recording_id()
    (tmp_path / f"{recording}.mp4.age").write_bytes(b"no age file" * 10_000)
    with pytest.raises(SealBroken):
        vault.header(vault.open(recording).fd)


def test_header_that_is_no_age_header_throughout_is_refused(vault: Vault, tmp_path: Path, identity: Identity) -> None:
    """Strictly parsed, not searched for: whatever hashes or opens it must mean the same bytes."""
    recording = recorded(vault, identity)
    sealed = tmp_path / f"{recording}.mp4.age"
    data = sealed.read_bytes()
    for changed in (data.replace(b"\n--- ", b"\n\n--- ", 1), data.replace(b"-> X25519 ", b"-- X25519 ", 1)):
        sealed.write_bytes(changed)
        with pytest.raises(SealBroken):
            vault.header(vault.open(recording).fd)


def test_header_that_is_cut_off_is_truncated(vault: Vault, tmp_path: Path, identity: Identity) -> None:
    recording = recorded(vault, identity)
    os.truncate(tmp_path / f"{recording}.mp4.age", 100)
    with pytest.raises(Truncated):
        vault.header(vault.open(recording).fd)


def test_room_is_what_the_disk_says(vault: Vault, tmp_path: Path) -> None:
    room = os.statvfs(tmp_path)
    assert vault.free_bytes() == pytest.approx(room.f_bavail * room.f_frsize, rel=0.05)
