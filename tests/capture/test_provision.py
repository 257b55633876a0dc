"""Making a box: nothing without proof of recovery, everything private, whole or no box at all."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import FaultyDisk
from record_box import HandClock

from capture.audit.verify import Verdict, verify_log
from capture.config import load_config
from capture.device_key import DeviceKey
from capture.errors import BoxUnusable, ClockUntrusted, ConfigInvalid, RecoveryUnproven
from capture.provision import Provisioned, provision
from capture.recipients import Recipients
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from capture.tls import ca_fingerprint
from capture.words import is_setup_code
from device.disk import SystemDisk
from device.ports import Disk

SERVICE = Identity.generate()


def honest(sealed: bytes) -> str:
    return unseal_bytes(sealed, SERVICE).decode()


def make(
    folder: Path,
    prove: Callable[[bytes], str] = honest,
    *,
    disk: Disk | None = None,
    names: tuple[str, ...] = ("localhost",),
    addresses: tuple[str, ...] = ("127.0.0.1",),
    clock: HandClock | None = None,
) -> Provisioned:
    return provision(
        folder,
        SERVICE.recipient,
        prove,
        names=names,
        addresses=addresses,
        port=8443,
        disk=disk or SystemDisk(),
        clock=clock or HandClock(),
    )


def test_box_is_laid_out_as_designed(tmp_path: Path) -> None:
    made = make(tmp_path / "box")
    assert {path.name for path in (tmp_path / "box").iterdir()} == {
        *("config.toml", "audit.log", "device.key"),
        *("keyrings", "recipients", "run", "tls", "vault"),
    }
    config = load_config(tmp_path / "box" / "config.toml")
    assert (config.box.id, config.trust.recovery_proven) == (made.box_id, True)
    assert (config.web.address, config.web.names) == ("127.0.0.1", (f"{made.box_id}.local", "localhost"))
    assert made.ca_fingerprint == ca_fingerprint(tmp_path / "box" / "tls")


@pytest.mark.promise("P7")
def test_everything_is_its_owners_alone(tmp_path: Path) -> None:
    make(tmp_path / "box")
    for path in (tmp_path / "box", *(tmp_path / "box").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_empty_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir(mode=0o755)
    make(tmp_path / "box")
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o700


@pytest.mark.promise("P10")
def test_log_begins_with_the_box_and_its_recovery(tmp_path: Path) -> None:
    made = make(tmp_path / "box")
    key = DeviceKey.load(tmp_path / "box" / "device.key")
    report = verify_log(tmp_path / "box" / "audit.log", tmp_path / "box" / "vault", known_key=key.public_hex)
    assert (report.verdict, report.lines) == (Verdict.GOOD, 2)
    first, second = (tmp_path / "box" / "audit.log").read_text("ascii").splitlines()
    assert '"event":"box_provisioned"' in first
    assert f'"box":"{made.box_id}"' in first
    assert f'"event":"recovery_set","fields":{{"recipient":"{made.recovery_fingerprint}"}}' in second


def test_recovery_recipient_is_kept_under_the_boxs_signature(tmp_path: Path) -> None:
    make(tmp_path / "box")
    key = DeviceKey.load(tmp_path / "box" / "device.key")
    assert Recipients(tmp_path / "box" / "recipients", key, SystemDisk()).recovery() == SERVICE.recipient


def test_setup_code_opens_and_is_not_kept(tmp_path: Path) -> None:
    made = make(tmp_path / "box")
    assert is_setup_code(made.setup_code, load_config(tmp_path / "box" / "config.toml").trust.setup_verifier)
    for path in (tmp_path / "box").rglob("*"):
        if path.is_file():
            assert made.setup_code.encode() not in path.read_bytes()
            assert made.setup_code.replace("-", "").encode() not in path.read_bytes()


@pytest.mark.promise("P7")
def test_recovery_identity_is_not_kept(tmp_path: Path) -> None:
    make(tmp_path / "box")
    assert not any(b"AGE-SECRET-KEY" in path.read_bytes() for path in (tmp_path / "box").rglob("*") if path.is_file())


@pytest.mark.promise("P12")
def test_two_boxes_share_no_secret(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    assert one.box_id != two.box_id
    assert one.setup_code != two.setup_code
    assert one.ca_fingerprint != two.ca_fingerprint
    assert (
        DeviceKey.load(tmp_path / "one" / "device.key").public_hex != DeviceKey.load(tmp_path / "two" / "device.key").public_hex
    )


def test_challenge_opens_with_the_age_tool(tmp_path: Path) -> None:
    identity = tmp_path / "identity.txt"
    identity.write_text(SERVICE.encode() + "\n", "ascii")

    def by_age(sealed: bytes) -> str:
        done = subprocess.run(["/usr/bin/age", "-d", "-i", identity], input=sealed, capture_output=True, check=True, timeout=30)
        return done.stdout.decode()

    make(tmp_path / "box", by_age)


@pytest.mark.parametrize("answer", ["", "23456789abcdefghjkmn", "ü"])
def test_wrong_answer_to_the_challenge_makes_nothing(tmp_path: Path, answer: str) -> None:
    with pytest.raises(RecoveryUnproven):
        make(tmp_path / "box", lambda _sealed: answer)
    assert not (tmp_path / "box").exists()


def test_identity_that_does_not_open_the_challenge_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecoveryUnproven):
        make(tmp_path / "box", lambda sealed: unseal_bytes(sealed, Identity.generate()).decode())
    assert not (tmp_path / "box").exists()


def test_no_two_challenges_are_alike(tmp_path: Path) -> None:
    seen: list[str] = []

    def remember(sealed: bytes) -> str:
        seen.append(honest(sealed))
        return seen[-1]

    make(tmp_path / "one", remember)
    make(tmp_path / "two", remember)
    assert seen[0] != seen[1]


def test_used_folder_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(BoxUnusable):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_box_is_not_made_twice(tmp_path: Path) -> None:
    make(tmp_path / "box")
    before = {path: path.read_bytes() for path in (tmp_path / "box").rglob("*") if path.is_file()}
    with pytest.raises(BoxUnusable):
        make(tmp_path / "box")
    assert {path: path.read_bytes() for path in (tmp_path / "box").rglob("*") if path.is_file()} == before


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("")
    with pytest.raises(BoxUnusable):
        make(tmp_path / "box")


@pytest.mark.parametrize(("names", "addresses"), [(("Bad Name",), ()), (("10.0.0.1",), ()), ((), ("0.0.0.0",)), ((), ("here",))])
def test_name_or_address_that_no_certificate_can_hold_is_refused(
    tmp_path: Path, names: tuple[str, ...], addresses: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigInvalid):
        make(tmp_path / "box", names=names, addresses=addresses)
    assert not (tmp_path / "box").exists()


def test_machine_that_believes_it_is_1970_makes_no_box(tmp_path: Path) -> None:
    with pytest.raises(ClockUntrusted):
        make(tmp_path / "box", clock=HandClock(system_ms=3_600_000))
    assert not (tmp_path / "box").exists()


def test_failure_at_any_step_leaves_no_box_or_a_whole_one(tmp_path: Path) -> None:
    counting = FaultyDisk(SystemDisk())
    make(tmp_path / "counted", disk=counting)
    for number, operation in enumerate(counting.calls):
        folder = tmp_path / f"box{number}"
        disk = FaultyDisk(SystemDisk())
        disk.fail_at(number)
        with pytest.raises(Exception, match=r".") as refused:
            make(folder, disk=disk)
        assert refused.type.__name__ in ("BoxUnusable", "AuditBroken"), (number, operation)
        if (folder / "config.toml").exists():  # only the last syncs come after it
            load_config(folder / "config.toml")
            assert verify_log(folder / "audit.log", folder / "vault").verdict is Verdict.GOOD
