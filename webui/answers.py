"""The answers that every noun shares: a form again with its problems, an error page, a JSON refusal. Knows no route."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from capture.errors import SignInNeeded, VigcamError
from webui.parts import parts
from webui.refusals import FIELDS, UNEXPECTED, Problem, Words, problems_of, words_for
from webui.sessions import browser

_LOG = logging.getLogger("vigcam.web")

F = TypeVar("F", bound=Callable[..., object])

_HTTP_WORDS = {
    HTTPStatus.NOT_FOUND: Words(HTTPStatus.NOT_FOUND, _l("There is no such page"), _l("Check the address, or start again.")),
    HTTPStatus.METHOD_NOT_ALLOWED: Words(
        HTTPStatus.METHOD_NOT_ALLOWED, _l("That does not work here"), _l("Go back to the page you came from.")
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Words(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        _l("That is too much at once"),
        _l("The page takes at most 64 kilobytes, and 400 where a hand-over's file is brought back."),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Words(
        HTTPStatus.SERVICE_UNAVAILABLE, _l("The box is busy"), _l("Too much is asked of it at once. Try again in a moment.")
    ),
    HTTPStatus.FORBIDDEN: Words(
        HTTPStatus.FORBIDDEN, _l("This did not come from the box's own page"), _l("Nothing was changed. Start again here.")
    ),
}

_CSRF_WORDS = Words(
    HTTPStatus.BAD_REQUEST,
    _l("This page is too old"),
    _l("Nothing was changed. Go back, load the page again, and send it again."),
)


def answers_json(view: F) -> F:
    """Mark a view whose refusals are JSON too, and never a redirect."""
    view.answers_json = True  # type: ignore[attr-defined]
    return view


def again(template: str, error: VigcamError, fields: Mapping[str, str] = FIELDS, **shown: object) -> Response:
    """The form once more, with an error summary and the refusal's status. `fields` says which input a refusal is about."""
    words = words_for(error)
    response = make_response(
        render_template(template, problems=problems_of(error, fields), problem_title=words.title, **shown), words.status
    )
    return _with_wait(response, error)


def see(endpoint: str, **values: str) -> Response:
    """Post/Redirect/Get: 303 to a page."""
    address = current_app.url_for(endpoint, _anchor=None, _method=None, _scheme=None, _external=None, **values)
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def answer_errors(app: Flask) -> None:
    """Handlers for every refusal and every defect. No stack trace ever leaves the process."""
    app.register_error_handler(VigcamError, _refusal)
    app.register_error_handler(CSRFError, lambda _error: _page(_CSRF_WORDS, "csrf"))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _defect)


def _refusal(error: VigcamError) -> Response:
    if isinstance(error, SignInNeeded):
        if browser().signed_in is not None:  # the daemon has locked itself, so this browser is signed out too
            parts().sessions.sign_out(browser())
        if not _is_json() and request.method in {"GET", "POST"} and not _is_media():
            return see("sign_in.ask")
    words = words_for(error)
    problems = problems_of(error) if error.reasons else ()
    return _with_wait(_page(words, error.code, problems), error)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    words = _HTTP_WORDS.get(status, Words(status, UNEXPECTED.title, UNEXPECTED.advice))
    response = _page(words, status.phrase.lower().replace(" ", "_"))
    response.headers.extend([pair for pair in error.get_headers() if pair[0] in {"Allow", "Retry-After"}])
    return response


def _defect(error: Exception) -> Response:
    # The exception's own text is left out: it may quote what somebody typed.
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("defect %s at\n%s", type(error).__name__, where)
    return _page(UNEXPECTED, "internal")


def _page(words: Words, code: str, problems: tuple[Problem, ...] = ()) -> Response:
    if _is_json():
        response = make_response({"error": code, "title": str(words.title)}, words.status)
    else:
        response = make_response(render_template("refusal.html", words=words, causes=problems), words.status)
    return response


def _with_wait(response: Response, error: VigcamError) -> Response:
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return response


def _is_json() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "answers_json", False)) or request.accept_mimetypes.best == "application/json"


def _is_media() -> bool:
    return (request.endpoint or "").startswith("downloads.")
