"""A leave to film on a real daemon: it does not outlive the consent, the practitioner or the session on which it rests."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from faults import order, recall

from capture import messages as m
from capture.errors import ConsentMissing, NotNow, SignInNeeded, TooManyAttempts, VigcamError
from capture.model import Decision


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[CaptureBox, Path]]:
    """A box whose daemon's disk obeys the orders in a folder."""
    orders = tmp_path / "orders"
    program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    box = CaptureBox(tmp_path / "box", program)
    yield box, orders
    box.close()


def _enrol_another(box: CaptureBox) -> m.Enrolled:
    return box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)


@pytest.mark.promise("P1")
@pytest.mark.promise("P3")
def test_another_practitioners_sign_in_ends_the_leave_and_ones_own_does_not(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    another = _enrol_another(box)
    box.sign_in()
    box.arm(*box.family())
    box.sign_in()
    assert box.status().state == "armed"
    box.username, box.passphrase = another.username, another.passphrase
    box.sign_in()
    assert box.wait_for("idle").armed_case == ""
    box.press(1.3)
    time.sleep(0.2)
    assert not box.status().is_sensor_open


@pytest.mark.promise("P3")
def test_a_withdrawal_beside_an_arming_under_way_leaves_nothing_armed(faulty: tuple[CaptureBox, Path]) -> None:
    box, orders = faulty
    box.ready()
    case, adult, child = box.family()
    order(orders, "sync_data", "hold audit.log")
    outcomes: list[str] = []

    def arm() -> None:
        try:
            box.arm(case, adult, child)
        except (ConsentMissing, NotNow) as error:
            outcomes.append(error.code)

    arming = threading.Thread(target=arm)
    arming.start()
    time.sleep(0.3)  # it waits for the log
    withdrawing = threading.Thread(target=box.consent, args=(case, adult, adult, Decision.WITHDRAWN))
    withdrawing.start()
    time.sleep(0.3)
    recall(orders, "sync_data")
    arming.join()
    withdrawing.join()
    assert box.wait_for("idle").armed_case == ""
    box.press(1.3)
    assert not box.status().is_sensor_open


@pytest.mark.promise("P5")
def test_who_signs_out_while_a_case_is_being_read_stops_the_sensor_before_that_is_read(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    box.press(1.15)
    box.wait_for("recording")
    reading = threading.Thread(target=box.client.call, args=(m.GetCase(session=box.session, case=case), m.Answer))
    with contextlib.closing(sqlite3.connect(box.folder / "catalogue.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reading.start()
        time.sleep(0.3)  # it waits for the catalogue
        signing_out = threading.Thread(target=box.client.call, args=(m.SignOut(session=box.session), m.Answer))
        signing_out.start()
        wait_until(lambda: not box.status().is_sensor_open)
        assert reading.is_alive()
        other.execute("ROLLBACK")
    signing_out.join()
    reading.join()


@pytest.mark.promise("P9")
def test_who_signs_out_takes_along_what_waited_for_a_press(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    recording_id = box.film(1)
    verb = m.EraseBegin(session=box.session, recording_ids=(recording_id,), words=recording_id)
    box.client.call(verb, m.EraseWaiting)
    assert box.status().waiting_for_press == "erase"
    box.client.call(m.SignOut(session=box.session), m.Done)
    wait_until(lambda: not box.status().waiting_for_press)
    box.press()
    time.sleep(0.3)
    assert (box.folder / "vault" / f"{recording_id}.mp4.age").stat().st_size > 10_000


def test_a_crowd_of_asks_takes_no_sign_in_away_that_was_confirmed(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    waiting = box.client.call(m.SignInBegin(username=box.username, passphrase=box.passphrase), m.SignInWaiting)
    box.press()
    for _ in range(20):
        try:
            box.client.call(m.SignInBegin(username="prac-222222", passphrase="x"), m.SignInWaiting)
        except VigcamError:
            continue
    answer = wait_until(lambda: _signed_in(box, waiting.ask_id))
    box.client.call(m.ListCases(session=answer.session), m.CaseList)


def _signed_in(box: CaptureBox, ask_id: str) -> m.SignedIn | None:
    answer = box.client.call(m.SignInPoll(ask_id=ask_id), m.Answer)
    return answer if isinstance(answer, m.SignedIn) else None


def test_a_session_is_handed_out_once(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    waiting = box.client.call(m.SignInBegin(username=box.username, passphrase=box.passphrase), m.SignInWaiting)
    box.press()
    wait_until(lambda: _signed_in(box, waiting.ask_id))
    with pytest.raises(VigcamError):
        box.client.call(m.SignInPoll(ask_id=waiting.ask_id), m.Answer)


@pytest.mark.promise("P10")
def test_strangers_cannot_fill_the_log_with_asks(box: CaptureBox) -> None:
    box.start()
    refusals: set[str] = set()
    for _ in range(60):
        try:
            box.client.call(m.SignInBegin(username="prac-222222", passphrase="x"), m.SignInWaiting)
        except VigcamError as error:
            refusals.add(error.code)
    assert TooManyAttempts.code in refusals
    assert (box.folder / "audit.log").read_text().count("sign_in_asked") < 40


@pytest.mark.promise("P3")
def test_a_clock_that_is_set_back_while_armed_lets_nothing_be_filmed(box: CaptureBox) -> None:
    box.ready()
    box.arm(*box.family())
    an_hour_ago = time.time_ns() // 1_000_000 - 3_600_000
    box.client.call(m.OfferClock(session=box.session, wall_ms=an_hour_ago), m.Done)
    box.press(1.3)
    box.wait_for("idle")
    assert not box.status().is_sensor_open
    assert list((box.folder / "vault").iterdir()) == []


def test_an_old_token_is_worth_nothing_after_a_restart(box: CaptureBox) -> None:
    box.ready()
    box.stop()
    box.start()
    with pytest.raises(SignInNeeded):
        box.client.call(m.Disarm(session=box.session), m.Done)
