"""Changing who may use this box: in the enrolment window, each form with the set-up code. Needs nobody signed in.

No Post/Redirect/Get where an answer shows six words or a challenge: they would have to be kept for the second request.
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.errors import EnrolmentClosed, NotFound, VigcamError
from capture.messages import (
    CaseOnBox,
    ClockRepaired,
    CloseEnrolment,
    Done,
    Enrol,
    Enrolled,
    EveryCase,
    ListEveryCase,
    ListPractitioners,
    PractitionerList,
    PractitionerSummary,
    RecoveryChallenge,
    RecoveryChanged,
    RepairClock,
    ResetPractitioner,
    RetirePractitioner,
    SetRecoveryBegin,
    SetRecoveryFinish,
)
from capture.seal.armor import ArmorWriter
from webui import admin_forms, forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.views.home import status

admin = Blueprint("admin", __name__, url_prefix="/administration")

_REFUSALS = (*SHOWN_WITH_THE_FORM, NotFound)


@admin.get("")
def ask() -> str:
    """Only while the window is open: else it says how it is opened."""
    _require_window()
    return render_template("admin.html", status=status(), offsets=forms.UTC_OFFSETS)


@admin.post("/add")
def add() -> Response:
    try:
        enrolled = parts().client.call(Enrol(setup_code=forms.set_up_code(request.form)), Enrolled)
    except _REFUSALS as refusal:
        return _again("add", refusal)
    return make_response(render_template("enrolled.html", enrolled=enrolled))


@admin.post("/people")
def people() -> Response:
    try:
        code = forms.set_up_code(request.form)
        found, cases = _everybody(code), _every_case(code)
    except _REFUSALS as refusal:
        return _again("people", refusal)
    return make_response(render_template("admin_people.html", people=found, cases=cases))


@admin.post("/reset")
def reset() -> Response:
    try:
        form = admin_forms.reset(request.form)
        verb = ResetPractitioner(setup_code=form.setup_code, practitioner=form.practitioner)
        enrolled = parts().client.call(verb, Enrolled)
    except _REFUSALS as refusal:
        return _again("reset", refusal)
    return make_response(render_template("enrolled.html", enrolled=enrolled, instead_of=form.practitioner))


@admin.post("/retire")
def retire() -> Response:
    try:
        form = admin_forms.retire(request.form)
        verb = RetirePractitioner(setup_code=form.setup_code, practitioner=form.practitioner)
        parts().client.call(verb, Done)
    except _REFUSALS as refusal:
        return _again("retire", refusal)
    flash(_("%(name)s cannot sign in any more.", name=form.practitioner))
    return see("admin.ask")


@admin.post("/recovery")
def recovery() -> Response:
    try:
        form = admin_forms.recovery(request.form)
        verb = SetRecoveryBegin(setup_code=form.setup_code, recipient=form.recipient)
        asked = parts().client.call(verb, RecoveryChallenge)
    except _REFUSALS as refusal:
        return _again("recovery", refusal)
    return make_response(render_template("admin_recovery.html", fingerprint=asked.fingerprint, armor=_armored(asked.challenge)))


@admin.post("/recovery/answer")
def answer() -> Response:
    """A wrong answer ends the challenge, so there is no form to show again but the first one."""
    try:
        form = admin_forms.answer(request.form)
        changed = parts().client.call(SetRecoveryFinish(setup_code=form.setup_code, answer=form.answer), RecoveryChanged)
    except _REFUSALS as refusal:
        return _again("recovery", refusal)
    return make_response(render_template("admin_recovery_set.html", changed=changed))


@admin.post("/clock")
def clock() -> Response:
    try:
        form = admin_forms.repair(request.form)
        step = parts().client.call(RepairClock(setup_code=form.setup_code, wall_ms=form.wall_ms), ClockRepaired)
    except _REFUSALS as refusal:
        return _again("clock", refusal)
    return make_response(render_template("admin_clock.html", step=step))


@admin.post("/close")
def close() -> Response:
    try:
        parts().client.call(CloseEnrolment(setup_code=forms.set_up_code(request.form)), Done)
    except _REFUSALS as refusal:
        return _again("close", refusal)
    flash(_("The enrolment window is closed."))
    return see("home.start")


def _again(act: str, refusal: VigcamError) -> Response:
    """All forms once more, the problem at the one that was sent. Raises EnrolmentClosed: without a window there is no form."""
    _require_window()
    return again("admin.html", refusal, status=status(), offsets=forms.UTC_OFFSETS, act=act)


def _require_window() -> None:
    if not status().is_enrolment_open:
        raise EnrolmentClosed


def _everybody(setup_code: str) -> tuple[PractitionerSummary, ...]:
    found: list[PractitionerSummary] = []
    is_last = False
    while not is_last:
        after = found[-1].practitioner if found else ""
        page = parts().client.call(ListPractitioners(setup_code=setup_code, after=after), PractitionerList)
        found += page.practitioners
        is_last = page.is_last or not page.practitioners
    return tuple(found)


def _every_case(setup_code: str) -> tuple[CaseOnBox, ...]:
    found: list[CaseOnBox] = []
    is_last = False
    while not is_last:
        page = parts().client.call(ListEveryCase(setup_code=setup_code, after=found[-1].case if found else ""), EveryCase)
        found += page.cases
        is_last = page.is_last or not page.cases
    return tuple(found)


def _armored(challenge: bytes) -> str:
    """As text, to be copied into a file."""
    written: list[bytes] = []
    writer = ArmorWriter(written.append)
    writer.write(challenge)
    writer.finish()
    return b"".join(written).decode("ascii")
