"""The start page with the live state, what is known of the box, and its CA certificate. Needs no sign-in, changes nothing."""

from __future__ import annotations

import hashlib
import ssl
from http import HTTPStatus

import msgspec
from flask import Blueprint, Response, abort, render_template, request

from capture.messages import Status
from webui.answers import answers_json
from webui.erasing import start_page
from webui.parts import parts
from webui.sessions import browser
from webui.wording import STATES

home = Blueprint("home", __name__)

MINUTE_MS = 60_000
ROOM_BYTES = 1 << 25
"""What free space is told in: other programs' files come and go all the time."""


def status() -> Status:
    """What the box says of itself now. Raises DaemonUnreachable."""
    return parts().watch.status()


@home.get("/")
def start() -> str:
    """Big and first: whether it films now."""
    now, who = status(), browser().signed_in
    erasing = start_page(parts().client, who.session, now) if who else None
    return render_template("home.html", status=now, states=STATES, erasing=erasing)


@home.get("/live")
@answers_json
def live() -> Response:
    """The Status as JSON; whoever polls it with the ETag gets 304 while nothing changed.

    The clock is cut to the minute, the filmed time to the second, and the room to what a film of a minute takes at least: else no
    two answers would be alike.
    """
    now = status()
    minute = msgspec.structs.replace(now.clock, ms=now.clock.ms // MINUTE_MS * MINUTE_MS)
    room = now.free_bytes // ROOM_BYTES * ROOM_BYTES
    steady = msgspec.structs.replace(now, clock=minute, filmed_s=float(int(now.filmed_s)), free_bytes=room)
    body = msgspec.json.encode(steady)
    response = Response(body, mimetype="application/json")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response


@home.get("/about")
def about() -> str:
    """Version, fingerprints, room, licences."""
    return render_template("about.html", status=status(), ca_fingerprint=_ca_fingerprint())


@home.get("/ca.pem")
def authority() -> Response:
    """The certificate to install and compare; 404 where the organisation's own CA is used."""
    certificate = _ca_certificate()
    if not certificate:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(certificate, mimetype="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="vigcam-ca.pem"'
    return response


def _ca_certificate() -> str:
    path = parts().config.ca_path
    return path.read_text("ascii") if path is not None and path.is_file() else ""


def _ca_fingerprint() -> str:
    """SHA-256 as phones show it: pairs of capital hex digits with colons; empty where there is no own CA."""
    certificate = _ca_certificate()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest().hex(":").upper() if certificate else ""
