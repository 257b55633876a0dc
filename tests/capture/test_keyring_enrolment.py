"""Enrolment: a practitioner comes to be as a whole or not at all, and nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FaultyDisk
from record_box import PASSPHRASE, WORK_FACTOR, RecordBox

from capture.errors import BadRequest, NotNow, SignInRefused
from capture.ids import PractitionerId
from capture.keyring import Keyrings
from device.disk import SystemDisk

PRAC = PractitionerId("prac-abcdef")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecordBox]:
    made = RecordBox(tmp_path)
    yield made
    made.close()


def test_nobody_is_enrolled_twice(box: RecordBox) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    with pytest.raises(NotNow):
        box.keyrings.enrol(PRAC, "another passphrase")
    assert box.keyrings.unlock(PRAC, PASSPHRASE).practitioner == PRAC


def test_an_empty_passphrase_enrols_nobody(box: RecordBox) -> None:
    with pytest.raises(BadRequest):
        box.keyrings.enrol(PRAC, " \t ")
    assert list((box.folder / "keyrings").iterdir()) == []


def test_enrolment_cut_off_at_any_step_leaves_nothing_half_made(tmp_path: Path) -> None:
    counting = FaultyDisk(SystemDisk())
    box_key = RecordBox(_folder(tmp_path, "key"))
    keyrings = _keyrings(_folder(tmp_path, "count"), box_key, counting)
    keyrings.enrol(PRAC, PASSPHRASE)
    assert len(counting.calls) >= 12
    for number in range(len(counting.calls)):
        folder = _folder(tmp_path, f"step{number}")
        disk = FaultyDisk(SystemDisk())
        disk.fail_at(number)
        keyrings = _keyrings(folder, box_key, disk)
        with pytest.raises(OSError, match="injected"):
            keyrings.enrol(PRAC, PASSPHRASE)
        disk.heal()
        # either there is no such practitioner, or a whole one
        if (folder / "recipients" / f"{PRAC}.json").exists():
            assert keyrings.unlock(PRAC, PASSPHRASE).practitioner == PRAC
        else:
            with pytest.raises(SignInRefused):
                keyrings.unlock(PRAC, PASSPHRASE)
        keyrings.enrol(PractitionerId("prac-bcdfgh"), PASSPHRASE)  # and the next one is not in its way
    box_key.close()


def test_what_a_power_cut_left_beside_a_keyring_is_not_in_the_way(box: RecordBox) -> None:
    (box.folder / "keyrings" / f"{PRAC}.age.part").write_bytes(b"half a keyr")
    box.keyrings.enrol(PRAC, PASSPHRASE)
    assert box.keyrings.unlock(PRAC, PASSPHRASE).practitioner == PRAC


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def _keyrings(folder: Path, box: RecordBox, disk: FaultyDisk) -> Keyrings:
    for name in ("keyrings", "recipients"):
        (folder / name).mkdir()
    return Keyrings(folder / "keyrings", folder / "recipients", box.device_key, disk, WORK_FACTOR)
