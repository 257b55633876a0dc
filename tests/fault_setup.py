"""A box made, and somebody enrolled, on a disk of which one call fails: what stands then must be whole, or say that it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faulty_kernel import FaultyKernel, Trouble
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

_LAST_NAME = 6
"""The last calls of provisioning make durable the name of a box that is whole by then: if they fail it is there all the same."""


def provision_on(kernel: FaultyKernel, folder: Path, recovery: Identity) -> None:
    provision(
        folder,
        recovery.recipient,
        lambda challenge: unseal_bytes(challenge, recovery).decode(),
        names=("localhost",),
        addresses=("127.0.0.1",),
        port=8443,
        disk=SystemDisk(kernel),
        clock=SystemClock(),
    )


@dataclass(frozen=True, slots=True)
class GoodBox:
    """One that was made without trouble: the calls it took, and the files it has."""

    calls: tuple[str, ...]
    names: frozenset[Path]
    recovery: Identity


def make_good(folder: Path) -> GoodBox:
    recovery, kernel = Identity.generate(), FaultyKernel()
    provision_on(kernel, folder, recovery)
    good = GoodBox(tuple(kernel.calls), _names(folder), recovery)
    assert is_whole(folder, good)
    return good


def troubled_provision(folder: Path, number: int, trouble: Trouble, good: GoodBox) -> str:
    """Asserts all that must hold; returns what was told: a code, or "made"."""
    kernel = FaultyKernel()
    kernel.trouble_at(number, trouble)
    try:
        provision_on(kernel, folder, good.recovery)
    except VigcamError as error:
        assert trouble is not Trouble.SHORT
        assert number >= len(good.calls) - _LAST_NAME or not is_whole(folder, good)
        return error.code
    assert trouble is Trouble.SHORT
    assert is_whole(folder, good)
    return "made"


def is_whole(folder: Path, good: GoodBox) -> bool:
    """False where a folder says that it is no box; an assertion where it says that it is one and is not."""
    try:
        load_config(folder / FILE_NAME)
    except BoxUnusable:
        return False
    assert _names(folder) == good.names
    key = DeviceKey.load(folder / "device.key")
    assert Recipients(folder / "recipients", key, SystemDisk()).recovery().encode() == good.recovery.recipient.encode()
    assert verify_log(folder / "audit.log", folder / "vault", known_key=key.public_hex).verdict is Verdict.GOOD
    return True


def keyrings_on(kernel: FaultyKernel, folder: Path, key: DeviceKey) -> Keyrings:
    for name in ("keyrings", "recipients"):
        (folder / name).mkdir(parents=True)
    return Keyrings(folder / "keyrings", folder / "recipients", key, SystemDisk(kernel), WORK_FACTOR)


def troubled_enrolment(folder: Path, key: DeviceKey, number: int, trouble: Trouble) -> str:
    """As `troubled_provision`, for a practitioner; another one must be enrolled after it."""
    kernel = FaultyKernel()
    keyrings = keyrings_on(kernel, folder, key)
    kernel.trouble_at(number, trouble)
    practitioner, another = new_practitioner_id(), new_practitioner_id()
    told = "enrolled"
    try:
        keyrings.enrol(practitioner, PASSPHRASE)
    except OSError:
        told = "error"
    is_there = _signs_in(keyrings, practitioner)
    assert is_there or told == "error"
    assert is_there or trouble is not Trouble.SHORT
    keyrings.enrol(another, PASSPHRASE)
    assert _signs_in(keyrings, another)
    return told


def _signs_in(keyrings: Keyrings, practitioner: PractitionerId) -> bool:
    try:
        keyrings.public(practitioner)
    except NotFound:
        return False
    return keyrings.unlock(practitioner, PASSPHRASE).practitioner == practitioner


def _names(folder: Path) -> frozenset[Path]:
    return frozenset(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
