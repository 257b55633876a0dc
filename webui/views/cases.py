"""Cases: the list, a new one, one with its people and consents. Renders what the daemon verified; verifies nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.ids import case_code
from capture.messages import (
    CaseFound,
    CaseList,
    Done,
    GetCase,
    ListCases,
    OpenCase,
    RecordConsent,
)
from capture.model import Decision
from webui import forms
from webui.answers import again, see
from webui.case_page import CasePage
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM, FormInvalid, Problem
from webui.sessions import signed_in

cases = Blueprint("cases", __name__)


@cases.get("/cases")
def index() -> str:
    return render_template("cases.html", found=_list())


@cases.post("/cases")
def open_case() -> Response:
    who = signed_in()
    try:
        verb = OpenCase(session=who.session, retention=forms.new_case(request.form))
        found = parts().client.call(verb, CaseFound)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("cases.html", refusal, found=_list())
    return see("cases.show", code=found.case.code)


@cases.get("/cases/<code>")
def show(code: str) -> Response:
    page = case_page(code, request.args.get("notice", ""))
    return make_response(render_template("case.html", page=page))


@cases.post("/cases/<code>/consents")
def record_consent(code: str) -> Response:
    """One signed event for each scope ticked. Each stands by itself: should one be refused, those before it stay recorded."""
    try:
        form = forms.consent(request.form)
        _record(code, form)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("case.html", refusal, page=case_page(code))
    flash(_("The consent was recorded.") if form.decision is Decision.GIVEN else _("The consent was taken back."))
    return see("cases.show", code=code)


def case_page(code: str, language: str = "") -> CasePage:
    """The case as the page shows it. Raises SignInNeeded, NotFound, BadRequest."""
    verb = GetCase(session=signed_in().session, case=case_code(code))
    found = parts().client.call(verb, CaseFound)
    notices = parts().notices
    return CasePage.of(found, notices.get(language) or notices["en"], tuple(notices.values()))


def _list() -> CaseList:
    after = request.args.get("after", "")
    verb = ListCases(session=signed_in().session, after=after and case_code(after))
    return parts().client.call(verb, CaseList)


def _record(code: str, form: forms.ConsentForm) -> None:
    who = signed_in()
    try:
        for verb in _consents(code, form):
            parts().client.call(verb, Done)
    finally:
        if form.decision is Decision.WITHDRAWN:
            # What was opened by it is closed here too, in the middle of a transfer if need be; also where the box's answer was
            # lost, or a later one of several was refused: it may be written down all the same.
            parts().movies.drop_session(who.session)


def _consents(code: str, form: forms.ConsentForm) -> list[RecordConsent]:
    who = signed_in()
    notice = parts().notices.get(form.notice_language)
    if notice is None:
        raise FormInvalid(Problem(_("Choose the language of the text"), "notice_language"))
    return [
        RecordConsent(
            session=who.session,
            case=case_code(code),
            participant_id=form.participant_id,
            scope=scope,
            decision=form.decision,
            given_by=form.given_by,
            indication=form.indication,
            valid_days=form.valid_days,
            notice_hash=notice.text_hash,
            notice_version=notice.version,
            notice_language=notice.language,
            is_interpreter_used=form.is_interpreter_used,
            witness=form.witness,
        )
        for scope in form.scopes
    ]
