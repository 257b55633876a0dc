"""Slows down whoever guesses: the delay doubles from the fourth failed attempt. Never locks for good, never knows what was tried.

One count for the whole box: a count for each user name would let somebody try each name in turn. The count survives a
restart, and the whole delay begins anew then, so that pulling the plug wins nothing. Delays run on boot time.

A secret that is asked for only within some minutes after a power-on needs a longest delay that fits into them: else a dozen
failures would lock for good, because each further power-on would begin the delay anew.
"""

from __future__ import annotations

import threading

from capture.catalogue import Catalogue
from capture.errors import TooManyAttempts
from device.ports import Clock

FREE_ATTEMPTS = 3
FIRST_DELAY_S = 5.0
LONGEST_DELAY_S = 3_600.0
"""Enough against guessing six random words, and an hour is what a practitioner before a family can still live with."""

_COUNT_MAX = 1_000


class Attempts:
    """Counts failed attempts at one secret; `name` ("sign_in", "set_up") keeps the counts of different secrets apart."""

    def __init__(
        self, catalogue: Catalogue, clock: Clock, name: str = "sign_in", longest_delay_s: float = LONGEST_DELAY_S
    ) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._longest_delay_s = longest_delay_s
        self._key = f"attempts.{name}"
        self._lock = threading.Lock()
        self._count = _parse_count(catalogue.meta(self._key))
        self._counted_ns = clock.boottime_ns()

    @property
    def failed_count(self) -> int:
        return self._count

    def check(self) -> None:
        """Raises TooManyAttempts while the delay runs; counts nothing."""
        with self._lock:
            self._check()

    def begin(self) -> None:
        """To be called before the secret is tried: the attempt counts as failed, on disk, until `succeeded` says otherwise,
        so that cutting the power in the middle of a guess is no way round. Raises TooManyAttempts, and then counts nothing."""
        with self._lock:
            self._check()
            self._keep(min(self._count + 1, _COUNT_MAX))

    def succeeded(self) -> None:
        """The secret was right: forget the failures."""
        with self._lock:
            self._keep(0)

    def _keep(self, count: int) -> None:
        self._catalogue.set_meta(self._key, str(count))
        self._count = count
        self._counted_ns = self._clock.boottime_ns()

    def _check(self) -> None:
        left_s = min(delay_s(self._count), self._longest_delay_s) - (self._clock.boottime_ns() - self._counted_ns) / 1e9
        if left_s > 0:
            raise TooManyAttempts(retry_after_s=left_s)


def delay_s(failed_count: int) -> float:
    """Seconds to wait after so many failures in a row."""
    if failed_count <= FREE_ATTEMPTS:
        return 0.0
    # the exponent is bounded before it is used: 2 ** 1000 is no float
    doublings = min(failed_count - FREE_ATTEMPTS - 1, 20)
    return min(FIRST_DELAY_S * 2.0**doublings, LONGEST_DELAY_S)


def _parse_count(text: str | None) -> int:
    if text is None:
        return 0
    # An unreadable count is taken for the worst, or damaging it would be the way to guess freely.
    return min(int(text), _COUNT_MAX) if text.isascii() and text.isdigit() and len(text) <= 4 else _COUNT_MAX
