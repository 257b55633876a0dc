"""A pytest plugin for mutmut: what became of a run of the tests, said so that nothing but a test that fails counts as one.

mutmut takes any end with code 1 or 3 for a kill: a crash of pytest too, or a test that was merely slow on a busy machine. So a
run ends with a code of its own, and what goes on for ever is told by the processor's time that it took. The quickest tests come
first, because a mutant is done with at the first test that notices it.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from enum import IntEnum
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import Phase, settings
from hypothesis.errors import DeadlineExceeded, FailedHealthCheck

STATS = Path("mutmut-stats.json")
"""What mutmut learnt of the tests in its first run, in the folder in which it runs them."""

TIMES, SPARE_S, WAIT_S = 10, 5, 60
"""A test may take so many times the time that it took unchanged, and so many seconds, for what it has to set up; and it may wait
so many seconds for something else."""

# No example is kept: a mutant must not live on one day and not on the next. Nor is one made small, which nobody would read.
settings.register_profile("mutants", deadline=None, database=None, phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutants")


class Ended(IntEnum):
    """The codes; none is one of pytest's or mutmut's."""

    FAILED = 70
    """A test failed."""
    SLOW = 71
    """A test failed by its time alone: hypothesis took it for too slow."""
    ENDLESS = 72
    """A test went on working."""
    STALLED = 73
    """A test went on waiting."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Watch(_durations()))


def _durations() -> dict[str, float]:
    return json.loads(STATS.read_text("utf-8"))["duration_by_test"] if STATS.exists() else {}


class _Watch:
    def __init__(self, took_s: dict[str, float]) -> None:
        self._took_s = took_s
        self._ended: Ended | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self._took_s.get(item.nodeid, 0.0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        limit_s = SPARE_S + TIMES * self._took_s.get(item.nodeid, float("inf"))
        if limit_s == float("inf"):
            return (yield)
        signal.signal(signal.SIGPROF, _end_endless)
        signal.signal(signal.SIGALRM, _end_stalled)
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        signal.setitimer(signal.ITIMER_REAL, WAIT_S + TIMES * limit_s)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def pytest_exception_interact(self, node: object, call: pytest.CallInfo[object]) -> None:
        if isinstance(node, pytest.Item):
            assert call.excinfo is not None
            is_slow = isinstance(call.excinfo.value, DeadlineExceeded | FailedHealthCheck)
            self._ended = Ended.SLOW if is_slow else Ended.FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.TESTS_FAILED and self._ended is not None:
            session.exitstatus = self._ended


def _end_endless(_signal: int, _frame: FrameType | None) -> None:
    os._exit(Ended.ENDLESS)


def _end_stalled(_signal: int, _frame: FrameType | None) -> None:
    os._exit(Ended.STALLED)
