"""The page's outer door: exact Host, same Origin, and the headers that go on every answer. Knows no route and no session."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from flask import Flask, Response, abort, g, request
from flask_babel import gettext

from webui.config import WebConfig

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

STOP = "arming.stop"
"""Stopping is never refused: a page that was open while the box locked itself or the server started anew still stops the camera.
So this endpoint asks for no session, no token and no body; only the Origin check stands before it."""

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Source: W3C Content Security Policy Level 3. No inline script, no style attribute, nothing from another host."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms, and the Origin check would refuse them.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    # Strict-Transport-Security is missing on purpose: it takes away the way past a certificate warning for good, which
    # would lock a practitioner out of a box whose own CA is not (yet) installed on the phone.
}

STATIC_SECONDS = 3600


def script_nonce() -> str:
    """The nonce of this answer's script elements: one for each request, 128 bits."""
    if "script_nonce" not in g:
        g.script_nonce = secrets.token_urlsafe(16)
    nonce: str = g.script_nonce
    return nonce


def guard(app: Flask, config: WebConfig) -> None:
    """Put the checks before everything else and the headers on every answer, error pages and static files included."""
    hosts = config.hosts

    @app.before_request
    def _exact_host() -> None:
        # A page of another name that resolves to this box (DNS rebinding) has that other name in Host. It gets plain words,
        # and neither a session nor a token.
        if request.environ.get("HTTP_HOST", "").lower() not in hosts:
            words = gettext("This box has another name. Use the address on its label.")
            abort(Response(words, HTTPStatus.MISDIRECTED_REQUEST, mimetype="text/plain"))

    @app.before_request
    def _same_origin() -> None:
        if request.method not in SAFE_METHODS and not is_same_origin():
            abort(HTTPStatus.FORBIDDEN)

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.extend(_HEADERS)
        response.headers["Content-Security-Policy"] = _POLICY.format(nonce=script_nonce())
        is_static = request.endpoint == "static" and response.status_code in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}" if is_static else "no-store"
        return response


def is_same_origin() -> bool:
    """Whether the request comes from a page of ours, by the headers that a script cannot set.

    Every browser of today sends Origin with a POST; a program that sends neither is no browser, carries nobody's cookie by
    accident, and still needs the CSRF token.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin.lower() == f"https://{request.environ['HTTP_HOST'].lower()}"
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
