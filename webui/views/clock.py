"""Taking the time of the practitioner's device. Only passes it on: whether it is likely, the daemon judges."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.errors import ClockUnlikely
from capture.messages import Done, OfferClock
from webui import forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM, FormInvalid
from webui.sessions import browser, signed_in
from webui.views.home import status

clock = Blueprint("clock", __name__)


@clock.get("/clock")
def ask() -> str:
    """For whoever has no script, or whose time the box found unlikely."""
    signed_in()
    return render_template("clock.html", status=status(), offsets=forms.UTC_OFFSETS)


@clock.post("/clock")
def offer() -> Response:
    """From the script (`wall_ms`): 204, or the refusal as JSON. From the form: back to the start page."""
    who = signed_in()
    is_script = request.accept_mimetypes.best == "application/json"
    try:
        form = forms.clock(request.form)
        verb = OfferClock(session=who.session, wall_ms=form.wall_ms, is_confirmed=form.is_confirmed)
        try:
            parts().client.call(verb, Done)
        finally:
            parts().movies.drop_session(who.session)  # by another time what it was opened by may have run out
    except SHOWN_WITH_THE_FORM as refusal:
        is_unreadable = is_script and isinstance(refusal, FormInvalid)
        if is_unreadable or isinstance(refusal, ClockUnlikely):
            browser().needs_clock = False  # a person decides now: the script must not ask again at every page
        if is_unreadable:
            raise ClockUnlikely from refusal  # before 1970, after 9999: a time all the same, and nobody here believes it
        if is_script:
            raise
        return again("clock.html", refusal, status=status(), offsets=forms.UTC_OFFSETS)
    browser().needs_clock = False
    if is_script:
        return make_response("", HTTPStatus.NO_CONTENT)
    flash(_("The clock is set."))
    return see("home.start")
