"""The people of a case: added, corrected, removed. Renders what the daemon verified; judges nobody."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, Response, abort, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.ids import case_code, participant_id
from capture.messages import (
    AddParticipant,
    AmendParticipant,
    Done,
    ListRemoved,
    ParticipantAdded,
    RemovedList,
    RemoveParticipant,
)
from webui import case_forms, forms
from webui.answers import again, see
from webui.case_page import Person, removed_people
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM, FormInvalid, Problem
from webui.sessions import browser, signed_in
from webui.views.cases import case_page

people = Blueprint("people", __name__)


@people.post("/cases/<code>/participants")
def add(code: str) -> Response:
    who = signed_in()
    try:
        form = forms.participant(request.form)
        verb = AddParticipant(
            session=who.session,
            case=case_code(code),
            label=form.label,
            role=form.role,
            is_child=form.is_child,
            responsibility=form.responsibility,
            is_assent_noted=form.is_assent_noted,
            basis=form.basis,
            evidence_by=form.evidence_by,
        )
        with browser().lock:  # a form that is sent twice must not add two people of one label
            if case_page(code).is_taken(form.label):
                field = "child-label" if form.is_child else "label"
                raise FormInvalid(Problem(_("Somebody in this case has that label already. Choose another."), field))
            parts().client.call(verb, ParticipantAdded)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("case.html", refusal, page=case_page(code))
    flash(_("%(label)s was added.", label=form.label))
    return see("cases.show", code=code)


@people.get("/cases/<code>/removed")
def removed(code: str) -> Response:
    """Who is not of the case any more: what they said of the films that they are in, they can still take back."""
    after = request.args.get("after", 0, _place)
    verb = ListRemoved(session=signed_in().session, case=case_code(code), after=after)
    found = parts().client.call(verb, RemovedList)
    following = None if found.is_last else after + len(found.people)
    page = case_page(code)
    return make_response(render_template("removed.html", page=page, people=removed_people(found, page), following=following))


@people.get("/cases/<code>/participants/<person_id>")
def show(code: str, person_id: str) -> Response:
    page = case_page(code)
    return make_response(render_template("person.html", page=page, person=_person(code, person_id)))


@people.post("/cases/<code>/participants/<person_id>")
def amend(code: str, person_id: str) -> Response:
    """The label stays: it is what stands on paper elsewhere. So does whether it is a child."""
    who, person = signed_in(), _person(code, person_id)
    try:
        form = case_forms.amend(request.form, is_child=person.who.is_child)
        verb = AmendParticipant(
            session=who.session,
            case=case_code(code),
            participant_id=person.who.participant_id,
            label=person.who.label,
            role=form.role,
            is_child=person.who.is_child,
            responsibility=form.responsibility,
            is_assent_noted=form.is_assent_noted,
            basis=form.basis,
            evidence_by=form.evidence_by,
        )
        try:
            parts().client.call(verb, Done)
        finally:
            parts().movies.drop_session(who.session)  # what they gave for a child may not count any more
    except SHOWN_WITH_THE_FORM as refusal:
        return again("person.html", refusal, page=case_page(code), person=person)
    flash(_("%(label)s was corrected.", label=person.who.label))
    return see("cases.show", code=code)


@people.post("/cases/<code>/participants/<person_id>/remove")
def remove(code: str, person_id: str) -> Response:
    who, person = signed_in(), _person(code, person_id)
    verb = RemoveParticipant(session=who.session, case=case_code(code), participant_id=person.who.participant_id)
    parts().client.call(verb, Done)
    flash(_("%(label)s is not of this case any more.", label=person.who.label))
    return see("cases.show", code=code)


def _person(code: str, person_id: str) -> Person:
    wanted = participant_id(person_id)
    found = [person for person in case_page(code).people if person.who.participant_id == wanted]
    if not found:
        abort(HTTPStatus.NOT_FOUND)
    return found[0]


def _place(text: str) -> int:
    """Raises ValueError, which stands for the first place."""
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError
    return int(text)
