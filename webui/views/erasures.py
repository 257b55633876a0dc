"""Erasing recordings: asked here, done by a press on the box. Nothing is erased by any request alone."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus

from flask import Blueprint, Response, abort, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.errors import DaemonUnreachable, NotFound, NotNow, SignInNeeded, VigcamError
from capture.ids import case_code, recording_id
from capture.messages import Answer, EraseBegin, Erased, ErasePoll, EraseWaiting
from capture.model import Recording, RecordingState
from webui import forms
from webui.answers import again, answers_json, see
from webui.erasing import films_of, just_filmed
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import Erasure, WebSession, browser, signed_in
from webui.views.home import status
from webui.views.recordings import find

erasures = Blueprint("erasures", __name__)


class Stage(Enum):
    """REFUSED: no press counted, and nothing was begun. UNFINISHED: something went wrong behind the press."""

    PRESS = "press"
    ERASING = "erasing"
    ERASED = "erased"
    REFUSED = "refused"
    UNFINISHED = "unfinished"


@erasures.get("/recordings/<rec>/erase")
def ask(rec: str) -> Response:
    found = find(rec)
    if found.recording.state is RecordingState.ERASED:
        return see("recordings.show", rec=rec)
    return make_response(render_template("erase.html", found=found))


@erasures.post("/recordings/<rec>/erase")
def begin(rec: str) -> Response:
    try:
        return _begin((recording_id(rec),), forms.erase_words(request.form))
    except SHOWN_WITH_THE_FORM as refusal:
        return again("erase.html", refusal, found=find(rec))


@erasures.get("/erasures/just-filmed")
def ask_for_last() -> Response:
    """To the question whether to discard the film that was just made; a film that came to be only now has no link of its own."""
    recording = just_filmed(parts().client, signed_in().session, status())
    if recording is None:
        flash(_("There is no film to discard."))
        return see("home.start")
    return see("erasures.ask", rec=recording.recording_id)


@erasures.get("/cases/<code>/erase")
def ask_for_case(code: str) -> Response:
    films, is_all = _films(code)
    return make_response(render_template("erase_case.html", code=case_code(code), films=films, is_all=is_all))


@erasures.post("/cases/<code>/erase")
def begin_for_case(code: str) -> Response:
    """One press for all that is ticked; only what the box has of this case can be."""
    try:
        chosen = forms.erase_batch(request.form)
        films, is_all = _films(code)
        if not set(chosen) <= {film.recording_id for film in films}:
            raise NotFound
        return _begin(tuple(recording_id(text) for text in chosen), forms.erase_words(request.form))
    except SHOWN_WITH_THE_FORM as refusal:
        films, is_all = _films(code)
        return again("erase_case.html", refusal, code=case_code(code), films=films, is_all=is_all)


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


def _films(code: str) -> tuple[tuple[Recording, ...], bool]:
    return films_of(parts().client, signed_in().session, case_code(code))


def _begin(chosen: tuple[str, ...], words: str) -> Response:
    verb = EraseBegin(session=signed_in().session, recording_ids=chosen, words=words)
    case = find(chosen[0]).recording.case
    waiting = parts().client.call(verb, EraseWaiting)
    for rec in chosen:
        parts().movies.drop_recording(rec)
    browser().erasures[waiting.ask_id] = Erasure(chosen, case)
    return see("erasures.wait", ask_id=waiting.ask_id)


def _poll(mine: WebSession, ask_id: str) -> tuple[Stage, int, VigcamError | None]:
    """How far it is. 404 for an ask of another browser."""
    who = signed_in()
    erasure = mine.erasures.get(ask_id)
    if erasure is None:
        abort(HTTPStatus.NOT_FOUND)
    with mine.lock:  # the daemon says "erased" once: two polls at a time must not lose it
        if erasure.is_done:
            return Stage.ERASED, 0, None
        if erasure.refusal is not None:
            return _stage_of(erasure.refusal), 0, erasure.refusal
        try:
            answer = parts().client.call(ErasePoll(session=who.session, ask_id=ask_id), Answer)
        except (DaemonUnreachable, SignInNeeded):
            raise  # about this question, not about the erasure
        except VigcamError as refusal:
            erasure.refusal = refusal
            return _stage_of(refusal), 0, refusal
        match answer:
            case EraseWaiting():
                return (Stage.ERASING if answer.is_pressed else Stage.PRESS), answer.left_s, None
            case Erased():
                # Also what was opened since the asking: no descriptor and no key of it stays here.
                for rec in erasure.recording_ids:
                    parts().movies.drop_recording(rec)
                erasure.erasure_ids = answer.erasure_ids
                erasure.is_done = True
                return Stage.ERASED, 0, None
    raise DaemonUnreachable("neither waiting nor erased")


def _stage_of(refusal: VigcamError) -> Stage:
    return Stage.REFUSED if isinstance(refusal, NotNow) else Stage.UNFINISHED
