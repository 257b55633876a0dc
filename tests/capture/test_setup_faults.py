"""A disk of which one call fails while a box is made or somebody is enrolled: it is told, and nothing half is taken for whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_setup import keyrings_on, make_good, provision_on, troubled_enrolment, troubled_provision
from faulty_kernel import FaultyKernel, Trouble, fits
from ram_folder import ram_folder
from record_box import PASSPHRASE

from capture.device_key import DeviceKey
from capture.errors import VigcamError
from capture.ids import new_practitioner_id
from capture.seal.keys import Identity
from device.disk import SystemDisk

SHARE = 4
"""A box is made anew for every so many-th call; `make chaos` tries them all."""


@pytest.fixture
def ram() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.mark.promise("P12")
def test_a_box_is_made_whole_or_an_error_is_told_and_nothing_starts(ram: Path) -> None:
    good = make_good(ram / "good")
    troubles = list(Trouble)
    told = set()
    for number in range(0, len(good.calls), SHARE):
        trouble = troubles[number // SHARE % len(troubles)]
        if not fits(trouble, good.calls[number]):
            trouble = Trouble.EIO
        told.add(troubled_provision(ram / f"{number}", number, trouble, good))
    assert {"made", "box_unusable"} <= told


def test_a_practitioner_is_enrolled_whole_or_an_error_is_told_and_there_is_none(ram: Path) -> None:
    key, good = DeviceKey.create(ram / "device.key", SystemDisk()), FaultyKernel()
    keyrings_on(good, ram / "good", key).enrol(new_practitioner_id(), PASSPHRASE)
    told = {
        troubled_enrolment(ram / f"{number}-{trouble.name}", key, number, trouble)
        for number, call in enumerate(good.calls)
        for trouble in Trouble
        if fits(trouble, call)
    }
    assert told == {"enrolled", "error"}


def test_no_error_leaves_a_descriptor_open(ram: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(0, 60, 7):
        kernel = FaultyKernel()
        kernel.trouble_at(number, Trouble.EIO)
        with pytest.raises(VigcamError):
            provision_on(kernel, ram / f"{number}", Identity.generate())
    assert len(list(Path("/proc/self/fd").iterdir())) == before
