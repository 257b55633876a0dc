"""Wall time on a box without a network: an offset from boot time, with a confidence. Never touches the system's own clock.

`rtc` > `browser` > `none`. The offset belongs to one boot; what outlives it is only the expectation that time has gone on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from capture.errors import ClockUnlikely
from capture.model import Confidence, Fact, WallTime
from device.ports import Clock

LIKELY_MS = 24 * 3_600 * 1_000
"""An offer this close to what is expected is taken without asking."""

EARLIEST_MS = 1_735_689_600_000
"""2025-01-01: before this software existed. No clock that says less is believed, confirmed or not."""

LATEST_MS = 250_246_627_200_000
"""9900-01-01. No clock that says more is believed either: what is counted on from there must stay before the year 10000, which no
calendar here can show."""


class AnchorState(Fact, frozen=True, kw_only=True):
    """What is kept: the boot it belongs to, wall minus boot time, how it was come by, the wall time at that moment, and whether
    what the system's clock says at a boot is worth anything: a repair may have found that it is not."""

    boot_id: str
    offset_ms: int
    confidence: Confidence
    seen_ms: int
    is_system_believed: bool = True


_STATE = msgspec.json.Decoder(AnchorState)


class ClockStep(Fact, frozen=True, kw_only=True):
    """What an offer changed, for the log: the claim just before and just after. Going back is allowed and is recorded."""

    before: WallTime
    after: WallTime


def _nobody(_: ClockStep) -> None:
    """Where no log is to be told."""


class TimeAnchor:
    """The daemon's wall clock. `load` and `store` keep a short text over restarts (in the catalogue's meta); thread-safe.

    The system's clock is looked at here, and when a repair judges it: a step of it moves nothing.
    """

    def __init__(self, clock: Clock, load: Callable[[], str | None], store: Callable[[str], None]) -> None:
        self._clock = clock
        self._store = store
        self._lock = threading.Lock()
        kept = _parse(load())
        self._is_system_believed = kept.is_system_believed if kept else True
        if kept and kept.boot_id == clock.boot_id:
            self._state = kept  # boot time ran on while the daemon was away
        else:
            self._state = self._first_state(kept.seen_ms if kept else EARLIEST_MS)

    def now(self) -> WallTime:
        """The best claim there is. Without a battery-backed clock its confidence is NONE until the first offer of this boot.

        Waits for nobody: every line of the log asks it, those of the control thread too, and an offer may wait for the disk.
        """
        return self._now()

    def offer(self, wall_ms: int, is_confirmed: bool, tell: Callable[[ClockStep], None] = _nobody) -> ClockStep:
        """The practitioner's browser says that it is `wall_ms`; `is_confirmed` says that a person read and confirmed it.

        Within 24 hours of expectation it is taken; a battery-backed clock that agrees so far is better and stays. What was
        taken counts at once, `tell` is told, and only then is it kept over restarts: whatever fails in that takes it back, and
        a daemon that dies meanwhile never heard of it. One offer after another. Raises ClockUnlikely, and changes nothing, if
        it is further off and not confirmed, or what no clock of a box can say.
        """
        with self._lock:
            was, before = self._state, self._now()
            is_likely = abs(wall_ms - before.ms) <= LIKELY_MS
            if not (is_believable(wall_ms) and (is_likely or is_confirmed)):
                raise ClockUnlikely
            if not (before.confidence is Confidence.RTC and is_likely):
                self._state = self._state_at(wall_ms, Confidence.BROWSER)
            step = ClockStep(before=before, after=self._now())
            try:
                tell(step)
                if self._state is not was:
                    self._keep(self._state)
            except BaseException:
                self._state = was
                raise
            return step

    def repair(self, wall_ms: int) -> ClockStep:
        """In the enrolment window somebody says what time it is: taken whatever was believed or seen before.

        Whether the system's own clock agrees decides if it is believed at later boots: a battery-backed one that is a day off,
        or one that runs ahead, would bring its error back each time. Raises ClockUnlikely for what no clock of a box can say.
        """
        if not is_believable(wall_ms):
            raise ClockUnlikely
        with self._lock:
            before = self._now()
            ahead_ms = self._clock.wall_ms() - wall_ms
            # One without a battery that is behind says nothing wrong: it is not believed where something later was seen.
            self._is_system_believed = (abs(ahead_ms) if self._clock.has_rtc else ahead_ms) <= LIKELY_MS
            self._keep(self._state_at(wall_ms, Confidence.BROWSER))
            return ClockStep(before=before, after=self._now())

    def remember(self) -> None:
        """Keep what time it is now as the next boot's expectation. To be called where something is ended or put away."""
        with self._lock:
            now = self._now()
            if now.confidence is not Confidence.NONE:
                self._keep(self._state_at(now.ms, now.confidence))

    def _first_state(self, seen_ms: int) -> AnchorState:
        system_ms = self._clock.wall_ms()
        if not self._is_system_believed or system_ms >= LATEST_MS:
            return self._state_at(seen_ms, Confidence.NONE)
        # A battery that ran flat starts the clock in the past: behind what was already seen it is no better than none.
        if self._clock.has_rtc and system_ms >= max(seen_ms - LIKELY_MS, EARLIEST_MS):
            return self._state_at(system_ms, Confidence.RTC)
        return self._state_at(max(seen_ms, system_ms), Confidence.NONE)

    def _keep(self, state: AnchorState) -> None:
        self._store(msgspec.json.encode(state).decode())
        self._state = state

    def _state_at(self, wall_ms: int, confidence: Confidence) -> AnchorState:
        offset_ms = wall_ms - self._boot_ms()
        return AnchorState(
            boot_id=self._clock.boot_id,
            offset_ms=offset_ms,
            confidence=confidence,
            seen_ms=wall_ms,
            is_system_believed=self._is_system_believed,
        )

    def _now(self) -> WallTime:
        state = self._state  # read once: another thread may replace it
        return WallTime(ms=self._boot_ms() + state.offset_ms, confidence=state.confidence)

    def _boot_ms(self) -> int:
        return self._clock.boottime_ns() // 1_000_000


def is_believable(wall_ms: int) -> bool:
    """Whether a clock that says this may be right at all."""
    return EARLIEST_MS <= wall_ms < LATEST_MS


def _parse(text: str | None) -> AnchorState | None:
    # What cannot be read is as if it were not there: without an anchor nothing is armed, and the next sign-in mends it.
    if text is None:
        return None
    try:
        return _STATE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
