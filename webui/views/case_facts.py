"""What a case says of itself: the family's needs, how long its films are kept, the end of the work. Reckons no date itself."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _

from capture.ids import case_code
from capture.messages import Done, EndInvolvement, SetRetention, StateNeeds
from webui import case_forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import signed_in
from webui.views.cases import case_page
from webui.views.home import status

case_facts = Blueprint("case_facts", __name__)


@case_facts.post("/cases/<code>/needs")
def state_needs(code: str) -> Response:
    who = signed_in()
    try:
        verb = StateNeeds(session=who.session, case=case_code(code), communication_needs=case_forms.needs(request.form))
        parts().client.call(verb, Done)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("case.html", refusal, page=case_page(code))
    flash(_("What the family needs is noted."))
    return see("cases.show", code=code)


@case_facts.post("/cases/<code>/retention")
def set_retention(code: str) -> Response:
    who = signed_in()
    try:
        verb = SetRetention(session=who.session, case=case_code(code), retention=case_forms.retention(request.form))
        parts().client.call(verb, Done)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("case.html", refusal, page=case_page(code))
    flash(_("How long the films are kept is noted."))
    return see("cases.show", code=code)


@case_facts.post("/cases/<code>/end")
def end_work(code: str) -> Response:
    who = signed_in()
    try:
        ended_ms = case_forms.end_of_work(request.form, status().clock.ms)
        parts().client.call(EndInvolvement(session=who.session, case=case_code(code), ended_ms=ended_ms), Done)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("case.html", refusal, page=case_page(code))
    flash(_("The end of the work is noted. The date for erasing follows from it."))
    return see("cases.show", code=code)


@case_facts.post("/cases/<code>/goes-on")
def go_on(code: str) -> Response:
    parts().client.call(EndInvolvement(session=signed_in().session, case=case_code(code), ended_ms=None), Done)
    flash(_("The work goes on. There is no date for erasing now."))
    return see("cases.show", code=code)
