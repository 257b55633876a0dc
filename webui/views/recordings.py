"""Recordings: the list, and one with its facts, its player and what can be done with it. Reads no footage."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from capture.errors import TransferMismatch
from capture.ids import case_code, recording_id
from capture.messages import ConfirmTransfer, Done, GetRecording, ListRecordings, RecordingFound, RecordingList
from capture.model import Purpose
from webui import forms
from webui.answers import again, see
from webui.parts import parts
from webui.refusals import SHOWN_WITH_THE_FORM
from webui.sessions import browser, signed_in
from webui.views.downloads import mp4_hash
from webui.wording import RECIPIENTS

recordings = Blueprint("recordings", __name__)


@recordings.get("/recordings")
def index() -> str:
    case, before = request.args.get("case", ""), request.args.get("before", "")
    verb = ListRecordings(session=signed_in().session, case=case and case_code(case), before=before and recording_id(before))
    return render_template("recordings.html", found=parts().client.call(verb, RecordingList), case=verb.case)


@recordings.get("/recordings/<rec>")
def show(rec: str) -> Response:
    return make_response(render_template("recording.html", found=find(rec)))


@recordings.post("/recordings/<rec>/taken-over")
def taken_over(rec: str) -> Response:
    """Both ends computed the hash of the same virtual MP4; only if they agree does the daemon hear of a transfer."""
    who = signed_in()
    try:
        form = forms.taken_over(request.form)
        mine = mp4_hash(browser(), who, recording_id(rec), form.purpose)
        if (form.mp4_sha256, form.received_bytes) != (mine.sha256, mine.size):
            raise TransferMismatch
        verb = ConfirmTransfer(
            session=who.session,
            recording_id=recording_id(rec),
            received_bytes=form.received_bytes,
            mp4_hash=mine.sha256,
            purpose=form.purpose,
            recipient=RECIPIENTS[form.purpose],
        )
        parts().client.call(verb, Done)
    except SHOWN_WITH_THE_FORM as refusal:
        return again("recording.html", refusal, found=find(rec))
    flash(_("The recording was taken over, and both copies are the same."))
    return see("recordings.show", rec=rec)


def refusals_of(found: RecordingFound) -> dict[Purpose, tuple[str, ...]]:
    """What speaks against each purpose; one that is not in it is allowed."""
    return {refusal.purpose: refusal.reasons for refusal in found.refusals}


def find(rec: str) -> RecordingFound:
    """Raises SignInNeeded, NotFound, BadRequest."""
    return parts().client.call(GetRecording(session=signed_in().session, recording_id=recording_id(rec)), RecordingFound)
