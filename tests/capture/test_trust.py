"""Whom a box trusts, changed: the retired never sign in again and are believed for ever; recovery changes whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from record_box import PASSPHRASE
from trust_box import TrustBox

from capture.errors import AuditBroken, BoxUnusable, NotFound, NotNow, SignInRefused
from capture.ids import PractitionerId
from capture.seal.keys import Identity


@pytest.fixture
def made(tmp_path: Path) -> Iterator[TrustBox]:
    made = TrustBox(tmp_path)
    yield made
    made.close()


@pytest.mark.promise("P12")
def test_somebody_new_has_six_words_that_let_them_in_and_that_the_log_does_not_know(made: TrustBox) -> None:
    new = made.trust.enrol(instead_of=made.who)
    assert made.keyrings.unlock(new.practitioner, new.passphrase).public.recipient.encode() == new.recipient.encode()
    assert made.lines("practitioner_enrolled") == [{"practitioner": new.practitioner, "instead_of": made.who}]
    log = (made.folder / "audit.log").read_text()
    assert len(new.passphrase.split()) == 6
    assert not any(f'"{word}"' in log for word in new.passphrase.split())
    assert new.passphrase not in repr(new)


@pytest.mark.promise("P7")
def test_whoever_is_retired_cannot_sign_in_with_the_right_words(made: TrustBox) -> None:
    made.trust.retire(made.who)
    with pytest.raises(SignInRefused):
        made.keyrings.unlock(made.who, PASSPHRASE)
    assert not made.keyrings.is_active(made.who)
    assert made.stages("practitioner_retired") == ["begun", "done"]


@pytest.mark.promise("P7")
def test_the_wrapped_keys_of_a_retired_practitioner_are_overwritten_before_they_are_removed(made: TrustBox) -> None:
    held = made.keyring.open("rb")
    wrapped = held.read()
    made.trust.retire(made.who)
    held.seek(0)
    assert held.read() == b"", "who holds the file open reads it still"
    held.close()
    assert not made.keyring.exists()
    at = made.disk.calls.index("overwrite")
    assert made.disk.calls[at : at + 4] == ["overwrite", "write", "sync", "truncate"]
    assert wrapped


def test_the_keys_put_back_do_not_bring_a_retired_practitioner_back(made: TrustBox) -> None:
    wrapped = made.keyring.read_bytes()
    made.trust.retire(made.who)
    made.keyring.write_bytes(wrapped)
    with pytest.raises(SignInRefused):
        made.keyrings.unlock(made.who, PASSPHRASE)


@pytest.mark.promise("P3")
def test_what_a_retired_practitioner_signed_is_verified_as_before(made: TrustBox) -> None:
    unlocked = made.keyrings.unlock(made.who, PASSPHRASE)
    case, parent, _ = made.box.family(unlocked)
    made.trust.retire(made.who)
    made.box.records.forget()
    record = made.box.records.case(unlocked, case)
    assert record.participant(parent.participant_id) == parent
    assert made.keyrings.public(made.who) == made.public


def test_nobody_is_retired_twice_and_no_stranger_at_all(made: TrustBox) -> None:
    made.trust.retire(made.who)
    with pytest.raises(NotNow):
        made.trust.retire(made.who)
    with pytest.raises(NotFound):
        made.trust.retire(PractitionerId("prac-zzzzzz"))
    assert made.stages("practitioner_retired") == ["begun", "done"]


def test_an_id_is_never_given_again(made: TrustBox) -> None:
    made.trust.retire(made.who)
    with pytest.raises(NotNow):
        made.keyrings.enrol(made.who, PASSPHRASE)
    assert made.keyrings.public(made.who) == made.public
    assert not made.keyring.exists()


def test_a_mark_that_the_box_did_not_sign_is_no_mark_and_no_practitioner(made: TrustBox) -> None:
    path = made.folder / "recipients" / f"{made.who}.json"
    made.trust.retire(made.who)
    path.write_text(path.read_text().replace('is_retired\\":true', 'is_retired\\":false'))
    with pytest.raises(BoxUnusable):
        made.keyrings.is_active(made.who)
    with pytest.raises(SignInRefused):
        made.keyrings.unlock(made.who, PASSPHRASE)


def test_everybody_who_ever_was_is_listed(made: TrustBox) -> None:
    other = made.box.sign_in().practitioner
    made.trust.retire(other)
    assert made.keyrings.everybody() == tuple(sorted((made.who, other)))


def test_another_recovery_recipient_is_sealed_to_from_then_on_and_the_log_names_both(made: TrustBox) -> None:
    new = Identity.generate().recipient
    made.trust.change_recovery(new)
    assert made.keyrings.recovery().encode() == new.encode()
    assert made.lines("recovery_changed") == [
        {"recipient": new.fingerprint, "before": made.box.recovery.fingerprint, "stage": "begun"},
        {"recipient": new.fingerprint, "stage": "done"},
    ]


def test_a_retirement_that_any_call_of_the_disk_breaks_off_is_carried_through_at_the_next_start(tmp_path: Path) -> None:
    """The calls are those of the log, of the entry and of the keyring; the catalogue is the next start's notebook."""
    good = TrustBox(tmp_path / "good")
    before = len(good.disk.calls)
    good.trust.retire(good.who)
    calls = good.disk.calls[before:]
    good.close()
    outcomes = set()
    for number, call in enumerate(calls):
        made = TrustBox(tmp_path / f"{number}")
        made.disk.die_at(len(made.disk.calls) + number)
        with pytest.raises((OSError, AuditBroken)):
            made.trust.retire(made.who)
        after = made.next_process()
        is_active = after.keyrings.is_active(made.who)
        assert after.keyrings.public(made.who) == made.public
        assert made.keyring.exists() is is_active, call
        assert is_active is (made.stages("practitioner_retired")[-1:] != ["done"])
        outcomes.add(is_active)
        after.close()
    assert outcomes == {True, False}, "begun in the log alone, and begun for good"


def test_a_reset_that_any_call_of_the_disk_breaks_off_leaves_somebody_who_can_sign_in(tmp_path: Path) -> None:
    good = TrustBox(tmp_path / "good")
    before = len(good.disk.calls)
    good.reset()
    calls = good.disk.calls[before:]
    good.close()
    outcomes = set()
    for number, call in enumerate(calls):
        made = TrustBox(tmp_path / f"{number}")
        made.disk.die_at(len(made.disk.calls) + number)
        with pytest.raises((OSError, AuditBroken)):
            made.reset()
        after = made.next_process()
        new = [one for one in after.keyrings.everybody() if one != made.who]
        assert after.keyrings.is_active(made.who) or [after.keyrings.is_active(one) for one in new] == [True], call
        assert after.keyrings.public(made.who) == made.public
        outcomes.add((after.keyrings.is_active(made.who), len(new)))
        after.close()
    assert outcomes == {(True, 0), (True, 1), (False, 1)}


def test_a_change_of_recovery_that_any_call_of_the_disk_breaks_off_leaves_the_old_whole_or_the_new(tmp_path: Path) -> None:
    new = Identity.generate().recipient
    good = TrustBox(tmp_path / "good")
    before = len(good.disk.calls)
    good.trust.change_recovery(new)
    calls = good.disk.calls[before:]
    good.close()
    outcomes = set()
    for number, call in enumerate(calls):
        made = TrustBox(tmp_path / f"{number}")
        made.disk.die_at(len(made.disk.calls) + number)
        with pytest.raises((OSError, AuditBroken)):
            made.trust.change_recovery(new)
        made.disk.heal()
        assert made.keyrings.recovery().encode() in {new.encode(), made.box.recovery.encode()}, call
        after = made.next_process()
        is_new = after.keyrings.recovery().encode() == new.encode()
        assert is_new is (made.stages("recovery_changed")[-1:] == ["done"]), call
        outcomes.add(is_new)
        after.close()
    assert outcomes == {True, False}
