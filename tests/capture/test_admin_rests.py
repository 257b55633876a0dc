"""What rests on trust ends where trust changes: session, leave to film, a sign-in under way. Nothing of it while filming."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jumping_box import DAY_MS, HOUR_MS, NOON_MS, JumpingBox, jumping_box

from capture import messages as m
from capture.errors import ClockUnlikely, ClockUntrusted, NotNow, SignInNeeded, SignInRefused, VigcamError
from capture.keyring import Unlocked
from capture.model import Confidence, StopReason
from capture.seal.keys import Identity, Recipient
from capture.seal.small import unseal_bytes

pytestmark = pytest.mark.promise("P1")

CHANGES = ("enrol", "retire another", "reset another", "recovery", "retire me")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JumpingBox]:
    with jumping_box(tmp_path_factory.mktemp("rests") / "box") as box:
        yield box


@pytest.fixture
def box(made: JumpingBox) -> JumpingBox:
    """In the window, signed in as somebody new, at noon."""
    made.reboot(held=True)
    who = enrol(made)
    made.username, made.passphrase = who.username, who.passphrase
    made.enter()
    made.offer(NOON_MS, is_confirmed=True)
    return made


def enrol(box: JumpingBox) -> m.Enrolled:
    return box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)


def prepare(box: JumpingBox, change: str) -> m.Verb:
    """All that the change needs beforehand; the verb that makes it."""
    code = box.provisioned.setup_code
    match change:
        case "enrol":
            return m.Enrol(setup_code=code)
        case "retire me":
            return m.RetirePractitioner(setup_code=code, practitioner=box.username)
        case "recovery":
            service = Identity.generate()
            begun = m.SetRecoveryBegin(setup_code=code, recipient=service.recipient.encode())
            challenge = box.client.call(begun, m.RecoveryChallenge).challenge
            return m.SetRecoveryFinish(setup_code=code, answer=unseal_bytes(challenge, service).decode())
    listed = box.client.call(m.ListPractitioners(setup_code=code), m.PractitionerList).practitioners
    other = next(one.practitioner for one in listed if one.is_active and one.practitioner != box.username)
    kind = m.RetirePractitioner if change == "retire another" else m.ResetPractitioner
    return kind(setup_code=code, practitioner=other)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("change", CHANGES)
def test_whoever_is_signed_in_is_no_longer_and_nothing_stays_armed(box: JumpingBox, change: str) -> None:
    verb = prepare(box, change)
    box.arm(*box.family())
    box.client.call(verb, m.Answer)
    status = box.wait_for("idle")
    assert (status.is_signed_in, status.armed_case) == (False, "")
    with pytest.raises(SignInNeeded):
        box.client.call(m.KeepAlive(session=box.session), m.Done)
    box.hold()
    assert not box.camera.is_open


@pytest.mark.promise("P5")
@pytest.mark.parametrize("change", CHANGES)
def test_while_filming_no_trust_changes_and_filming_goes_on(box: JumpingBox, change: str) -> None:
    verb = prepare(box, change)
    box.arm(*box.family())
    box.filming()
    with pytest.raises(NotNow):
        box.client.call(verb, m.Answer)
    assert box.status().state == "recording"
    assert box.status().is_signed_in
    box.press()
    box.wait_for("armed")
    verb = m.GetRecording(session=box.session, recording_id=box.status().last_recording_id)
    assert box.client.call(verb, m.RecordingFound).recording.stop_reason is StopReason.PRESS


@pytest.mark.promise("P7")
def test_a_sign_in_that_is_being_checked_while_its_practitioner_is_retired_comes_to_nothing(
    box: JumpingBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert box.daemon is not None
    keyrings = box.daemon._sign_ins._keyrings
    real = keyrings.unlock

    def unlock(username: str, passphrase: str) -> Unlocked:
        unlocked = real(username, passphrase)
        verb = m.RetirePractitioner(setup_code=box.provisioned.setup_code, practitioner=box.username)
        box.client.call(verb, m.Done)
        return unlocked

    monkeypatch.setattr(keyrings, "unlock", unlock)
    with pytest.raises(SignInRefused):
        box.enter()
    assert not box.status().is_signed_in


@pytest.mark.promise("P7")
def test_whoever_signs_in_while_recovery_is_changed_signs_in_anew(box: JumpingBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their page would go on sealing notes to the old recovery recipient."""
    verb = prepare(box, "recovery")
    assert box.daemon is not None
    keyrings = box.daemon._sign_ins._keyrings
    real = keyrings.replace_recovery

    def replace(recipient: Recipient) -> None:
        box.enter()
        real(recipient)

    monkeypatch.setattr(keyrings, "replace_recovery", replace)
    box.client.call(verb, m.RecoveryChanged)
    assert not box.status().is_signed_in


@pytest.mark.promise("P7")
def test_the_right_words_of_a_retired_practitioner_are_refused_as_wrong_ones_are(box: JumpingBox) -> None:
    other = enrol(box)
    refusals = []
    box.client.call(m.RetirePractitioner(setup_code=box.provisioned.setup_code, practitioner=other.username), m.Done)
    for name, words in ((other.username, other.passphrase), (box.username, "wrong words"), ("prac-zzzzzz", "wrong words")):
        box.username, box.passphrase = name, words
        with pytest.raises(VigcamError) as refused:
            box.enter()
        refusals.append((refused.value.code, refused.value.detail, refused.value.reasons))
    assert len(set(refusals)) == 1


@pytest.mark.promise("P7")
def test_a_retirement_that_the_disk_broke_off_is_ended_by_the_next_start_of_the_daemon(box: JumpingBox) -> None:
    keyring = box.folder / "keyrings" / f"{box.username}.age"
    box.disk.fail("overwrite", path_end=keyring.name)
    with pytest.raises(VigcamError):
        box.client.call(m.RetirePractitioner(setup_code=box.provisioned.setup_code, practitioner=box.username), m.Done)
    box.disk.heal()
    with pytest.raises(SignInRefused):
        box.enter()
    assert keyring.exists()
    box.reboot(held=True)
    assert not keyring.exists()
    assert f'"practitioner":"{box.username}","stage":"done"' in box.logged("practitioner_retired")[-1]


def test_a_clock_is_repaired_in_the_window_and_both_times_are_in_the_log(box: JumpingBox) -> None:
    box.offer(NOON_MS + 9_000 * DAY_MS, is_confirmed=True)
    step = box.repair(NOON_MS)
    assert step.before.ms >= NOON_MS + 9_000 * DAY_MS
    assert step.after.confidence is Confidence.BROWSER
    assert 0 <= box.status().clock.ms - NOON_MS < HOUR_MS
    assert f'"after_ms":{NOON_MS}' in box.logged("clock_repaired")[-1]
    assert not box.status().is_signed_in
    box.reboot(held=True)
    assert 0 <= box.status().clock.ms - NOON_MS < HOUR_MS
    with pytest.raises(ClockUnlikely):
        box.repair(0)


@pytest.mark.parametrize("is_filming", [False, True], ids=["armed", "filming"])
def test_no_clock_is_repaired_while_armed_or_filming(box: JumpingBox, is_filming: bool) -> None:
    box.arm(*box.family())
    if is_filming:
        box.filming()
    state, lines = box.status().state, len(box.logged("clock_repaired"))
    with pytest.raises(NotNow):
        box.repair(NOON_MS + HOUR_MS)
    assert box.status().state == state
    assert box.status().clock.ms < NOON_MS + HOUR_MS
    assert len(box.logged("clock_repaired")) == lines


@pytest.mark.promise("P3")
def test_without_a_trusted_clock_nothing_is_armed_until_one_is_offered(box: JumpingBox) -> None:
    case, adult, child = box.family()
    box.reboot(held=True)
    box.enter()
    with pytest.raises(ClockUntrusted):
        box.arm(case, adult, child)
    box.offer(NOON_MS + HOUR_MS)
    box.arm(case, adult, child)


def test_cases_of_a_retired_practitioner_stay_theirs(box: JumpingBox) -> None:
    box.family()
    me, code = box.username, box.provisioned.setup_code
    box.client.call(m.RetirePractitioner(setup_code=code, practitioner=me), m.Done)
    listed = box.client.call(m.ListPractitioners(setup_code=code), m.PractitionerList).practitioners
    assert next((one.cases, one.is_active) for one in listed if one.practitioner == me) == (1, False)
