"""The anchor: wall time as a claim with a confidence, over restarts, reboots and clocks that jump both ways."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from record_box import NOON_MS, HandClock

from capture.anchor import EARLIEST_MS, LIKELY_MS, TimeAnchor
from capture.errors import ClockUnlikely
from capture.model import Confidence, WallTime
from device.clock import SystemClock

HOUR_MS = 3_600_000


class Kept:
    """The text kept over restarts."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def load(self) -> str | None:
        return self.text

    def store(self, text: str) -> None:
        self.text = text


def anchor(clock: HandClock, kept: Kept | None = None) -> TimeAnchor:
    kept = kept or Kept()
    return TimeAnchor(clock, kept.load, kept.store)


def browser(ms: int) -> WallTime:
    return WallTime(ms=ms, confidence=Confidence.BROWSER)


def test_without_battery_and_without_offer_no_time_is_trusted() -> None:
    assert anchor(HandClock()).now().confidence is Confidence.NONE


def test_a_likely_offer_is_taken_and_runs_on() -> None:
    clock = HandClock()
    found = anchor(clock)
    found.offer(NOON_MS + HOUR_MS, is_confirmed=False)
    clock.run(60)
    assert found.now() == browser(NOON_MS + HOUR_MS + 60_000)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_offer_24_hours_off_is_taken_and_one_further_off_is_not(sign: int) -> None:
    found = anchor(HandClock())
    with pytest.raises(ClockUnlikely):
        found.offer(NOON_MS + sign * (LIKELY_MS + 1), is_confirmed=False)
    assert found.now().confidence is Confidence.NONE
    found.offer(NOON_MS + sign * LIKELY_MS, is_confirmed=False)
    assert found.now() == browser(NOON_MS + sign * LIKELY_MS)


@pytest.mark.parametrize("offset_ms", [30 * LIKELY_MS, -30 * LIKELY_MS])
def test_an_unlikely_offer_is_taken_once_confirmed_and_going_back_is_told(offset_ms: int) -> None:
    found = anchor(HandClock())
    step = found.offer(NOON_MS + offset_ms, is_confirmed=True)
    assert found.now() == step.after == browser(NOON_MS + offset_ms)
    assert step.before == WallTime(ms=NOON_MS, confidence=Confidence.NONE)


def test_a_time_before_this_software_existed_is_never_believed() -> None:
    with pytest.raises(ClockUnlikely):
        anchor(HandClock()).offer(EARLIEST_MS - 1, is_confirmed=True)
    anchor(HandClock()).offer(EARLIEST_MS, is_confirmed=True)


def test_a_step_of_the_systems_clock_moves_nothing() -> None:
    clock = HandClock()
    found = anchor(clock)
    found.offer(NOON_MS, is_confirmed=False)
    clock.system_ms -= 10 * LIKELY_MS
    clock.run(1)
    assert found.now() == browser(NOON_MS + 1_000)


def test_a_restart_in_the_same_boot_keeps_the_anchor() -> None:
    clock, kept = HandClock(), Kept()
    anchor(clock, kept).offer(NOON_MS + HOUR_MS, is_confirmed=False)
    clock.run(10)
    assert anchor(clock, kept).now() == browser(NOON_MS + HOUR_MS + 10_000)


def test_a_new_boot_without_battery_trusts_no_time_but_expects_it_to_have_gone_on() -> None:
    clock, kept = HandClock(), Kept()
    anchor(clock, kept).offer(NOON_MS + HOUR_MS, is_confirmed=False)
    clock.reboot("b" * 32, system_ms=0)
    again = anchor(clock, kept)
    assert again.now() == WallTime(ms=NOON_MS + HOUR_MS, confidence=Confidence.NONE)
    with pytest.raises(ClockUnlikely):
        again.offer(NOON_MS + HOUR_MS - LIKELY_MS - 1, is_confirmed=False)
    again.offer(NOON_MS + 2 * HOUR_MS, is_confirmed=False)
    assert again.now().confidence is Confidence.BROWSER


def test_a_system_clock_ahead_of_what_was_seen_is_what_is_expected_after_a_new_boot() -> None:
    clock, kept = HandClock(), Kept()
    anchor(clock, kept).offer(NOON_MS, is_confirmed=False)
    clock.reboot("b" * 32, system_ms=NOON_MS + 7 * LIKELY_MS)
    anchor(clock, kept).offer(NOON_MS + 7 * LIKELY_MS, is_confirmed=False)


def test_what_was_remembered_is_the_next_boots_expectation() -> None:
    clock, kept = HandClock(), Kept()
    found = anchor(clock, kept)
    found.offer(NOON_MS, is_confirmed=False)
    clock.run(5 * 86_400)
    found.remember()
    clock.reboot("b" * 32, system_ms=0)
    assert anchor(clock, kept).now().ms == NOON_MS + 5 * LIKELY_MS


def test_without_a_trusted_time_nothing_is_remembered() -> None:
    kept = Kept()
    anchor(HandClock(), kept).remember()
    assert kept.text is None


def test_a_battery_backed_clock_is_trusted_from_the_start() -> None:
    assert anchor(HandClock(has_rtc=True)).now() == WallTime(ms=NOON_MS, confidence=Confidence.RTC)


def test_a_likely_browser_does_not_displace_a_battery_backed_clock() -> None:
    found = anchor(HandClock(has_rtc=True))
    found.offer(NOON_MS + HOUR_MS, is_confirmed=False)
    assert found.now() == WallTime(ms=NOON_MS, confidence=Confidence.RTC)


def test_a_person_who_confirms_overrules_a_battery_backed_clock_that_is_far_off() -> None:
    found = anchor(HandClock(has_rtc=True))
    with pytest.raises(ClockUnlikely):
        found.offer(NOON_MS + 3 * LIKELY_MS, is_confirmed=False)
    found.offer(NOON_MS + 3 * LIKELY_MS, is_confirmed=True)
    assert found.now() == browser(NOON_MS + 3 * LIKELY_MS)


def test_a_battery_that_ran_flat_is_noticed_by_what_was_seen_before() -> None:
    clock, kept = HandClock(has_rtc=True), Kept()
    anchor(clock, kept).remember()
    clock.reboot("b" * 32, system_ms=NOON_MS - LIKELY_MS - 1)
    assert anchor(clock, kept).now() == WallTime(ms=NOON_MS, confidence=Confidence.NONE)


def test_a_battery_backed_clock_a_day_behind_what_was_seen_is_still_trusted() -> None:
    clock, kept = HandClock(has_rtc=True), Kept()
    anchor(clock, kept).remember()
    clock.reboot("b" * 32, system_ms=NOON_MS - LIKELY_MS)
    assert anchor(clock, kept).now() == WallTime(ms=NOON_MS - LIKELY_MS, confidence=Confidence.RTC)


def test_a_battery_backed_clock_in_1970_is_not_trusted() -> None:
    assert anchor(HandClock(has_rtc=True, system_ms=0)).now().confidence is Confidence.NONE


@given(st.text(max_size=60))
def test_a_damaged_memory_is_as_none(text: str) -> None:
    assert anchor(HandClock(), Kept(text)).now() == WallTime(ms=NOON_MS, confidence=Confidence.NONE)


def test_a_time_that_could_not_be_kept_is_not_taken() -> None:
    def full_disk(_: str) -> None:
        raise OSError("no room")

    found = TimeAnchor(HandClock(), lambda: None, full_disk)
    with pytest.raises(OSError, match="no room"):
        found.offer(NOON_MS + HOUR_MS, is_confirmed=False)
    assert found.now() == WallTime(ms=NOON_MS, confidence=Confidence.NONE)


class JumpingClocks(RuleBasedStateMachine):
    """Any order of offers, jumps of the system's clock, restarts and reboots."""

    @initialize(has_rtc=st.booleans(), system_ms=st.integers(0, 2 * NOON_MS))
    def begin(self, has_rtc: bool, system_ms: int) -> None:
        self.clock = HandClock(has_rtc=has_rtc, system_ms=system_ms)
        self.kept = Kept()
        self.boots = 0
        self.is_anchored = False
        self.anchor = anchor(self.clock, self.kept)
        self.shown = (self.anchor.now(), self.clock.boot_ns)

    @rule(jump_ms=st.integers(-NOON_MS, NOON_MS))
    def system_clock_jumps(self, jump_ms: int) -> None:
        self.clock.system_ms = max(0, self.clock.system_ms + jump_ms)

    @rule(seconds=st.integers(0, 10**6))
    def time_runs(self, seconds: int) -> None:
        self.clock.run(seconds)

    @rule(away_ms=st.integers(-3 * LIKELY_MS, 3 * LIKELY_MS), is_confirmed=st.booleans())
    def browser_offers(self, away_ms: int, is_confirmed: bool) -> None:
        before = self.anchor.now()
        offered = before.ms + away_ms
        try:
            step = self.anchor.offer(offered, is_confirmed)
        except ClockUnlikely:
            assert offered < EARLIEST_MS or (abs(away_ms) > LIKELY_MS and not is_confirmed)
            assert self.anchor.now() == before
            return
        assert offered >= EARLIEST_MS
        assert abs(away_ms) <= LIKELY_MS or is_confirmed
        assert (step.before, step.after) == (before, self.anchor.now())
        assert step.after.confidence is not Confidence.NONE
        if before.confidence is not Confidence.RTC:
            assert step.after == browser(offered)
        self.is_anchored = True
        self.shown = (step.after, self.clock.boot_ns)

    @rule()
    def remembers(self) -> None:
        self.anchor.remember()

    @rule()
    def daemon_restarts(self) -> None:
        before = self.anchor.now()
        self.anchor = anchor(self.clock, self.kept)
        if before.confidence is Confidence.BROWSER:
            assert self.anchor.now() == before
        self.shown = (self.anchor.now(), self.clock.boot_ns)

    @rule()
    def box_reboots(self) -> None:
        self.boots += 1
        self.clock.reboot(f"{self.boots:032x}")
        self.is_anchored = False
        self.anchor = anchor(self.clock, self.kept)
        self.shown = (self.anchor.now(), self.clock.boot_ns)

    @invariant()
    def wall_time_runs_exactly_as_boot_time(self) -> None:
        wall, boot_ns = self.shown
        now = self.anchor.now()
        assert now.confidence is wall.confidence
        assert now.ms - wall.ms == self.clock.boot_ns // 1_000_000 - boot_ns // 1_000_000

    @invariant()
    def nothing_is_trusted_that_nobody_vouched_for(self) -> None:
        if not self.clock.has_rtc and not self.is_anchored:
            assert self.anchor.now().confidence is Confidence.NONE
        if self.anchor.now().confidence is not Confidence.NONE:
            assert self.anchor.now().ms >= EARLIEST_MS


TestJumpingClocks = JumpingClocks.TestCase


@pytest.mark.promise("P5")
def test_the_time_is_told_while_an_offer_waits_for_its_disk() -> None:
    stored, told = threading.Event(), threading.Event()

    def store(_: str) -> None:
        told.set()
        assert stored.wait(10)

    anchor = TimeAnchor(SystemClock(), lambda: None, store)
    offering = threading.Thread(target=anchor.offer, args=(1_800_000_000_000, True))
    offering.start()
    assert told.wait(5)
    asking = threading.Thread(target=anchor.now)
    asking.start()
    asking.join(1)
    is_answered = not asking.is_alive()
    stored.set()
    offering.join()
    assert is_answered
