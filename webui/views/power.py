"""Switching the box off. What is being filmed is sealed first, by the daemon."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from capture.messages import Done, ShutDown
from webui.parts import parts
from webui.sessions import browser, signed_in

power = Blueprint("power", __name__)


@power.post("/shutdown")
def shut_down() -> Response:
    """The answer comes before the power goes, so it is a page and no redirect."""
    parts().client.call(ShutDown(session=signed_in().session), Done)
    parts().sessions.sign_out(browser())
    return make_response(render_template("shutting_down.html"))
