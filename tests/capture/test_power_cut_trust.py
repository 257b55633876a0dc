"""Power that fails while somebody is retired or recovery is changed: old or new stands whole, and can be carried through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disk_record import RecordingDisk
from disk_replay import cut_at, kept_after
from factory import UnsyncedDisk
from record_box import PASSPHRASE, WORK_FACTOR

from capture.device_key import DeviceKey
from capture.errors import SignInRefused
from capture.ids import new_practitioner_id
from capture.keyring import Keyrings
from capture.recipients import Recipients
from capture.seal.keys import Identity
from device.disk import SystemDisk
from device.ports import Disk

pytestmark = pytest.mark.promise("P8")

WHO = new_practitioner_id()


class CutBox:
    """One change on a box of two folders, and every disk that a cut in it may leave."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.scratch = folder / "box", folder / "cut"
        for name in ("keyrings", "recipients"):
            (self.folder / name).mkdir(parents=True)
        self.key = DeviceKey.create(folder / "device.key", SystemDisk())
        self.old = Identity.generate().recipient
        Recipients(self.folder / "recipients", self.key, SystemDisk()).set_recovery(self.old)
        self.public = self.keyrings(self.folder, SystemDisk()).enrol(WHO, PASSPHRASE)

    def keyrings(self, folder: Path, disk: Disk) -> Keyrings:
        return Keyrings(folder / "keyrings", folder / "recipients", self.key, disk, WORK_FACTOR)

    def cuts(self, change: Callable[[Keyrings], object]) -> Iterator[tuple[str, Path, Keyrings]]:
        disk: RecordingDisk[None] = RecordingDisk(SystemDisk())
        tape = disk.roll(self.folder, [path for path in self.folder.rglob("*") if path.is_file()], lambda: None)
        change(self.keyrings(self.folder, disk))
        disk.stop()
        seen = set()
        for at in range(len(tape.steps) + 1):
            for kept in kept_after(cut_at(tape, at), samples=2):
                content = tuple(sorted(kept.contents.items()))
                if content not in seen:
                    seen.add(content)
                    folder = self.scratch / f"{len(seen)}"
                    for name in ("keyrings", "recipients"):
                        (folder / name).mkdir(parents=True)
                    kept.lay(folder)
                    yield f"cut {at}: {kept.rule}", folder, self.keyrings(folder, UnsyncedDisk())


def test_a_retired_practitioner_is_retired_or_not_yet_and_always_known(tmp_path: Path) -> None:
    made = CutBox(tmp_path)
    found = set()
    for what, folder, keyrings in made.cuts(lambda keyrings: keyrings.retire(WHO)):
        assert keyrings.public(WHO) == made.public, what
        is_active = keyrings.is_active(WHO)
        found.add(is_active)
        if is_active:
            assert keyrings.unlock(WHO, PASSPHRASE).public == made.public, what
        keyrings.retire(WHO)
        with pytest.raises(SignInRefused):
            keyrings.unlock(WHO, PASSPHRASE)
        assert not list((folder / "keyrings").glob("*.age")), what
    assert found == {True, False}


def test_recovery_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    made, new = CutBox(tmp_path), Identity.generate().recipient
    found = set()
    for _, _, keyrings in made.cuts(lambda keyrings: keyrings.replace_recovery(new)):
        found.add(keyrings.recovery().encode())
        keyrings.replace_recovery(new)
        assert keyrings.recovery().encode() == new.encode()
    assert found == {made.old.encode(), new.encode()}
