"""Keeps a session awake while somebody uses the page or a transfer runs. A page that only polls keeps nothing awake."""

from __future__ import annotations

from collections.abc import Callable

from capture.errors import SignInNeeded
from capture.messages import Done, KeepAlive, SignedIn
from webui.parts import Parts
from webui.sessions import WebSession

EVERY_S = 20.0


def keep_alive(found: Parts, mine: WebSession) -> None:
    """Start the daemon's idle time anew, at most every `EVERY_S`. Where it no longer knows this session, whoever had it is signed
    out here too, with all that they had open, and SignInNeeded is raised."""
    who = mine.signed_in
    if who is None:
        return
    now_s = found.boottime_s()
    if now_s - mine.kept_alive_s >= EVERY_S:
        mine.kept_alive_s = now_s
        try:
            found.client.call(KeepAlive(session=who.session), Done)
        except SignInNeeded:
            if mine.signed_in is who:
                found.sessions.sign_out(mine)
            raise


def keeper(found: Parts, mine: WebSession, who: SignedIn) -> Callable[[], None]:
    """The same, bound, for use while an answer to `who` streams and the request is gone. Raises SignInNeeded also once they
    signed out."""

    def keep() -> None:
        if mine.signed_in is not who:
            raise SignInNeeded
        keep_alive(found, mine)

    return keep
