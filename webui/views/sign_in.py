"""Signing in: six words, then a press on the box, then the daemon's check. Keeps no passphrase, judges none."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import Enum

from flask import Blueprint, Response, make_response, render_template, request

from capture.errors import DaemonUnreachable, NotFound, NotNow, SignInNeeded, VigcamError
from capture.messages import Answer, Done, KeepAlive, SignedIn, SignInBegin, SignInPoll, SignInTakeBack, SignInWaiting, SignOut
from capture.model import Confidence
from webui import forms
from webui.answers import again, answers_json, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import WebSession, browser

sign_in = Blueprint("sign_in", __name__)


class Stage(Enum):
    """What the waiting page shows."""

    PRESS = "press"
    CHECKING = "checking"
    SIGNED_IN = "signed_in"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sign-in is; `refusal` is what ended it, if something did."""

    stage: Stage
    left_s: int = 0
    refusal: VigcamError | None = None


@sign_in.get("/sign-in")
def ask() -> Response:
    who = browser().signed_in
    if who is None:
        return make_response(render_template("sign_in.html"))
    parts().client.call(KeepAlive(session=who.session), Done)  # raises where somebody else has signed in meanwhile
    return see("home.start")


@sign_in.post("/sign-in")
def begin() -> Response:
    """From here on the browser has a new id, so that nobody who knew the old one can fetch what the press will bring; and whoever
    was signed in with it is not who asks now."""
    mine = browser()
    try:
        form = forms.sign_in(request.form)
        verb = SignInBegin(username=form.username, passphrase=form.passphrase)
        _take_back(mine)
        waiting = parts().client.call(verb, SignInWaiting)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("sign_in.html", refusal)
    parts().sessions.sign_out(mine)
    mine.sign_in_ask = waiting.ask_id
    return see("sign_in.wait")


@sign_in.post("/sign-in/again")
def start_again() -> Response:
    """Gives up waiting for the press."""
    _take_back(browser())
    return see("sign_in.ask")


@sign_in.get("/sign-in/wait")
def wait() -> Response:
    """Looks after the sign-in by itself at each load, so that it works without a script."""
    progress = _poll(browser())
    match progress.stage:
        case Stage.SIGNED_IN:
            return see("home.start")
        case Stage.REFUSED | Stage.EXPIRED if progress.refusal:
            return again("sign_in.html", progress.refusal)
        case Stage.PRESS | Stage.CHECKING:
            return make_response(render_template("sign_in_wait.html", progress=progress))
    return see("sign_in.ask")


@sign_in.get("/sign-in/state")
@answers_json
def state() -> dict[str, object]:
    progress = _poll(browser())
    return {"stage": progress.stage.value, "left_s": progress.left_s}


@sign_in.post("/sign-out")
def leave() -> Response:
    """Signs out here even if the daemon does not answer or locked itself long ago."""
    mine = browser()
    who = mine.signed_in
    parts().sessions.sign_out(mine)
    if who is not None:
        with contextlib.suppress(SignInNeeded):
            parts().client.call(SignOut(session=who.session), Done)
    return see("home.start")


def _poll(mine: WebSession) -> Progress:
    with mine.lock:  # the daemon says "signed in" once: two polls at a time must not lose it
        if mine.signed_in is not None:
            return Progress(Stage.SIGNED_IN)
        if not mine.sign_in_ask:
            return Progress(Stage.EXPIRED)
        try:
            answer = parts().client.call(SignInPoll(ask_id=mine.sign_in_ask), Answer)
        except (*SHOWN_WITH_THE_FORM, NotFound) as refusal:
            mine.sign_in_ask = ""
            stage = Stage.EXPIRED if isinstance(refusal, NotFound | NotNow) else Stage.REFUSED
            return Progress(stage, refusal=refusal)
        match answer:
            case SignInWaiting():
                return Progress(Stage(answer.stage), answer.left_s)
            case SignedIn():
                _enter(mine, answer)
                return Progress(Stage.SIGNED_IN)
        raise DaemonUnreachable("neither waiting nor signed in")


def _take_back(mine: WebSession) -> None:
    """What this browser asked for before: two asks that wait for one press are both refused."""
    before, mine.sign_in_ask = mine.sign_in_ask, ""
    if before:
        parts().client.call(SignInTakeBack(ask_id=before), Done)


def _enter(mine: WebSession, who: SignedIn) -> None:
    mine.sign_in_ask = ""
    # A battery-backed clock is compared as well: only a person can tell which of two is wrong by more than a day.
    mine.needs_clock = who.clock_confidence is not Confidence.BROWSER
    mine.kept_alive_s = parts().boottime_s()
    parts().sessions.sign_in(mine, who)
