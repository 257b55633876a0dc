"""Puts the page together: `create_app(config, client)`. Wires, and decides nothing; nothing happens at import."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from babel import Locale
from flask import Flask, request
from flask_babel import Babel, format_datetime
from flask_wtf.csrf import CSRFProtect, generate_csrf
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader

from capture.client import CaptureClient
from capture.errors import SignInNeeded
from capture.notices.texts import load_notices
from capture.seal.keys import Recipient
from webui import items, wording
from webui.access_log import keep_access_log
from webui.answers import answer_errors
from webui.bodies import take_in_bodies
from webui.config import WebConfig
from webui.exports.instants import moment
from webui.hashes import Hashes
from webui.keeping import keep_alive
from webui.movies import Movies
from webui.parts import Parts
from webui.reasons import reason_words
from webui.security import SAFE_METHODS, STOP, guard, script_nonce
from webui.sessions import Sessions, browser
from webui.views.admin import admin
from webui.views.arming import arming, stop
from webui.views.case_facts import case_facts
from webui.views.cases import cases
from webui.views.clock import clock
from webui.views.downloads import downloads
from webui.views.enrol import enrol
from webui.views.erasure_receipts import erasure_receipts
from webui.views.erasures import erasures
from webui.views.exports import exports
from webui.views.handing_over import handing_over
from webui.views.home import home
from webui.views.notes import notes
from webui.views.people import people
from webui.views.power import power
from webui.views.recordings import recordings, refusals_of
from webui.views.sign_in import sign_in
from webui.watch import Watch
from webui.wording import NEEDS

BLUEPRINTS = (
    home,
    sign_in,
    enrol,
    admin,
    handing_over,
    clock,
    cases,
    people,
    case_facts,
    notes,
    exports,
    arming,
    recordings,
    downloads,
    erasures,
    erasure_receipts,
    power,
)

TEMPLATE_ITEMS = (
    "choice_items",
    "value_items",
    "people_items",
    "present_items",
    "adult_items",
    "label_items",
    "notice_items",
    "holder_items",
    "offset_items",
    "problem_items",
    "problem_at",
)

_POLLED = frozenset({"home.live", "sign_in.state", "erasures.state", "arming.picture", "static"})
"""A page left open asks for these by itself: that is nobody doing something."""


def boottime_s() -> float:
    """Seconds since the box was switched on; goes on while it sleeps, and no clock setting moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def create_app(
    config: WebConfig, client: CaptureClient, clock_s: Callable[[], float] = boottime_s, watcher: CaptureClient | None = None
) -> Flask:
    """The WSGI application. `clock_s` is boot time in seconds; `watcher` asks for the box's state, with a shorter patience."""
    app = Flask(__name__)
    app.config.update(
        # For the CSRF token's signature only, and only until this process ends: the sessions live no longer either.
        SECRET_KEY=secrets.token_bytes(32),
        MAX_CONTENT_LENGTH=config.body_limit_bytes,
        MAX_FORM_MEMORY_SIZE=config.body_limit_bytes,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,  # the wall clock steps at sign-in
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer; `security` checks Origin, which says the same and more
        BABEL_DEFAULT_LOCALE="en",
        BABEL_DEFAULT_TIMEZONE="UTC",
    )
    movies = Movies(client, clock_s)
    sessions = Sessions(clock_s, config.idle_s, movies.drop_session)
    texts = load_notices()
    app.extensions["vigcam"] = Parts(
        config, client, Watch(watcher or client), sessions, movies, Hashes(), texts.current, texts, clock_s
    )
    app.session_interface = sessions
    guard(app, config)
    keep_access_log(app)
    take_in_bodies(app)
    _stay_awake(app)
    CSRFProtect(app).exempt(stop)
    Babel(app, locale_selector=lambda: config.locale)
    answer_errors(app)
    _furnish(app, config)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _stay_awake(app: Flask) -> None:
    @app.before_request
    def _someone_is_here() -> None:
        found: Parts = app.extensions["vigcam"]
        found.movies.sweep()
        if request.endpoint in _POLLED or request.endpoint == STOP or _is_for_the_window():
            return
        try:
            keep_alive(found, browser())
        except SignInNeeded:
            # Signed out by that. Whoever only looks sees what anybody may see; the views that need somebody say so themselves.
            if request.method not in SAFE_METHODS:
                raise


def _is_for_the_window() -> bool:
    """What is sent with the set-up code needs nobody signed in. Much of it signs out whoever is: to sign this browser out too
    before the next form is read would throw away what was filled in."""
    return request.method not in SAFE_METHODS and request.path.startswith(("/administration", "/enrol"))


def _furnish(app: Flask, config: WebConfig) -> None:
    """What every template may use."""
    # The design system's macros chain lookups of parameters that were not given.
    app.jinja_env.undefined = ChainableUndefined
    # Flask escapes by a file's ending, and the macros have another: what somebody typed would stand in the page as it is.
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.loader = ChoiceLoader([PackageLoader("webui"), PackageLoader("nhsuk_frontend_jinja")])
    app.jinja_env.filters.update(need_words=_need_words, moment=_moment, seconds=_seconds, size=_size, fingerprint=_fingerprint)
    app.jinja_env.globals.update(
        csrf_token=generate_csrf,
        script_nonce=script_nonce,
        browser=browser,
        reason_words=reason_words,
        refusals_of=refusals_of,
        words=wording,
        **{name: getattr(items, name) for name in TEMPLATE_ITEMS},
        direction=Locale.parse(config.locale).text_direction,
        language=config.locale,
    )


def _need_words(need: str) -> str:
    return str(NEEDS.get(need, need))


def _moment(ms: int) -> str:
    return str(format_datetime(moment(ms), "d MMM y, HH:mm 'UTC'"))


def _seconds(ms: float) -> str:
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}:{seconds:02d}"


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.2f} GB"


def _fingerprint(recipient: str) -> str:
    return Recipient.parse(recipient).fingerprint
