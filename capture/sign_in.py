"""Signing in: a passphrase, then one press on the box, then scrypt. Holds a passphrase for as long as that takes, in RAM.

Nobody learns whether the user or the passphrase was wrong. Two who ask at once are both refused: a press could not say whom.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from capture.attempts import Attempts
from capture.audit.log import AuditEvent, AuditLog
from capture.control import Control
from capture.errors import NotNow, SignInRefused, VigcamError
from capture.ids import new_ask_id
from capture.keyring import Keyrings
from capture.rate import Rate
from capture.recorder.model import NS, Ask, Asked, AskKind, AskOutcome, AskTakenBack
from capture.session import Session, Sessions
from device.ports import Clock

_log = logging.getLogger(__name__)

_KEPT = 16
"""Results wait for their page to fetch them; a page that never does must not fill the RAM."""
_PICK_UP_NS = 120 * NS
_ASKS = 30
_ASK_EVERY_S = 1.0


@dataclass(slots=True)
class _Attempt:
    """One sign-in under way. Just one of `session` and `error` is set once it is over."""

    ask: Ask
    username: str
    passphrase: str = field(repr=False)
    is_confirmed: bool = False
    session: Session | None = field(default=None, repr=False)
    error: VigcamError | None = None

    @property
    def is_over(self) -> bool:
        return self.session is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet: `stage` is "press" or "checking"."""

    ask_id: str
    stage: str
    left_s: int


class SignIns:
    """All sign-ins under way. `control` is asked for late: the control thread and this room know each other."""

    def __init__(
        self,
        *,
        keyrings: Keyrings,
        attempts: Attempts,
        sessions: Sessions,
        audit: AuditLog,
        clock: Clock,
        control: Callable[[], Control],
    ) -> None:
        self._keyrings, self._attempts, self._sessions = keyrings, attempts, sessions
        self._audit, self._clock, self._control = audit, clock, control
        # Anybody in reach of the page may ask, and each ask is two lines of the log.
        self._asking = Rate(clock, _ASKS, _ASK_EVERY_S)
        self._lock = threading.Lock()
        self._under_way: dict[str, _Attempt] = {}
        # One unlock at a time: scrypt takes 64 MB, and a Zero 2 W has 512.
        self._keyring_lane = ThreadPoolExecutor(1, thread_name_prefix="keyring")

    def begin(self, username: str, passphrase: str) -> Waiting:
        """Raises TooManyAttempts, NotNow (filming, or a fault to acknowledge), SignInRefused where another one waits."""
        self._attempts.check()
        self._asking.take()
        now = self._clock.boottime_ns()
        ask = Ask(new_ask_id(), AskKind.SIGN_IN, now + self._control().state.limits.ask)
        attempt = _Attempt(ask, username, passphrase)
        self._audit.append(AuditEvent.SIGN_IN_ASKED, ask=ask.ask_id)
        with self._lock:
            self._drop_old(now)
            self._under_way[ask.ask_id] = attempt
        try:
            self._control().post_and_wait(Asked(now, ask))
        except TimeoutError:
            # Nobody knows of this ask: a press must not confirm it.
            self._control().post(AskTakenBack(self._clock.boottime_ns(), ask.ask_id))
            raise
        return self._waiting(attempt)

    def poll(self, ask_id: str) -> Waiting | Session:
        """Waiting, or the session: handed out once. Raises SignInRefused and whatever else ended it."""
        with self._lock:
            attempt = self._under_way.get(ask_id)
            if attempt is None:
                raise SignInRefused
            if attempt.is_over:
                del self._under_way[ask_id]
        return attempt.session or self._waiting(attempt)

    def take_back(self, ask_id: str) -> None:
        """Give up waiting for the press. Once this returns another may be asked for without a clash."""
        self._control().post_and_wait(AskTakenBack(self._clock.boottime_ns(), ask_id))

    def confirm(self, ask: Ask) -> None:
        """The button was pressed: try the passphrase, in the keyring's own thread."""
        with self._lock:
            attempt = self._under_way.get(ask.ask_id)
            if attempt is None:
                return
            attempt.is_confirmed = True
        self._keyring_lane.submit(self._try, attempt)

    def refuse(self, ask: Ask, outcome: AskOutcome) -> None:
        """No press, no try: it ends here."""
        self._audit.submit(AuditEvent.SIGN_IN_REFUSED, ask=ask.ask_id, why=outcome.value)
        error = NotNow(outcome.value) if outcome is AskOutcome.NOT_NOW else SignInRefused(outcome.value)
        with self._lock:
            attempt = self._under_way.get(ask.ask_id)
            if attempt is not None:
                attempt.error, attempt.passphrase = error, ""

    def close(self) -> None:
        self._keyring_lane.shutdown(wait=True, cancel_futures=True)

    def _try(self, attempt: _Attempt) -> None:
        ask_id = attempt.ask.ask_id
        try:
            self._audit.append(AuditEvent.SIGN_IN_CONFIRMED, ask=ask_id)
            self._attempts.begin()
            unlocked = self._keyrings.unlock(attempt.username, attempt.passphrase)
            self._attempts.succeeded()
            # The log knows of the unlock before anybody can use it.
            self._audit.append(AuditEvent.SIGNED_IN, ask=ask_id, practitioner=unlocked.practitioner)
            session = self._sessions.begin(unlocked)
            if not self._keyrings.is_active(unlocked.practitioner):
                # Retired while the passphrase was tried: who retires ends sessions after the mark, so one of the two sees it.
                self._sessions.end("trust_changed")
                raise SignInRefused
            with self._lock:
                attempt.session, attempt.passphrase = session, ""
        except VigcamError as error:
            self._fail(attempt, error)
        except Exception:  # noqa: BLE001 - the page must hear that it failed
            _log.exception("a sign-in could not be tried")
            self._fail(attempt, VigcamError())

    def _fail(self, attempt: _Attempt, error: VigcamError) -> None:
        with self._lock:
            attempt.error, attempt.passphrase = error, ""
        self._audit.submit(AuditEvent.SIGN_IN_REFUSED, ask=attempt.ask.ask_id, why=error.code)

    def _waiting(self, attempt: _Attempt) -> Waiting:
        if attempt.error is not None:
            raise attempt.error
        left_ns = max(0, attempt.ask.expires_ns - self._clock.boottime_ns())
        return Waiting(attempt.ask.ask_id, "checking" if attempt.is_confirmed else "press", left_ns // NS)

    def _drop_old(self, now: int) -> None:
        # Only what is over: a flood of others must not take a waiting practitioner's own away.
        over = [key for key, one in self._under_way.items() if one.is_over]
        stale = [key for key in over if now > self._under_way[key].ask.expires_ns + _PICK_UP_NS]
        overdue = over[: max(0, len(over) - _KEPT + 1)]
        for key in {*stale, *overdue}:
            del self._under_way[key]
