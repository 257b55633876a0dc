"""What takes the ground from under a leave stops the sensor first and is written down afterwards, however long the card takes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from capture_box import CaptureBox, wait_until
from faults import order, recall

from capture import messages as m
from capture.errors import VigcamError
from capture.messages import Verb
from capture.model import Decision, Indication, ParentalResponsibility, Role, Scope

pytestmark = [pytest.mark.promise("P3"), pytest.mark.promise("P5")]

Ending = Callable[[CaptureBox, str, str, str], Verb]


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[CaptureBox, Path]]:
    """A box whose daemon's disk obeys the orders in a folder. One for each: a log that could not be written stays shut."""
    orders = tmp_path / "orders"
    program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    box = CaptureBox(tmp_path / "box", program)
    try:
        yield box.ready(), orders
    finally:
        box.close()


def withdrawal(box: CaptureBox, case: str, adult: str, child: str) -> Verb:
    return m.RecordConsent(
        session=box.session,
        case=case,
        participant_id=child,
        scope=Scope.FILM,
        decision=Decision.WITHDRAWN,
        given_by=adult,
        indication=Indication.ON_THE_BOX,
        valid_days=30,
        notice_hash="0" * 64,
        notice_version="1",
        notice_language="en",
    )


def removal(box: CaptureBox, case: str, _: str, child: str) -> Verb:
    return m.RemoveParticipant(session=box.session, case=case, participant_id=child)


def removal_of_who_said_yes(box: CaptureBox, case: str, adult: str, _: str) -> Verb:
    return m.RemoveParticipant(session=box.session, case=case, participant_id=adult)


def loss_of_responsibility(box: CaptureBox, case: str, adult: str, _: str) -> Verb:
    return m.AmendParticipant(
        session=box.session,
        case=case,
        participant_id=adult,
        label="Adult A",
        role=Role.PARENT,
        is_child=False,
        responsibility=ParentalResponsibility.LOCAL_AUTHORITY,
    )


def sign_out(box: CaptureBox, *_: str) -> Verb:
    return m.SignOut(session=box.session)


def test_whoever_hears_that_they_are_signed_out_films_nobody_any_more(box: CaptureBox) -> None:
    box.ready()
    filming(box)
    box.client.call(sign_out(box), m.Done)
    assert not box.status().is_sensor_open


ENDINGS = (withdrawal, removal, removal_of_who_said_yes, loss_of_responsibility)


def filming(box: CaptureBox) -> tuple[str, str, str]:
    """The child alone is filmed: who said yes for it is in another room."""
    case, adult, child = box.family()
    box.arm(case, child)
    box.press(1.15)
    box.wait_for("recording")
    return case, adult, child


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.__name__)
def test_the_sensor_is_off_while_the_card_still_holds_the_record_of_it_back(
    faulty: tuple[CaptureBox, Path], ending: Ending
) -> None:
    box, orders = faulty
    case, adult, child = filming(box)
    order(orders, "sync_data", "hold audit.log")
    asking = threading.Thread(target=box.client.call, args=(ending(box, case, adult, child), m.Done))
    try:
        asking.start()
        wait_until(lambda: not box.status().is_sensor_open, timeout_s=3)
        assert asking.is_alive(), "it was written down already: this shows nothing"
    finally:
        recall(orders, "sync_data")
        asking.join(20)
    box.wait_for("idle")
    with pytest.raises(VigcamError):
        box.arm(case, child)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.__name__)
def test_the_sensor_is_off_too_where_it_can_never_be_written_down(faulty: tuple[CaptureBox, Path], ending: Ending) -> None:
    box, orders = faulty
    case, adult, child = filming(box)
    order(orders, "write_all", "fail ENOSPC")
    with pytest.raises(VigcamError):
        box.client.call(ending(box, case, adult, child), m.Done)
    status = box.status()
    assert (status.is_sensor_open, status.armed_case) == (False, "")
