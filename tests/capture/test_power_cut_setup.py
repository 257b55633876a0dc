"""Power that fails while a box is made or somebody is enrolled: then there is the whole of it, or nothing that would start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from disk_record import RecordingDisk, Tape
from disk_replay import Kept, cut_at, kept_after
from factory import UnsyncedDisk
from record_box import PASSPHRASE, WORK_FACTOR

from capture.audit.verify import Verdict, verify_log
from capture.config import FILE_NAME, load_config
from capture.device_key import DeviceKey
from capture.errors import BoxUnusable, NotFound, VigcamError
from capture.ids import PractitionerId, new_practitioner_id
from capture.keyring import Keyrings
from capture.provision import provision
from capture.recipients import Recipients
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from device.clock import SystemClock
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P8")


def _disks(tape: Tape[None], scratch: Path) -> Iterator[tuple[int, Kept, Path]]:
    """Every disk of every cut once, laid out in a folder of its own."""
    seen = set()
    for at in range(len(tape.steps) + 1):
        for kept in kept_after(cut_at(tape, at), samples=1):
            content = tuple(sorted(kept.contents.items()))
            if content not in seen:
                seen.add(content)
                folder = scratch / f"{len(seen)}"
                folder.mkdir(parents=True)
                kept.lay(folder)
                yield at, kept, folder


def test_a_box_that_starts_is_a_whole_box_and_any_other_says_that_it_is_none(tmp_path: Path) -> None:
    recovery = Identity.generate()
    disk: RecordingDisk[None] = RecordingDisk(SystemDisk())
    box = tmp_path / "box"
    tape = disk.roll(box, [], lambda: None)
    provision(
        box,
        recovery.recipient,
        lambda challenge: unseal_bytes(challenge, recovery).decode(),
        names=("localhost",),
        addresses=("127.0.0.1",),
        port=8443,
        disk=disk,
        clock=SystemClock(),
    )
    disk.stop()
    whole = {path.relative_to(box) for path in box.rglob("*") if path.is_file()}
    boxes = 0
    for at, kept, folder in _disks(tape, tmp_path / "cut"):
        what = f"cut {at}: {kept.rule}"
        if Path(FILE_NAME) not in kept.contents:
            with pytest.raises(BoxUnusable):
                load_config(folder / FILE_NAME)
            continue
        boxes += 1
        load_config(folder / FILE_NAME)
        assert set(kept.contents) == whole, what
        key = DeviceKey.load(folder / "device.key")
        assert Recipients(folder / "recipients", key, disk).recovery().encode() == recovery.recipient.encode(), what
        assert verify_log(folder / "audit.log", None, known_key=key.public_hex).verdict is Verdict.GOOD, what
        assert all((folder / path).read_bytes() == (box / path).read_bytes() for path in whole), what
    assert boxes > 0


def test_a_practitioner_is_there_with_a_keyring_that_opens_or_not_at_all(tmp_path: Path) -> None:
    box = tmp_path / "box"
    for name in ("keyrings", "recipients"):
        (box / name).mkdir(parents=True)
    key = DeviceKey.create(tmp_path / "device.key", SystemDisk())
    disk: RecordingDisk[None] = RecordingDisk(SystemDisk())
    tape = disk.roll(box, [], lambda: None)
    practitioner = new_practitioner_id()
    Keyrings(box / "keyrings", box / "recipients", key, disk, WORK_FACTOR).enrol(practitioner, PASSPHRASE)
    disk.stop()
    found = {_signs_in(folder, key, practitioner) for _, _, folder in _disks(tape, tmp_path / "cut")}
    assert found == {True, False}


def _signs_in(folder: Path, key: DeviceKey, practitioner: PractitionerId) -> bool:
    keyrings = Keyrings(folder / "keyrings", folder / "recipients", key, UnsyncedDisk(), WORK_FACTOR)
    try:
        keyrings.public(practitioner)
    except NotFound:
        with pytest.raises(VigcamError):
            keyrings.unlock(practitioner, PASSPHRASE)
        return False
    assert keyrings.unlock(practitioner, PASSPHRASE).practitioner == practitioner
    return True
