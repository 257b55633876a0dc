"""Erasing over the socket of a real daemon: a batch by one press, whose films they are, and what no clock can do."""

from __future__ import annotations

import os
import time
from contextlib import closing

import pytest
from capture_box import CaptureBox, wait_until

from capture import messages as m
from capture.catalogue import Catalogue
from capture.device_key import DeviceKey
from capture.errors import ConsentMissing, NotErasable, NotFound, NotNow
from capture.model import Decision, ErasureReceipt, Purpose, RecordingState, Reminder
from capture.receipts import read_receipt

DAY_MS = 86_400_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _film(box: CaptureBox) -> str:
    time.sleep(1)  # after a stop a new hold counts only from a second later
    return box.film(0.5)


def _begin(box: CaptureBox, *recording_ids: str, words: str = "") -> m.EraseWaiting:
    return box.client.call(m.EraseBegin(session=box.session, recording_ids=recording_ids, words=words), m.EraseWaiting)


def _pressed(box: CaptureBox, waiting: m.EraseWaiting) -> m.Erased:
    box.press()

    def look() -> m.Erased | None:
        answer = box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer)
        return answer if isinstance(answer, m.Erased) else None

    return wait_until(look)  # type: ignore[return-value]


def _receipts(box: CaptureBox, case: str) -> list[ErasureReceipt]:
    page = box.client.call(m.ListReceipts(session=box.session, case=case), m.ReceiptPage)
    key = DeviceKey.load(box.folder / "device.key").public_hex
    return [read_receipt(one.data, key) for one in page.receipts]


def _state(box: CaptureBox, recording_id: str) -> RecordingState:
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    return found.recording.state


def _due(box: CaptureBox) -> tuple[m.DueCase, ...]:
    return box.client.call(m.ListDue(session=box.session), m.DueList).cases


def _set_clock(box: CaptureBox, wall_ms: int) -> None:
    box.client.call(m.OfferClock(session=box.session, wall_ms=wall_ms, is_confirmed=True), m.Done)


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_a_batch_goes_by_one_press_and_its_receipt_outlives_a_restart(box: CaptureBox) -> None:
    box.ready()
    case, *present = box.family()
    box.arm(case, *present)
    films = [_film(box) for _ in range(2)]
    with pytest.raises(NotErasable):
        _begin(box, *films, words=films[0])
    held = box.client.call_with_descriptor(
        m.OpenRecording(session=box.session, recording_id=films[0], purpose=Purpose.REVIEW), m.Opened
    )[1]
    assert os.pread(held, 3, 0) == b"age"
    erased = _pressed(box, _begin(box, *films, words=case))
    assert set(erased.recording_ids) == set(films)
    assert os.fstat(held).st_size == 0, "it was being watched"
    os.close(held)
    assert list((box.folder / "vault").iterdir()) == []
    [receipt] = _receipts(box, case)
    assert erased.erasure_ids == (receipt.erasure_id,)
    assert {one.recording_id for one in receipt.recordings} == set(films)
    box.stop()
    box.start()
    box.sign_in()
    assert _receipts(box, case) == [receipt]


@pytest.mark.promise("P9")
def test_nothing_goes_without_the_press_and_a_press_after_signing_out_erases_nothing(box: CaptureBox) -> None:
    box.ready()
    case, *present = box.family()
    box.arm(case, *present)
    film = _film(box)
    sealed = box.folder / "vault" / f"{film}.mp4.age"
    before = sealed.read_bytes()
    waiting = _begin(box, film, words=film)
    box.client.call(m.CancelAsk(session=box.session, ask_id=waiting.ask_id), m.Done)
    box.press()
    with pytest.raises(NotNow):
        wait_until(lambda: box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Erased))
    _begin(box, film, words=film)
    box.client.call(m.SignOut(session=box.session), m.Done)
    wait_until(lambda: box.status().waiting_for_press == "")
    box.press()
    box.sign_in()
    assert _state(box, film) is RecordingState.SEALED
    assert sealed.read_bytes() == before
    assert _receipts(box, case) == []


@pytest.mark.promise("P9")
def test_another_practitioner_erases_none_of_it_and_sees_no_receipt(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    mine = (box.username, box.passphrase)
    another = box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)
    box.sign_in()
    case, *present = box.family()
    box.arm(case, *present)
    film, other = _film(box), _film(box)
    _pressed(box, _begin(box, other, words=other))
    box.username, box.passphrase = another.username, another.passphrase
    box.sign_in()
    for words in (film, case):
        with pytest.raises(NotFound):
            _begin(box, film, words=words)
    with pytest.raises(NotFound):
        _receipts(box, case)
    assert _due(box) == ()
    box.username, box.passphrase = mine
    box.sign_in()
    assert _state(box, film) is RecordingState.SEALED
    assert len(_receipts(box, case)) == 1


@pytest.mark.promise("P9")
def test_a_phone_clock_years_ahead_proposes_and_destroys_nothing_and_going_back_takes_it_back(box: CaptureBox) -> None:
    box.ready()
    case, *present = box.family()
    box.arm(case, *present)
    film = _film(box)
    files = {path.name: path.read_bytes() for path in (box.folder / "vault").iterdir()}
    box.client.call(m.EndInvolvement(session=box.session, case=case, ended_ms=box.status().clock.ms), m.Done)
    assert _due(box) == ()
    for days, reminder in ((47, Reminder.DUE_IN_14), (54, Reminder.DUE_IN_7), (59, Reminder.DUE_IN_1), (4_000, Reminder.DUE)):
        _set_clock(box, _now_ms() + days * DAY_MS)
        [due] = _due(box)
        assert (due.case, due.reminder, due.days_left, due.films, due.not_taken_over) == (case, reminder, 60 - days, 1, 1)
    with pytest.raises(NotErasable):
        _begin(box, film)
    box.stop()
    box.start()
    box.sign_in()
    _set_clock(box, _now_ms())
    assert _due(box) == ()
    assert {path.name: path.read_bytes() for path in (box.folder / "vault").iterdir()} == files


@pytest.mark.promise("P9")
def test_a_film_whose_family_took_the_yes_back_can_only_be_erased(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    film = _film(box)
    box.consent(case, child, adult, Decision.WITHDRAWN)
    for purpose in Purpose:
        with pytest.raises(ConsentMissing):
            box.client.call_with_descriptor(m.OpenRecording(session=box.session, recording_id=film, purpose=purpose), m.Opened)
    assert _pressed(box, _begin(box, film, words=film)).recording_ids == (film,)
    assert _state(box, film) is RecordingState.ERASED


def test_a_service_that_keeps_films_shorter_is_reminded_sooner(box: CaptureBox) -> None:
    config = box.folder / "config.toml"
    config.write_text(config.read_text().replace("kept_days = 60", "kept_days = 10"))
    box.ready()
    case, *present = box.family()
    box.arm(case, *present)
    _film(box)
    found = box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    assert (found.erase_due_ms, found.kept_days) == (None, 10)
    ended_ms = box.status().clock.ms
    box.client.call(m.EndInvolvement(session=box.session, case=case, ended_ms=ended_ms), m.Done)
    [due] = _due(box)
    assert (due.due_ms, due.reminder, due.days_left) == (ended_ms + 10 * DAY_MS, Reminder.DUE_IN_14, 10)
    found = box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    assert found.erase_due_ms == due.due_ms
    listed = box.client.call(m.ListCases(session=box.session), m.CaseList).cases
    assert [one.erase_due_ms for one in listed] == [due.due_ms]


@pytest.mark.promise("P9")
def test_a_box_that_does_not_know_the_date_says_so_and_calls_nothing_due(box: CaptureBox) -> None:
    box.ready()
    case, *present = box.family()
    box.arm(case, *present)
    _film(box)
    box.client.call(m.EndInvolvement(session=box.session, case=case, ended_ms=box.status().clock.ms), m.Done)
    _forget_the_time(box)
    _sign_in_without_a_clock(box)
    [due] = _due(box)
    assert (due.reminder, due.days_left) == (Reminder.DATE_UNKNOWN, None)


def _forget_the_time(box: CaptureBox) -> None:
    """As after a reboot of a box without a battery: what it kept belongs to another boot."""
    box.stop()
    with closing(Catalogue.open(box.folder / "catalogue.sqlite")) as catalogue:
        catalogue.change("DELETE FROM meta WHERE key = 'anchor'")
    box.start()


def _sign_in_without_a_clock(box: CaptureBox) -> None:
    waiting = box.client.call(m.SignInBegin(username=box.username, passphrase=box.passphrase), m.SignInWaiting)
    box.press()

    def look() -> str:
        answer = box.client.call(m.SignInPoll(ask_id=waiting.ask_id), m.Answer)
        return answer.session if isinstance(answer, m.SignedIn) else ""

    box.session = wait_until(look)
