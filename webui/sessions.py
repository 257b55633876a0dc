"""Who is at the page: sessions in RAM, on boot time, under an unguessable cookie. Never on disk, never in the cookie itself."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin

from capture.errors import SignInNeeded, VigcamError
from capture.messages import SignedIn

COOKIE = "__Host-vigcam"
SESSION_LIMIT = 256
"""A visitor without a cookie costs a session. Past this many, one goes of whoever has the most of them: never one that is signed
in, and one that waits for its press last."""


@dataclass(slots=True)
class Erasure:
    """An erasure that this session asked for; `is_done` or `refusal` once the daemon said so (it says so once)."""

    recording_ids: tuple[str, ...]
    case: str
    erasure_ids: tuple[str, ...] = ()
    """Of the receipts, once it is done."""
    is_done: bool = False
    refusal: VigcamError | None = None


class WebSession(dict[str, Any], SessionMixin):
    """One browser. As a dict it holds what Flask keeps (CSRF token, messages); what is ours has names and types.

    The daemon's session token is in `signed_in` and never leaves this process. Attributes change under the GIL by single
    assignments; `lock` is for the polls that the daemon answers only once.
    """

    def __init__(self, session_id: str, now_s: float, address: str = "") -> None:
        super().__init__()
        self.session_id = session_id
        self.address = address
        self.cookie_id: str | None = None
        """What the browser is known to hold; another than `session_id` means: send the cookie."""
        self.used_s = now_s
        self.kept_alive_s = 0.0
        self.signed_in: SignedIn | None = None
        self.needs_clock = False
        self.sign_in_ask = ""
        self.erasures: dict[str, Erasure] = {}
        self.lock = threading.Lock()

    def __bool__(self) -> bool:
        return True


class Sessions(SessionInterface):
    """The store and Flask's door to it. `boottime_s` gives boot time; `on_end` hears of each signed-in session that ends.

    A browser that is not signed in is forgotten when it has asked nothing for `idle_s`. Who is signed in, the daemon decides: it
    locks itself, but neither while it films nor while a transfer runs, and a second clock here would know of neither.
    """

    def __init__(self, boottime_s: Callable[[], float], idle_s: float, on_end: Callable[[str], None]) -> None:
        self._boottime_s = boottime_s
        self._idle_s = idle_s
        self._on_end = on_end
        self._lock = threading.Lock()
        self._by_id: dict[str, WebSession] = {}

    def open_session(self, app: Flask, request: Request) -> WebSession:  # noqa: ARG002 — Flask's signature
        """The session of the cookie, or a new one that is kept only if something is put into it."""
        self._expire()
        cookie = request.cookies.get(COOKIE, "")
        with self._lock:
            found = self._by_id.get(cookie)
        if found is None:
            return WebSession(secrets.token_urlsafe(32), self._boottime_s(), request.remote_addr or "")
        found.cookie_id = cookie
        found.used_s = self._boottime_s()
        return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep what is worth keeping, and set the cookie where the id is new.

        Strict, not Lax: nobody needs to arrive signed in by a link from elsewhere; the page's own links still carry it.
        """
        mine = cast(WebSession, session)
        is_known = mine.cookie_id is not None or mine.signed_in is not None or mine.sign_in_ask
        if not is_known and not len(mine):
            return
        with self._lock:
            self._by_id[mine.session_id] = mine
        self._make_room()
        if mine.cookie_id != mine.session_id:
            mine.cookie_id = mine.session_id
            response.set_cookie(COOKIE, mine.session_id, secure=True, httponly=True, samesite="Strict", path="/")

    def renew(self, mine: WebSession) -> None:
        """A new id and a new CSRF token for the same browser: what was known before sign-in is worth nothing after it."""
        with self._lock:
            self._by_id.pop(mine.session_id, None)
            mine.clear()
            mine.session_id = secrets.token_urlsafe(32)
            self._by_id[mine.session_id] = mine

    def sign_in(self, mine: WebSession, who: SignedIn) -> None:
        """A new id from here on. One practitioner at a time: whom the daemon signed out for this one has nothing open here."""
        with self._lock:
            others = [one for one in self._by_id.values() if one.signed_in is not None and one is not mine]
        for other in others:
            self._end(other)
        self.renew(mine)
        mine.signed_in = who

    def sign_out(self, mine: WebSession) -> None:
        """Forget who it was, if anybody; the browser gets a new id."""
        self._end(mine)
        self.renew(mine)

    def _expire(self) -> None:
        limit_s = self._boottime_s() - self._idle_s
        with self._lock:
            gone = [mine for mine in self._by_id.values() if mine.used_s < limit_s and mine.signed_in is None]
            for mine in gone:
                del self._by_id[mine.session_id]

    def _make_room(self) -> None:
        with self._lock:
            while len(self._by_id) > SESSION_LIMIT:
                anonymous = [mine for mine in self._by_id.values() if mine.signed_in is None]
                if not anonymous:
                    return
                has = Counter(mine.address for mine in anonymous)
                # One device that asks for page after page must not push out somebody who is typing six words.
                goes = min(anonymous, key=lambda mine: (bool(mine.sign_in_ask), -has[mine.address], mine.used_s))
                del self._by_id[goes.session_id]

    def _end(self, mine: WebSession) -> None:
        was, mine.signed_in = mine.signed_in, None
        mine.erasures.clear()
        mine.needs_clock = False
        if was is not None:
            self._on_end(was.session)


def browser() -> WebSession:
    """The session of the request at hand."""
    return cast(WebSession, session._get_current_object())  # type: ignore[attr-defined]


def signed_in() -> SignedIn:
    """Who is signed in with this browser. Raises SignInNeeded."""
    who = browser().signed_in
    if who is None:
        raise SignInNeeded
    return who
