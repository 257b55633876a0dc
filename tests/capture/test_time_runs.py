"""Lock-outs, sessions, rates, leases, asks and the enrolment window run on boot time: no jump of a wall clock moves them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from capture_box import wait_until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from jumping_box import DAY_MS, HOUR_MS, NOON_MS, JumpingBox, jumping_box
from record_box import HandClock

from capture import messages as m
from capture.anchor import TimeAnchor
from capture.attempts import Attempts
from capture.catalogue import Catalogue
from capture.errors import ClockUnlikely, EnrolmentClosed, NotNow, SignInNeeded, TooManyAttempts, VigcamError
from capture.ids import new_practitioner_id
from capture.keyring import PublicKeys, Unlocked
from capture.model import ArmMode, Confidence
from capture.rate import Rate
from capture.recorder.model import NS, Ask, AskKind, Leave, Phase, State, Tick
from capture.recorder.step import step
from capture.seal.keys import Identity
from capture.session import Sessions

YEARS_MS = 20 * 365 * DAY_MS


def _unlocked() -> Unlocked:
    identity = Identity.generate()
    return Unlocked(PublicKeys(new_practitioner_id(), identity.recipient, "0" * 64), identity, Ed25519PrivateKey.generate())


class Life:
    """All that waits or runs out on one box, and what can be seen of it from outside."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.clock = HandClock()
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite")
        self.anchor = TimeAnchor(self.clock, lambda: None, lambda _: None)
        self.attempts = Attempts(self.catalogue, self.clock)
        self.rate = Rate(self.clock, 2, 10.0)
        self.ended: list[str] = []
        self.sessions = Sessions(self.clock, 900, begun=lambda _: None, ended=lambda _, cause: self.ended.append(cause))
        self.sessions.begin(_unlocked())
        now = self.clock.boottime_ns()
        self.state = State(
            phase=Phase.ARMED,
            leave=Leave("arm-1", ArmMode.FILM, now + 10_800 * NS),
            asks=(Ask("ask-1", AskKind.ERASE, now + 60 * NS),),
            enrolment_end_ns=now + 900 * NS,
        )

    def seen(self) -> list[object]:
        """Each is tried, as somebody would at this moment."""
        waits: list[object] = []
        for attempt in (self.attempts.begin, self.rate.take):
            try:
                attempt()
                waits.append("let in")
            except TooManyAttempts as refusal:
                waits.append(refusal.retry_after_s)
        self.sessions.lock_if_idle()
        self.state, effects = step(self.state, Tick(self.clock.boottime_ns()))
        return [*waits, list(self.ended), self.state, effects]

    def offer(self, wall_ms: int, *, is_confirmed: bool) -> None:
        with contextlib.suppress(ClockUnlikely):
            self.anchor.offer(wall_ms, is_confirmed)


STEPS = st.lists(
    st.tuples(
        st.floats(0, 1_000),
        st.one_of(st.none(), st.integers(-YEARS_MS, YEARS_MS)),
        st.one_of(st.none(), st.integers(0, NOON_MS + YEARS_MS)),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_a_box_whose_wall_clocks_jump_lives_exactly_as_one_whose_do_not(
    steps: list[tuple[float, int | None, int | None, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        jumping, calm = Life(Path(folder) / "jumping"), Life(Path(folder) / "calm")
        for seconds, jump_ms, offer_ms, is_confirmed in steps:
            jumping.clock.run(seconds)
            calm.clock.run(seconds)
            if jump_ms is not None:
                jumping.clock.system_ms = max(0, jumping.clock.system_ms + jump_ms)
            if offer_ms is not None:
                jumping.offer(offer_ms, is_confirmed=is_confirmed)
            assert jumping.seen() == calm.seen()
        jumping.catalogue.close()
        calm.catalogue.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[JumpingBox]:
    with jumping_box(tmp_path / "box") as box:
        box.offer(NOON_MS, is_confirmed=True)
        yield box


JUMPS = (-5 * HOUR_MS, 17 * HOUR_MS, 40 * DAY_MS, -40 * DAY_MS)


def _jump(box: JumpingBox) -> None:
    """Offers that are taken, in both directions, and as many steps of the system's own clock; at the end it is noon again."""
    for jump_ms in JUMPS:
        box.clock.wall_offset_ms += jump_ms
        box.offer(NOON_MS + jump_ms, is_confirmed=True)
    box.offer(NOON_MS + HOUR_MS, is_confirmed=True)


def test_the_enrolment_window_lasts_its_quarter_of_an_hour_whatever_the_wall_says(box: JumpingBox) -> None:
    _jump(box)
    assert box.status().is_enrolment_open
    box.pass_s(840)
    box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)
    box.pass_s(60)
    _jump_alone(box)
    with pytest.raises(EnrolmentClosed):
        box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)
    wait_until(lambda: box.logged("enrolment_closed"))  # handed in by the control thread, which waits for no disk


def _jump_alone(box: JumpingBox) -> None:
    for jump_ms in JUMPS:
        box.clock.wall_offset_ms += jump_ms


def test_a_lease_ends_after_its_three_hours_however_the_wall_jumps_meanwhile(box: JumpingBox) -> None:
    box.offer(NOON_MS + HOUR_MS, is_confirmed=True)
    family = box.family()
    box.arm(*family)
    for hour in range(1, 12):
        box.pass_s(900)
        box.client.call(m.KeepAlive(session=box.session), m.Done)
        _jump_alone(box)
        box.offer(NOON_MS + (hour + 2) * HOUR_MS, is_confirmed=True)
        assert box.status().state == "armed"
    box.pass_s(910)
    assert box.status().state == "idle"


def test_an_idle_session_ends_after_its_quarter_of_an_hour_and_not_by_the_wall(box: JumpingBox) -> None:
    _jump(box)
    box.client.call(m.KeepAlive(session=box.session), m.Done)
    box.pass_s(905)
    wait_until(lambda: not box.status().is_signed_in)
    with pytest.raises(SignInNeeded):
        box.client.call(m.KeepAlive(session=box.session), m.Done)


@pytest.mark.parametrize("wait_s", [55, 65])
def test_a_sign_in_waits_a_minute_for_its_press_and_not_by_the_wall(box: JumpingBox, wait_s: int) -> None:
    _jump(box)
    verb = m.SignInBegin(username=box.username, passphrase=box.passphrase)
    waiting = box.client.call(verb, m.SignInWaiting)
    _jump(box)
    box.pass_s(wait_s)
    box.press()
    try:
        is_in = box._poll(waiting.ask_id).session != ""
    except VigcamError:
        is_in = False
    assert is_in is (wait_s < 60)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("wait_s", [55, 65])
def test_an_erasure_waits_a_minute_for_its_press_and_not_by_the_wall(box: JumpingBox, wait_s: int) -> None:
    box.arm(*box.family())
    kept = box.film(0.5)
    _jump_alone(box)
    waiting = box.client.call(m.EraseBegin(session=box.session, recording_ids=(kept,), words=kept), m.EraseWaiting)
    _jump(box)
    box.pass_s(wait_s)
    box.press()
    is_there = (box.folder / "vault" / f"{kept}.mp4.age").exists
    if wait_s < 60:
        wait_until(lambda: not is_there())
    else:
        with pytest.raises(NotNow):
            box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer)
        assert is_there()


def test_guesses_of_the_set_up_code_wait_their_time_out_and_not_by_the_wall(box: JumpingBox) -> None:
    wrong = m.ListPractitioners(setup_code="wrong")
    refusals: list[VigcamError] = []
    for _ in range(5):
        try:
            box.client.call(wrong, m.PractitionerList)
        except VigcamError as refusal:
            refusals.append(refusal)
    assert [refusal.code for refusal in refusals] == ["setup_code_wrong"] * 4 + ["too_many_attempts"]
    _jump(box)
    with pytest.raises(TooManyAttempts):
        box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)
    box.pass_s(6)
    box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)


@pytest.mark.promise("P2")
def test_a_box_that_slept_has_neither_a_session_nor_a_window_nor_a_leave(box: JumpingBox) -> None:
    box.arm(*box.family())
    box.pass_s(8 * 3_600)
    wait_until(lambda: not box.status().is_signed_in)
    status = box.status()
    assert (status.state, status.is_enrolment_open, status.waiting_for_press) == ("idle", False, "")


def test_what_time_it_was_at_an_orderly_end_is_what_the_next_boot_expects(box: JumpingBox) -> None:
    box.pass_s(5 * 86_400)
    box.reboot(system_ms=0)
    found = box.status().clock
    assert found.confidence is Confidence.NONE
    assert 0 <= found.ms - (NOON_MS + 5 * DAY_MS) < HOUR_MS
