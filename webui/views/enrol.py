"""Adding a practitioner in the enrolment window. The six words are in one answer and nowhere else."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from capture.messages import Enrol, Enrolled
from webui import forms
from webui.answers import again
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.views.home import status

enrol = Blueprint("enrol", __name__)


@enrol.get("/enrol")
def ask() -> str:
    return render_template("enrol.html", status=status())


@enrol.post("/enrol")
def add() -> Response:
    """No Post/Redirect/Get here: the words would have to be kept for the second request."""
    try:
        code = forms.set_up_code(request.form)
        enrolled = parts().client.call(Enrol(setup_code=code), Enrolled)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("enrol.html", refusal, status=status())
    return make_response(render_template("enrolled.html", enrolled=enrolled))
