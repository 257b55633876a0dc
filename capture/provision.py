"""Makes an empty folder into a box: keys, certificates, set-up code, the first lines of the log. Never touches a used folder.

Nothing is written before recovery has answered its challenge: a box whose footage nobody could recover does not come to be.
`config.toml` is written last: a folder without it is no box, so a power cut in between leaves nothing that would start.
Every secret is made here at random; none is derived from a serial number, an address or a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture import config, tls, words
from capture.audit.log import AuditEvent, AuditLog
from capture.challenge import Challenge
from capture.device_key import DeviceKey
from capture.durable import write_new
from capture.errors import BoxUnusable, ClockUntrusted, NotARecipient, RecoveryUnproven, SealBroken, Truncated
from capture.ids import BoxId, new_box_id
from capture.model import Confidence, WallTime
from capture.recipients import Recipients
from capture.seal.keys import Recipient
from device.ports import Clock, Disk

FOLDERS = ("keyrings", "recipients", "run", "tls", "vault")
_OWNER_ONLY = 0o700
_EARLIEST_MS = 1_767_225_600_000
"""2026-01-01: no box was provisioned before there was this software."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What the person who provisions writes on the label and on the card. The set-up code is shown this once only."""

    box_id: BoxId
    setup_code: str
    ca_fingerprint: str
    recovery_fingerprint: str


def provision(
    folder: Path,
    recovery: Recipient,
    prove: Callable[[bytes], str],
    *,
    names: Sequence[str],
    addresses: Sequence[str],
    port: int,
    disk: Disk,
    clock: Clock,
) -> Provisioned:
    """Lay out `folder` (missing or empty) as a box, everything 0700 and 0600.

    `prove` is given a challenge sealed to `recovery`, a binary age file, and returns its text. The page answers under `names`
    and `<box id>.local`, and at `addresses`, of which the first is listened on; with none that is 127.0.0.1.

    Raises BoxUnusable (folder in use, or cannot be written), RecoveryUnproven, ConfigInvalid (names, addresses, port),
    ClockUntrusted (certificates made in the past would have ended before the first visit).
    """
    if clock.wall_ms() < _EARLIEST_MS:
        raise ClockUntrusted("this machine's clock is wrong: set it, then provision")
    box_id = new_box_id()
    setup_code = words.new_setup_code()
    listened = tuple(dict.fromkeys(addresses)) or ("127.0.0.1",)
    for address in listened:
        config.check_address(address, "address")
    settings = config.Config(
        box=config.BoxSection(id=box_id, provisioned_ms=clock.wall_ms()),
        trust=config.TrustSection(setup_verifier=words.make_verifier(setup_code), recovery_proven=True),
        web=config.WebSection(address=listened[0], port=port, names=tuple(dict.fromkeys((f"{box_id}.local", *names)))),
    )
    text = config.write_config(settings)
    config.parse_config(text)  # what could not be read again is refused before anything is made
    try:
        _check_empty(folder)
        _prove(recovery, prove)
        device_key = _lay_out(folder, recovery, disk)
        tls.make_leaves(folder / "tls", settings.web.names, listened, now_ms=clock.wall_ms(), disk=disk)
        log = AuditLog.open(folder / "audit.log", device_key, clock, disk, lambda: _wall_time(clock))
        _begin_log(log, box_id, recovery)
        write_new(disk, folder / config.FILE_NAME, text)
        disk.sync_folder(folder.absolute().parent)
    except OSError as error:
        raise BoxUnusable(f"the folder cannot be written: {error.strerror}") from error
    return Provisioned(box_id, setup_code, tls.ca_fingerprint(folder / "tls"), recovery.fingerprint)


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BoxUnusable("the folder is not empty: a box is made in a new one")


def _prove(recovery: Recipient, prove: Callable[[bytes], str]) -> None:
    challenge = Challenge.to(recovery)
    try:
        answer = prove(challenge.sealed)
    except (NotARecipient, SealBroken, Truncated) as error:
        raise RecoveryUnproven("this identity does not open what is sealed to the recovery recipient") from error
    if not challenge.is_answered_by(answer):
        raise RecoveryUnproven("the challenge was not answered")


def _lay_out(folder: Path, recovery: Recipient, disk: Disk) -> DeviceKey:
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    folder.chmod(_OWNER_ONLY)
    for name in FOLDERS:
        (folder / name).mkdir(mode=_OWNER_ONLY)
    device_key = DeviceKey.create(folder / "device.key", disk)
    Recipients(folder / "recipients", device_key, disk).set_recovery(recovery)
    return device_key


def _wall_time(clock: Clock) -> WallTime:
    return WallTime(ms=clock.wall_ms(), confidence=Confidence.RTC if clock.has_rtc else Confidence.NONE)


def _begin_log(log: AuditLog, box_id: BoxId, recovery: Recipient) -> None:
    try:
        log.append(AuditEvent.BOX_PROVISIONED, box=box_id)
        log.append(AuditEvent.RECOVERY_SET, recipient=recovery.fingerprint)
    finally:
        log.close()
