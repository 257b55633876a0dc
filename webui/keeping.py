"""Keeps a session awake while somebody uses the page or a transfer runs. A page that only polls keeps nothing awake."""

from __future__ import annotations

from collections.abc import Callable

from capture.messages import Done, KeepAlive
from webui.parts import Parts
from webui.sessions import WebSession

EVERY_S = 20.0


def keep_alive(found: Parts, mine: WebSession) -> None:
    """Start the idle time anew here and, at most every `EVERY_S`, in the daemon. Raises SignInNeeded where it locked itself."""
    who = mine.signed_in
    if who is None:
        return
    found.sessions.touch(mine)
    now_s = found.boottime_s()
    if now_s - mine.kept_alive_s >= EVERY_S:
        mine.kept_alive_s = now_s
        found.client.call(KeepAlive(session=who.session), Done)


def keeper(found: Parts, mine: WebSession) -> Callable[[], None]:
    """The same, bound, for use while an answer streams and the request is gone."""
    return lambda: keep_alive(found, mine)
