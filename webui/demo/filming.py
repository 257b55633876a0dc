"""Films by hand: a hold opens the sensor, a second button marks, a press stops. Watches through the page's live state."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from webui.demo.finger import FingerPipe
from webui.demo.laptop import Laptop, Reply
from webui.demo.trouble import DemoFailed
from webui.demo.waiting import wait_for

OPENS_AFTER_S = 1.0
"""A hold opens the sensor after this long: from here on it films."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """What the live page told while it filmed."""

    recording_id: str
    tally_while_filming: str


class Filming:
    """One take. `tell` hears of seconds filmed and to film, for whoever draws progress."""

    def __init__(
        self, laptop: Laptop, finger: FingerPipe, check: Callable[[], None], tell: Callable[[float, float], None]
    ) -> None:
        self._laptop = laptop
        self._finger = finger
        self._check = check
        self._tell = tell

    def film(self, seconds: float) -> Filmed:
        """Hold, film for `seconds`, mark a moment in the middle, stop by a press, wait until it is sealed. Raises DemoFailed."""
        before = self.live().text("last_recording_id")
        wait_for("the box to be armed", lambda: self._in_state("armed"), self._check)
        began = time.monotonic() + OPENS_AFTER_S
        self._finger.hold()
        live = wait_for("filming to begin", lambda: self._in_state("recording"), self._check)
        recording, tally = live.text("recording_id"), live.text("tally")
        self._until(recording, began, seconds / 2, seconds)
        self._finger.mark()
        self._until(recording, began, seconds, seconds)
        self._finger.press()

        def sealed() -> bool | None:
            now = self.live()
            return True if not now.text("recording_id") and now.text("last_recording_id") not in ("", before) else None

        wait_for("the recording to be sealed", sealed, self._check)
        return Filmed(recording, tally)

    def live(self) -> Reply:
        """The box's state as the page polls it. Raises DemoFailed where it gives none."""
        reply = self._laptop.get("/live", {"Accept": "application/json"})
        if reply.status != HTTPStatus.OK:
            self._check()
            raise DemoFailed(f"the page does not know what the box does: it answered {reply.status}")
        return reply

    def _in_state(self, state: str) -> Reply | None:
        now = self.live()
        if now.text("state") == "faulted":
            raise DemoFailed(f"the box has a fault: {now.text('fault')}")
        return now if now.text("state") == state else None

    def _until(self, recording: str, began: float, seconds: float, of_s: float) -> None:
        """Until so many seconds after `began` on our own clock: the page's live state tells whole seconds only."""

        def look() -> bool | None:
            now = self.live()
            if now.text("recording_id") != recording or now.text("state") != "recording":
                raise DemoFailed(f"filming ended by itself ({now.text('state')}, {now.text('fault') or 'no fault'})")
            self._tell(time.monotonic() - began, of_s)
            return True if time.monotonic() - began >= seconds else None

        wait_for("filming to go on", look, self._check, within_s=seconds + 60)
