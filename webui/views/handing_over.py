"""Handing a case over: package out and result in, in the enrolment window; taking it over, signed in. Opens neither file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from flask import Blueprint, Response, flash, make_response, render_template, request, stream_with_context
from flask_babel import gettext as _

from capture.errors import EnrolmentClosed, NotFound, NotNow, SealBroken, VigcamError
from capture.ids import case_code
from capture.messages import Done
from capture.messages.handing_over import (
    CaseTakenOver,
    HandOverBegin,
    HandOverBring,
    HandOverBrought,
    HandOverFetch,
    HandOverFinish,
    HandOverPacked,
    HandOverPart,
    HandOverReady,
    HandOversWaiting,
    HandOverWrite,
    ListHandOvers,
    TakeOverCase,
)
from webui import hand_over_forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import signed_in
from webui.views.home import status

handing_over = Blueprint("handing_over", __name__)

_REFUSALS = (*SHOWN_WITH_THE_FORM, NotFound)
_PART_BYTES = 40 << 10
"""So much of a file goes into one message, with room to spare."""


@handing_over.get("/administration/hand-over")
def ask() -> str:
    """Only while the window is open: else it says how it is opened."""
    _require_window()
    return render_template("hand_over.html", status=status())


@handing_over.post("/administration/hand-over/package")
def pack() -> Response:
    """No Post/Redirect/Get: the ticket would have to be kept for the second request."""
    try:
        form = hand_over_forms.package(request.form)
        verb = HandOverBegin(setup_code=form.setup_code, case=form.case, taker=form.taker, leave=form.leave)
        packed = parts().client.call(verb, HandOverPacked)
    except _REFUSALS as refusal:
        return _again("package", refusal)
    return make_response(render_template("hand_over_packed.html", packed=packed, case=form.case, taker=form.taker))


@handing_over.post("/administration/hand-over/package/save")
def save() -> Response:
    """The package's file, as long as its ticket and the window last."""
    code = case_code(request.form.get("case", ""))
    pieces = _pieces(request.form.get("ticket", ""))
    response = make_response(stream_with_context(_with_first(next(pieces), pieces)))
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="{code}-hand-over.json"'
    return response


@handing_over.post("/administration/hand-over/result")
def bring() -> Response:
    try:
        form = hand_over_forms.result(request.form, request.files.get("result"))
        brought = _bring(form.setup_code, form.result)
    except _REFUSALS as refusal:
        return _again("result", refusal)
    return make_response(render_template("hand_over_brought.html", brought=brought))


@handing_over.get("/hand-overs")
def waiting() -> str:
    return render_template("hand_overs.html", found=_waiting())


@handing_over.post("/hand-overs/<code>")
def take_over(code: str) -> Response:
    """The case page is next. What does not open takes the hand-over back: then it is not on the list any more."""
    who = signed_in()
    try:
        taken = parts().client.call(TakeOverCase(session=who.session, case=case_code(code)), CaseTakenOver)
    except SealBroken as broken:
        return again("hand_overs.html", NotNow(reasons=broken.reasons), found=_waiting())
    except SHOWN_WITH_THE_FORM as refusal:
        return again("hand_overs.html", refusal, found=_waiting())
    flash(_("%(code)s is your case now. Its films open as soon as each is sealed to you, one after the other.", code=taken.case))
    return see("cases.show", code=taken.case)


def _waiting() -> HandOversWaiting:
    return parts().client.call(ListHandOvers(session=signed_in().session), HandOversWaiting)


def _bring(setup_code: str, data: bytes) -> HandOverBrought:
    client = parts().client
    sha256 = hashlib.sha256(data).hexdigest()
    ready = client.call(HandOverBring(setup_code=setup_code, size=len(data), sha256=sha256), HandOverReady)
    for offset in range(0, len(data), _PART_BYTES):
        client.call(HandOverWrite(ticket=ready.ticket, offset=offset, data=data[offset : offset + _PART_BYTES]), Done)
    return client.call(HandOverFinish(ticket=ready.ticket), HandOverBrought)


def _pieces(ticket: str) -> Iterator[bytes]:
    offset = 0
    while data := parts().client.call(HandOverFetch(ticket=ticket, offset=offset), HandOverPart).data:
        yield data
        offset += len(data)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The first part was asked for while a refusal could still be told."""
    yield first
    yield from rest


def _again(act: str, refusal: VigcamError) -> Response:
    """Both forms once more, the problem at the one that was sent. Raises EnrolmentClosed: without a window there is no form."""
    _require_window()
    return again("hand_over.html", refusal, status=status(), act=act)


def _require_window() -> None:
    if not status().is_enrolment_open:
        raise EnrolmentClosed
