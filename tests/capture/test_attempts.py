"""Guessing is slowed down, and neither waiting elsewhere nor pulling the plug helps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from record_box import HandClock

from capture.attempts import FIRST_DELAY_S, FREE_ATTEMPTS, LONGEST_DELAY_S, Attempts, delay_s
from capture.catalogue import Catalogue
from capture.errors import TooManyAttempts


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite")
    yield opened
    opened.close()


def _fail(attempts: Attempts, clock: HandClock, times: int) -> None:
    for _ in range(times):
        clock.run(LONGEST_DELAY_S)
        attempts.begin()


def test_three_failures_are_free(catalogue: Catalogue) -> None:
    attempts = Attempts(catalogue, HandClock())
    for _ in range(FREE_ATTEMPTS):
        attempts.begin()
    attempts.check()


def test_from_the_fourth_failure_on_there_is_a_delay_that_ends(catalogue: Catalogue) -> None:
    clock = HandClock()
    attempts = Attempts(catalogue, clock)
    _fail(attempts, clock, 4)
    with pytest.raises(TooManyAttempts) as refused:
        attempts.check()
    assert refused.value.retry_after_s == FIRST_DELAY_S
    clock.run(FIRST_DELAY_S - 0.1)
    with pytest.raises(TooManyAttempts):
        attempts.begin()
    clock.run(0.1)
    attempts.begin()


def test_the_delay_doubles_up_to_an_hour() -> None:
    delays = [delay_s(count) for count in range(1_001)]
    assert delays[:4] == [0.0] * 4
    assert [later / earlier for earlier, later in itertools.pairwise(delays[4:14])] == [2.0] * 9
    assert delays[-1] == LONGEST_DELAY_S
    assert delays == sorted(delays)


def test_an_attempt_during_the_delay_does_not_lengthen_it(catalogue: Catalogue) -> None:
    clock = HandClock()
    attempts = Attempts(catalogue, clock)
    _fail(attempts, clock, 4)
    clock.run(1)
    with pytest.raises(TooManyAttempts) as refused:
        attempts.begin()
    assert refused.value.retry_after_s == FIRST_DELAY_S - 1
    assert attempts.failed_count == 4


def test_after_a_restart_the_whole_delay_starts_anew(catalogue: Catalogue) -> None:
    clock = HandClock()
    attempts = Attempts(catalogue, clock)
    _fail(attempts, clock, 6)
    clock.run(delay_s(6) - 1)
    clock.reboot("b" * 32)
    again = Attempts(catalogue, clock)
    with pytest.raises(TooManyAttempts) as refused:
        again.check()
    assert refused.value.retry_after_s == delay_s(6)


def test_an_attempt_counts_before_its_outcome_is_known(catalogue: Catalogue) -> None:
    Attempts(catalogue, HandClock()).begin()  # and then the power is cut
    assert Attempts(catalogue, HandClock()).failed_count == 1


def test_success_forgets_the_failures(catalogue: Catalogue) -> None:
    clock = HandClock()
    attempts = Attempts(catalogue, clock)
    _fail(attempts, clock, 6)
    attempts.succeeded()
    attempts.check()
    assert Attempts(catalogue, clock).failed_count == 0


def test_a_damaged_count_is_taken_for_the_worst(catalogue: Catalogue) -> None:
    for damaged in ("", "-5", "many", "²", "9" * 5_000):
        catalogue.set_meta("attempts.sign_in", damaged)
        with pytest.raises(TooManyAttempts) as refused:
            Attempts(catalogue, HandClock()).check()
        assert refused.value.retry_after_s == LONGEST_DELAY_S


def test_different_secrets_have_counts_of_their_own(catalogue: Catalogue) -> None:
    clock = HandClock()
    _fail(Attempts(catalogue, clock, "set_up"), clock, 4)
    Attempts(catalogue, clock, "sign_in").check()


def test_the_delay_runs_on_boot_time_whatever_the_wall_clock_says(catalogue: Catalogue) -> None:
    clock = HandClock()
    attempts = Attempts(catalogue, clock)
    _fail(attempts, clock, 4)
    clock.system_ms += 10**12
    with pytest.raises(TooManyAttempts):
        attempts.check()
