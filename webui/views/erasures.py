"""Erasing a recording: asked here, done by a press on the box. Nothing is erased by any request alone."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, request

from capture.errors import DaemonUnreachable, NotFound, VigcamError
from capture.ids import recording_id
from capture.messages import Answer, EraseBegin, Erased, ErasePoll, EraseWaiting
from webui import forms
from webui.answers import again, answers_json, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import Erasure, WebSession, browser, signed_in
from webui.views.recordings import find

erasures = Blueprint("erasures", __name__)


class Stage(Enum):
    PRESS = "press"
    ERASED = "erased"
    REFUSED = "refused"


@erasures.get("/recordings/<rec>/erase")
def ask(rec: str) -> Response:
    return make_response(render_template("erase.html", found=find(rec)))


@erasures.post("/recordings/<rec>/erase")
def begin(rec: str) -> Response:
    who = signed_in()
    try:
        verb = EraseBegin(session=who.session, recording_ids=(recording_id(rec),), words=forms.erase_words(request.form))
        waiting = parts().client.call(verb, EraseWaiting)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("erase.html", refusal, found=find(rec))
    parts().movies.drop_recording(rec)
    browser().erasures[waiting.ask_id] = Erasure(verb.recording_ids)
    return see("erasures.wait", ask_id=waiting.ask_id)


@erasures.get("/erasures/<ask_id>")
def wait(ask_id: str) -> Response:
    stage, left_s, refusal = _poll(browser(), ask_id)
    erasure = browser().erasures[ask_id]
    if refusal is not None:
        return again("erasure.html", refusal, stage=stage.value, left_s=0, erasure=erasure)
    return make_response(render_template("erasure.html", stage=stage.value, left_s=left_s, erasure=erasure))


@erasures.get("/erasures/<ask_id>/state")
@answers_json
def state(ask_id: str) -> dict[str, object]:
    stage, left_s, _ = _poll(browser(), ask_id)
    return {"stage": stage.value, "left_s": left_s}


def _poll(mine: WebSession, ask_id: str) -> tuple[Stage, int, VigcamError | None]:
    """How far it is. 404 for an ask of another browser."""
    who = signed_in()
    erasure = mine.erasures.get(ask_id)
    if erasure is None:
        abort(HTTPStatus.NOT_FOUND)
    with mine.lock:  # the daemon says "erased" once: two polls at a time must not lose it
        if erasure.is_done:
            return Stage.ERASED, 0, None
        try:
            answer = parts().client.call(ErasePoll(session=who.session, ask_id=ask_id), Answer)
        except (*SHOWN_WITH_THE_FORM, NotFound) as refusal:
            return Stage.REFUSED, 0, refusal
        match answer:
            case EraseWaiting():
                return Stage.PRESS, answer.left_s, None
            case Erased():
                # Also what was opened since the asking: no descriptor and no key of it stays here.
                for rec in erasure.recording_ids:
                    parts().movies.drop_recording(rec)
                erasure.is_done = True
                return Stage.ERASED, 0, None
    raise DaemonUnreachable("neither waiting nor erased")
