"""What the page says of a recording that was cut short: what is left, what is known to be lost, and what nobody can know."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import render_template

from capture.client import CaptureClient
from capture.ids import CaseCode, PractitionerId, RecordingId, VisitId
from capture.messages import RecordingFound
from capture.model import Confidence, Recording, RecordingState, StopReason, WallTime
from webui.app import create_app
from webui.config import WebConfig


def page(state: RecordingState, *, kept: int = 0, generated: int = 0, duration_ms: int = 0) -> str:
    recording = Recording(
        recording_id=RecordingId("rec-2345678923456789"),
        case=CaseCode("VIG-234-567"),
        visit_id=VisitId("vis-2345678923456789"),
        practitioner=PractitionerId("prac-234567"),
        state=state,
        started=WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER),
        boot_id="a" * 32,
        started_boottime_ns=1,
        stop_reason=StopReason.INTERRUPTED,
        duration_ms=duration_ms,
        frames_kept=kept,
        frames_generated=generated,
    )
    app = create_app(WebConfig(names=("localhost",), port=8443), CaptureClient(Path("/nowhere/nobody.sock")))
    with app.test_request_context("/recordings/rec-2345678923456789"):
        return " ".join(render_template("recording.html", found=RecordingFound(recording=recording, sealed_hash="")).split())


@pytest.mark.promise("P8")
def test_before_its_first_opening_nobody_claims_a_length() -> None:
    said = page(RecordingState.INTERRUPTED)
    assert "counted when it is first opened" in said
    assert "Not known yet" in said


@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
def test_once_opened_it_states_what_is_left_and_what_is_lost() -> None:
    said = page(RecordingState.INTERRUPTED, kept=91, generated=97, duration_ms=3_033)
    assert "6 pictures were lost" in said
    assert "6 of 97" in said
    assert "Up to a second of film before the cut can be missing besides" in said
    assert "Not known yet" not in said


def test_a_sealed_recording_was_not_cut_short() -> None:
    assert "cut short" not in page(RecordingState.SEALED, kept=90, generated=90, duration_ms=3_000)
