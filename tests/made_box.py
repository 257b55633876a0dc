"""A provisioned box as a folder to be copied, so that a test begins many worlds and provisions one. Runs nothing.

Small pictures, short limits, and keyrings that scrypt guards hardly at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from factory import UnsyncedDisk
from moved_clock import MovedClock

from capture import config
from capture.device_key import DeviceKey
from capture.ids import PractitionerId, new_practitioner_id
from capture.keyring import Keyrings
from capture.provision import provision
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes

PASSPHRASE = "anchor maple drum velvet orbit fern"
LEASE_S, FILM_S, FRAMING_S, IDLE_S = 90, 20, 10, 300
_WORK_FACTOR = 4


@dataclass(frozen=True, slots=True)
class MadeBox:
    """A provisioned box as a folder to be copied: what all worlds begin with. Two practitioners, both with PASSPHRASE."""

    folder: Path
    setup_code: str
    practitioners: tuple[PractitionerId, PractitionerId]


def make_box(folder: Path) -> MadeBox:
    """Provision `folder`; small pictures, short limits, an easy scrypt."""
    recovery, disk, clock = Identity.generate(), UnsyncedDisk(), MovedClock()
    made = provision(
        folder,
        recovery.recipient,
        lambda challenge: unseal_bytes(challenge, recovery).decode(),
        names=("localhost",),
        addresses=("127.0.0.1",),
        port=8443,
        disk=disk,
        clock=clock,
    )
    settings = config.load_config(folder / config.FILE_NAME)
    settings = config.Config(
        box=settings.box,
        trust=settings.trust,
        camera=config.CameraSection(width=320, height=240, fps=5, bitrate=250_000),
        limits=config.LimitsSection(lease_s=LEASE_S, film_limit_s=FILM_S, framing_limit_s=FRAMING_S, idle_lock_s=IDLE_S),
    )
    (folder / config.FILE_NAME).write_bytes(config.write_config(settings))
    key = DeviceKey.load(folder / "device.key")
    keyrings = Keyrings(folder / "keyrings", folder / "recipients", key, disk, _WORK_FACTOR)
    both = (new_practitioner_id(), new_practitioner_id())
    for practitioner in both:
        keyrings.enrol(practitioner, PASSPHRASE)
    return MadeBox(folder, made.setup_code, both)
