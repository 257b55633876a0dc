"""The practitioner's notes on a case: read, and written anew. What is typed here leaves this process sealed."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.ids import case_code
from capture.messages import Done, GetNotes, KeepNotes, NotesFound
from webui import case_forms
from webui.answers import again, see
from webui.notes import Notes, open_notes, seal_notes
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import signed_in

notes = Blueprint("notes", __name__)


@notes.get("/cases/<code>/notes")
def show(code: str) -> Response:
    verb = GetNotes(session=signed_in().session, case=case_code(code))
    found = open_notes(parts().client.call(verb, NotesFound))
    return make_response(render_template("notes.html", code=verb.case, question=found.question, remarks=found.remarks))


@notes.post("/cases/<code>/notes")
def keep(code: str) -> Response:
    who = signed_in()
    try:
        form = case_forms.notes(request.form)
        sealed = seal_notes(Notes(question=form.question, remarks=form.remarks), who.recipients)
        parts().client.call(KeepNotes(session=who.session, case=case_code(code), notes=sealed), Done)
    except SHOWN_WITH_THE_FORM as refusal:
        question, remarks = request.form.get("question", ""), request.form.get("remarks", "")
        return again("notes.html", refusal, code=case_code(code), question=question, remarks=remarks)
    flash(_("The notes are kept, sealed."))
    return see("cases.show", code=code)
