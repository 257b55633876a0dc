"""Who is signed in: one practitioner at a time, their unlocked keyring, and when it is to be wiped. Writes nothing to disk."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from capture.errors import SignInNeeded
from capture.ids import PractitionerId
from capture.keyring import Unlocked
from device.ports import Clock


@dataclass(frozen=True, slots=True)
class Session:
    """A practitioner's stay. `token` is what the page holds of it, on its own side of the socket."""

    token: str = field(repr=False)
    unlocked: Unlocked

    @property
    def practitioner(self) -> PractitionerId:
        return self.unlocked.practitioner


class Sessions:
    """The one place that holds an unlocked keyring. `begun` is told of every sign-in, `ended` of every end, by whatever cause,
    after the wipe."""

    def __init__(
        self,
        clock: Clock,
        idle_lock_s: int,
        *,
        begun: Callable[[PractitionerId], None],
        ended: Callable[[PractitionerId, str], None],
    ) -> None:
        self._clock = clock
        self._idle_lock_ns = idle_lock_s * 1_000_000_000
        self._begun, self._ended = begun, ended
        self._lock = threading.Lock()
        self._current: Session | None = None
        self._seen_ns = 0

    @property
    def current(self) -> Session | None:
        return self._current

    def begin(self, unlocked: Unlocked) -> Session:
        """Sign in; whoever was signed in before is signed out."""
        session = Session(secrets.token_urlsafe(32), unlocked)
        with self._lock:
            before, self._current = self._current, session
            self._seen_ns = self._clock.boottime_ns()
        if before is not None:
            self._wipe(before, "replaced")
        self._begun(session.practitioner)
        return session

    def require(self, token: str) -> Session:
        """The session of this token; its idle time starts anew. Raises SignInNeeded."""
        with self._lock:
            session = self._current
            if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
                raise SignInNeeded
            self._seen_ns = self._clock.boottime_ns()
            return session

    def sign_out(self, token: str) -> None:
        """The session of this token ends. Raises SignInNeeded."""
        session = self.require(token)
        self._end(lambda current: current is session, "signed_out")

    def end(self, cause: str) -> None:
        """Whoever is signed in is no longer."""
        self._end(lambda _: True, cause)

    def _end(self, is_meant: Callable[[Session], bool], cause: str) -> None:
        # Looked at and ended in one step: whoever has just signed in instead must not be meant.
        with self._lock:
            before = self._current if self._current is not None and is_meant(self._current) else None
            if before is not None:
                self._current = None
        if before is not None:
            self._wipe(before, cause)

    def touch(self) -> None:
        """Something goes on that must not be locked out of: filming."""
        with self._lock:
            self._seen_ns = self._clock.boottime_ns()

    def lock_if_idle(self) -> None:
        """To be called every so often."""
        self._end(lambda _: self._clock.boottime_ns() - self._seen_ns >= self._idle_lock_ns, "idle")

    def _wipe(self, session: Session, cause: str) -> None:
        practitioner = session.practitioner
        session.unlocked.wipe()
        self._ended(practitioner, cause)
