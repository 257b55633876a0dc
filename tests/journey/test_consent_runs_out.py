"""A consent that runs out while it is used: the leave ends with it, whatever the lease on boot time still says."""

from __future__ import annotations

import time

import pytest
from capture_box import CaptureBox

from capture import messages as m
from capture.errors import ConsentMissing
from capture.model import Decision, Scope, StopReason

pytestmark = pytest.mark.promise("P3")

DAY_MS = 86_400_000


def offer(box: CaptureBox, ahead_ms: int) -> None:
    """The clock of a phone that is so far ahead of the truth."""
    wall_ms = time.time_ns() // 1_000_000 + ahead_ms
    box.client.call(m.OfferClock(session=box.session, wall_ms=wall_ms, is_confirmed=True), m.Done)


def armed_for_a_day(box: CaptureBox) -> str:
    """A family whose consents hold for one day, and leave to film them."""
    box.ready()
    case, adult, child = box.open_case()
    for person in (adult, child):
        box.consent(case, person, adult, Decision.GIVEN, Scope.FILM, valid_days=1)
    box.arm(case, adult, child)
    return case


def test_a_corrected_clock_by_which_the_consent_is_over_disarms_at_once(box: CaptureBox) -> None:
    armed_for_a_day(box)
    offer(box, DAY_MS + 60_000)
    assert box.status().state == "idle"


def test_filming_ends_when_the_consent_does_by_a_clock_that_was_corrected_meanwhile(box: CaptureBox) -> None:
    armed_for_a_day(box)
    box.press(1.15)
    box.wait_for("recording")
    offer(box, DAY_MS - 2_500)
    # The lease still has three hours by boot time; the consent has two seconds by the wall.
    assert box.status().state == "recording"
    box.wait_for("idle")
    assert not box.status().is_sensor_open
    found = box.client.call(
        m.GetRecording(session=box.session, recording_id=box.status().last_recording_id), m.RecordingFound
    ).recording
    assert found.stop_reason is StopReason.CONSENT_ENDED


def test_a_clock_set_back_before_the_consent_was_given_disarms_too(box: CaptureBox) -> None:
    case = armed_for_a_day(box)
    offer(box, -DAY_MS + 60_000)
    assert box.status().state == "idle"
    people = box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound).participants
    with pytest.raises(ConsentMissing) as refused:
        box.arm(case, *(person.participant_id for person in people))
    assert "consent_in_future" in refused.value.reasons
