"""Arming the box for a visit, taking that back, stopping, and the framing picture. Opens no camera: only the button does."""

from __future__ import annotations

import os
from http import HTTPStatus

from flask import Blueprint, Response, abort, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.errors import ConsentMissing
from capture.ids import case_code
from capture.messages import Arm, Armed, Disarm, Done, GetPicture, Picture
from webui import forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import signed_in
from webui.views.cases import case_page
from webui.views.home import status

arming = Blueprint("arming", __name__)

PICTURE_LIMIT_BYTES = 4_000_000


@arming.get("/cases/<code>/arm")
def ask(code: str) -> Response:
    return make_response(render_template("arm.html", page=case_page(code), status=status()))


@arming.post("/cases/<code>/arm")
def arm(code: str) -> Response:
    who = signed_in()
    try:
        form = forms.arm(request.form)
        verb = Arm(session=who.session, case=case_code(code), present=form.present, mode=form.mode)
        parts().client.call(verb, Armed)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("arm.html", refusal, {ConsentMissing.code: "present"}, page=case_page(code), status=status())
    flash(_("The box is armed. The button on the box starts it: hold it for one second."))
    return see("home.start")


@arming.post("/disarm")
def disarm() -> Response:
    parts().client.call(Disarm(session=signed_in().session), Done)
    flash(_("The box is no longer armed."))
    return see("home.start")


@arming.post("/stop")
def stop() -> Response:
    """Anybody at the page may stop; nobody has to be signed in for that."""
    parts().watch.stop()
    flash(_("The camera was told to stop."))
    return see("home.start")


@arming.get("/framing.jpg")
def picture() -> Response:
    """The newest picture while somebody checks the framing."""
    facts, fd = parts().client.call_with_descriptor(GetPicture(session=signed_in().session), Picture)
    try:
        if not 0 < facts.size <= PICTURE_LIMIT_BYTES:
            abort(HTTPStatus.NOT_FOUND)
        return Response(os.pread(fd, facts.size, 0), mimetype="image/jpeg")
    finally:
        os.close(fd)
