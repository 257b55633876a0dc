"""What the views work with, put together once by `create_app` and found from the request. Makes nothing, decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from capture.client import CaptureClient
from capture.notices.texts import Notice, Notices
from webui.config import WebConfig
from webui.hashes import Hashes
from webui.movies import Movies
from webui.sessions import Sessions
from webui.watch import Watch


@dataclass(frozen=True, slots=True)
class Parts:
    """`notices` are the newest by language, `texts` all that ever were; `boottime_s` is the clock of leases and sessions."""

    config: WebConfig
    client: CaptureClient
    watch: Watch
    sessions: Sessions
    movies: Movies
    hashes: Hashes
    notices: dict[str, Notice]
    texts: Notices
    boottime_s: Callable[[], float]


def parts() -> Parts:
    """The parts of the application that answers this request."""
    return cast(Parts, current_app.extensions["vigcam"])
