"""Signing in on a real daemon: passphrase, then a press, then scrypt; nobody learns which was wrong, and guessing gets slow."""

from __future__ import annotations

import statistics
import time

import pytest
from capture_box import CaptureBox, wait_until

from capture import messages as m
from capture.errors import EnrolmentClosed, NotNow, SetupCodeWrong, SignInNeeded, SignInRefused, TooManyAttempts


def _begin(box: CaptureBox, username: str, passphrase: str) -> str:
    return box.client.call(m.SignInBegin(username=username, passphrase=passphrase), m.SignInWaiting).ask_id


def _outcome(box: CaptureBox, ask_id: str) -> tuple[str, float]:
    """How a sign-in ended after the press, and how long the check took in seconds."""
    began = time.monotonic()

    def look() -> str:
        try:
            answer = box.client.call(m.SignInPoll(ask_id=ask_id), m.Answer)
        except SignInRefused as refused:
            return f"{refused.code}/{refused.detail}/{refused.reasons}"
        return "signed_in" if isinstance(answer, m.SignedIn) else ""

    return wait_until(look), time.monotonic() - began


def test_a_passphrase_alone_signs_nobody_in(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    ask_id = _begin(box, box.username, box.passphrase)
    time.sleep(1)
    assert box.client.call(m.SignInPoll(ask_id=ask_id), m.SignInWaiting).stage == "press"
    assert not box.status().is_signed_in


def test_a_wrong_passphrase_and_an_unknown_user_get_the_same_answer_after_like_work(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    times: dict[str, list[float]] = {"wrong": [], "unknown": []}
    answers = set()
    for username, kind in ((box.username, "wrong"), ("prac-222222", "unknown"), (box.username, "wrong")):
        ask_id = _begin(box, username, "wrong words wrong words wrong words")
        box.press()
        answer, took = _outcome(box, ask_id)
        answers.add(answer)
        times[kind].append(took)
    assert len(answers) == 1, answers
    wrong, unknown = (statistics.mean(times[kind]) for kind in ("wrong", "unknown"))
    # Both do one scrypt; without it the unknown user would be answered in a hundredth of the time.
    assert unknown > wrong / 5
    assert wrong > unknown / 5


def test_guessing_slows_down_and_a_restart_does_not_help(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    for _ in range(4):
        ask_id = _begin(box, box.username, "not the six words")
        box.press()
        _outcome(box, ask_id)
    with pytest.raises(TooManyAttempts) as slowed:
        _begin(box, box.username, box.passphrase)
    assert slowed.value.retry_after_s is not None
    assert slowed.value.retry_after_s > 1
    box.kill()
    box.start()
    with pytest.raises(TooManyAttempts):
        _begin(box, box.username, box.passphrase)


def test_two_sign_ins_at_once_are_both_refused(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    first = _begin(box, box.username, box.passphrase)
    with pytest.raises(SignInRefused):
        _begin(box, box.username, box.passphrase)
    box.press()
    with pytest.raises(SignInRefused):
        box.client.call(m.SignInPoll(ask_id=first), m.Answer)
    assert not box.status().is_signed_in


def test_who_takes_the_first_try_back_can_try_again_at_once(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    first = _begin(box, box.username, box.passphrase)
    box.client.call(m.SignInTakeBack(ask_id=first), m.Done)
    box.sign_in()
    assert box.status().is_signed_in


def test_the_session_belongs_to_whom_it_was_given(box: CaptureBox) -> None:
    box.ready()
    with pytest.raises(SignInNeeded):
        box.client.call(m.ListCases(session="x" * 43), m.CaseList)
    box.client.call(m.SignOut(session=box.session), m.Done)
    with pytest.raises(SignInNeeded):
        box.client.call(m.ListCases(session=box.session), m.CaseList)


def test_signing_out_clears_armed(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.client.call(m.SignOut(session=box.session), m.Done)
    assert box.wait_for("idle").armed_case == ""


@pytest.mark.promise("P3")
def test_the_idle_lock_wipes_the_keyring_and_leaves_the_box_armed_for_the_visit(box: CaptureBox) -> None:
    config = box.folder / "config.toml"
    config.write_text(config.read_text().replace("idle_lock_s = 900", "idle_lock_s = 2"))
    box.ready()
    box.arm(*box.family())
    wait_until(lambda: not box.status().is_signed_in)
    with pytest.raises(SignInNeeded):
        box.client.call(m.ListCases(session=box.session), m.CaseList)
    assert box.status().state == "armed"
    box.film(1)
    assert len(list((box.folder / "vault").glob("*.mp4.age"))) == 1


def test_trust_changes_only_in_the_enrolment_window_and_with_the_code(box: CaptureBox) -> None:
    box.start()
    with pytest.raises(EnrolmentClosed):
        box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)
    box.stop()
    box.start(held=True)
    wait_until(lambda: box.status().is_enrolment_open)
    box.up()
    with pytest.raises(SetupCodeWrong):
        box.client.call(m.Enrol(setup_code="2222-2222-2222-2222-2222"), m.Enrolled)
    assert box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled).username.startswith("prac-")


def test_nobody_signs_in_while_the_camera_films(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    box.press(1.15)
    box.wait_for("recording")
    with pytest.raises(NotNow):
        _begin(box, box.username, box.passphrase)
    assert box.status().is_sensor_open
    box.press()
    box.wait_for("armed")
