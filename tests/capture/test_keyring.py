"""Keyrings: made, wrapped, unwrapped, wiped; and what is refused alike."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyrage
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from record_box import PASSPHRASE, WORK_FACTOR, RecordBox

from capture.errors import BoxUnusable, NotFound, RecoveryUnproven, SignInNeeded, SignInRefused
from capture.ids import PractitionerId, new_practitioner_id
from capture.keyring import Keyrings, normalise
from capture.recipients import Recipients
from capture.seal import scrypt
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, unseal_bytes

PRAC = PractitionerId("prac-abcdef")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecordBox]:
    made = RecordBox(tmp_path)
    yield made
    made.close()


def test_the_passphrase_unlocks_what_was_enrolled(box: RecordBox) -> None:
    public = box.keyrings.enrol(PRAC, PASSPHRASE)
    unlocked = box.keyrings.unlock(PRAC, PASSPHRASE)
    assert unlocked.public == public == box.keyrings.public(PRAC)
    assert unseal_bytes(seal_bytes(b"note", [public.recipient]), unlocked.identity) == b"note"


def test_a_keyring_is_an_age_file_that_other_tools_open(box: RecordBox) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    sealed = (box.folder / "keyrings" / f"{PRAC}.age").read_bytes()
    assert box.keyrings.unlock(PRAC, PASSPHRASE).export_identity().encode() in pyrage.passphrase.decrypt(sealed, PASSPHRASE)


def test_the_exported_identity_opens_with_the_age_tool_what_was_sealed(box: RecordBox, tmp_path: Path) -> None:
    public = box.keyrings.enrol(PRAC, PASSPHRASE)
    key = tmp_path / "identity"
    key.write_text(box.keyrings.unlock(PRAC, PASSPHRASE).export_identity() + "\n")
    sealed = seal_bytes(b"note", [public.recipient])
    opened = subprocess.run(["/usr/bin/age", "-d", "-i", key], input=sealed, capture_output=True, timeout=20, check=True)
    assert opened.stdout == b"note"


def test_six_words_open_however_a_phone_writes_them(box: RecordBox) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    typed = "  Anchor  MAPLE\u00a0drum velvet\torbit\n\uff26ern "
    assert box.keyrings.unlock(f" {PRAC.upper()} ", typed).practitioner == PRAC


@given(st.text())
@example("İ")
@example("\u1e9b\u0323 K ﬃ")
@example("\ud800")
def test_normalising_a_passphrase_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    normalise(text).encode()


def test_unknown_user_wrong_passphrase_and_damaged_file_are_refused_alike(box: RecordBox) -> None:
    damaged = new_practitioner_id()
    for name in (PRAC, damaged):
        box.keyrings.enrol(name, PASSPHRASE)
    path = box.folder / "keyrings" / f"{damaged}.age"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    answers = set()
    tries = [
        (PRAC, "wrong"),
        (new_practitioner_id(), PASSPHRASE),
        ("../../etc/passwd", PASSPHRASE),
        (damaged, PASSPHRASE),
        ("", ""),
    ]
    for name, passphrase in tries:
        with pytest.raises(SignInRefused) as refused:
            box.keyrings.unlock(name, passphrase)
        answers.add((str(refused.value), refused.value.reasons, refused.value.__cause__))
    assert len(answers) == 1


@pytest.fixture
def scrypts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The work factor of each scrypt that is run."""
    run: list[int] = []
    real = scrypt._wrapping_key

    def counted(passphrase: str, salt: bytes, work_factor: int) -> bytes:
        run.append(work_factor)
        return real(passphrase, salt, work_factor)

    monkeypatch.setattr(scrypt, "_wrapping_key", counted)
    return run


def _break_nothing(box: RecordBox) -> None:
    pass


def _cut_the_keyring(box: RecordBox) -> None:
    (box.folder / "keyrings" / f"{PRAC}.age").write_bytes(b"age-encryption.org/v1\n")


def _lose_the_keyring(box: RecordBox) -> None:
    (box.folder / "keyrings" / f"{PRAC}.age").unlink()


def _damage_the_public_half(box: RecordBox) -> None:
    (box.folder / "recipients" / f"{PRAC}.json").write_text("{}")


def _retire(box: RecordBox) -> None:
    box.keyrings.retire(PRAC)


def _retire_and_put_the_keyring_back(box: RecordBox) -> None:
    path = box.folder / "keyrings" / f"{PRAC}.age"
    kept = path.read_bytes()
    box.keyrings.retire(PRAC)
    path.write_bytes(kept)


HARMS = (
    _break_nothing,
    _cut_the_keyring,
    _lose_the_keyring,
    _damage_the_public_half,
    _retire,
    _retire_and_put_the_keyring_back,
)


@pytest.mark.parametrize("name", [PRAC, "prac-zzzzzz", "nobody at all"])
@pytest.mark.parametrize("harm", HARMS)
def test_every_refusal_costs_exactly_one_scrypt_of_the_same_size(
    box: RecordBox, scrypts: list[int], name: str, harm: object
) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    assert callable(harm)
    harm(box)
    scrypts.clear()
    with pytest.raises(SignInRefused):
        box.keyrings.unlock(name, "not the passphrase")
    assert scrypts == [WORK_FACTOR]


@pytest.mark.promise("P7")
def test_the_right_words_of_somebody_retired_cost_what_wrong_ones_do(box: RecordBox, scrypts: list[int]) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    _retire_and_put_the_keyring_back(box)
    scrypts.clear()
    with pytest.raises(SignInRefused):
        box.keyrings.unlock(PRAC, PASSPHRASE)
    assert scrypts == [WORK_FACTOR]


def test_only_one_scrypt_runs_at_a_time(box: RecordBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    running, most = 0, 0
    both_asked = threading.Barrier(3)
    real = scrypt._wrapping_key

    def watched(passphrase: str, salt: bytes, work_factor: int) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        threading.Event().wait(0.05)  # long enough for a second one to come in beside it
        try:
            return real(passphrase, salt, work_factor)
        finally:
            running -= 1

    monkeypatch.setattr(scrypt, "_wrapping_key", watched)

    def unlock() -> None:
        both_asked.wait(10)
        box.keyrings.unlock(PRAC, PASSPHRASE)

    threads = [threading.Thread(target=unlock) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == 1


def test_a_keyring_put_in_the_place_of_another_is_refused(box: RecordBox) -> None:
    other = new_practitioner_id()
    for name in (PRAC, other):
        box.keyrings.enrol(name, PASSPHRASE)
    keyrings = box.folder / "keyrings"
    (keyrings / f"{other}.age").replace(keyrings / f"{PRAC}.age")
    with pytest.raises(SignInRefused):
        box.keyrings.unlock(PRAC, PASSPHRASE)


def test_a_keyring_whose_keys_are_not_the_public_ones_is_refused(box: RecordBox) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    recipients = Recipients(box.folder / "recipients", box.device_key, box.disk)
    entry = recipients.get(PRAC)
    (box.folder / "recipients" / f"{PRAC}.json").unlink()
    recipients.add(msgspec.structs.replace(entry, recipient=Identity.generate().recipient.encode()))
    with pytest.raises(SignInRefused):
        box.keyrings.unlock(PRAC, PASSPHRASE)


def test_a_keyring_of_the_box_asks_for_64_mebibytes_of_scrypt(box: RecordBox, scrypts: list[int]) -> None:
    keyrings = Keyrings(box.folder / "keyrings", box.folder / "recipients", box.device_key, box.disk)
    keyrings.enrol(PRAC, PASSPHRASE)
    with pytest.raises(SignInRefused):
        keyrings.unlock("prac-zzzzzz", PASSPHRASE)
    assert scrypts == [16, 16]


def test_a_recipient_that_the_box_did_not_sign_is_never_sealed_to(box: RecordBox, tmp_path: Path) -> None:
    box.keyrings.enrol(PRAC, PASSPHRASE)
    path = box.folder / "recipients" / f"{PRAC}.json"
    own = box.keyrings.public(PRAC).recipient.encode()
    path.write_text(path.read_text().replace(own, Identity.generate().recipient.encode()))
    with pytest.raises(BoxUnusable):
        box.keyrings.public(PRAC)


def test_anothers_public_half_under_this_name_is_refused(box: RecordBox) -> None:
    other = new_practitioner_id()
    for name in (PRAC, other):
        box.keyrings.enrol(name, PASSPHRASE)
    recipients = box.folder / "recipients"
    (recipients / f"{other}.json").replace(recipients / f"{PRAC}.json")
    with pytest.raises(BoxUnusable):
        box.keyrings.public(PRAC)


def test_recovery_is_unproven_until_it_is_set(box: RecordBox) -> None:
    with pytest.raises(RecoveryUnproven):
        box.keyrings.recovery()
    Recipients(box.folder / "recipients", box.device_key, box.disk).set_recovery(box.recovery)
    assert box.keyrings.recovery() == box.recovery


def test_unknown_practitioner_has_no_public_keys(box: RecordBox) -> None:
    with pytest.raises(NotFound):
        box.keyrings.public(PRAC)


def test_once_wiped_a_keyring_neither_signs_nor_opens(box: RecordBox) -> None:
    unlocked = box.sign_in()
    unlocked.wipe()
    unlocked.wipe()
    assert unlocked.is_wiped
    for use in (lambda: unlocked.sign(b"x"), lambda: unlocked.identity, unlocked.export_identity):
        with pytest.raises(SignInNeeded):
            use()


@pytest.mark.promise("P7")
def test_no_key_lies_open_in_any_file_of_the_box(box: RecordBox) -> None:
    unlocked = box.sign_in(PRAC)
    identity = unlocked.export_identity()
    (held,) = [value for value in vars(unlocked).values() if isinstance(value, tuple)]
    seed = held[1].private_bytes_raw()
    files = [path for path in box.folder.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= {"keyrings", "recipients"}
    for path in files:
        data = path.read_bytes()
        for secret in (identity.encode(), identity.lower().encode(), seed, seed.hex().encode(), PASSPHRASE.encode()):
            assert secret not in data, path
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_keyring_never_shows_its_keys(box: RecordBox) -> None:
    unlocked = box.sign_in()
    assert "AGE-SECRET-KEY" not in repr(unlocked) + str(unlocked)
