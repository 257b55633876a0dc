"""People of a case change while the box is armed or films: what rests on them ends at once, what does not goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import msgspec
import pytest
from capture_box import CaptureBox

from capture import messages as m
from capture.model import Decision, ParentalResponsibility, Role, Scope

pytestmark = [pytest.mark.promise("P1"), pytest.mark.promise("P3")]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaptureBox]:
    """One box for all: each rule has families of its own."""
    made = CaptureBox(tmp_path_factory.mktemp("leave") / "box")
    try:
        yield made.ready()
    finally:
        made.close()


def remove(box: CaptureBox, case: str, person: str) -> None:
    box.client.call(m.RemoveParticipant(session=box.session, case=case, participant_id=person), m.Done)


def amend(box: CaptureBox, case: str, person: str, **changes: object) -> None:
    verb = m.AmendParticipant(
        session=box.session,
        case=case,
        participant_id=person,
        label="Adult A",
        role=Role.PARENT,
        is_child=False,
        responsibility=ParentalResponsibility.HOLDS,
    )
    box.client.call(msgspec.structs.replace(verb, **changes), m.Done)


def stop_reason(box: CaptureBox, recording_id: str) -> str:
    found = box.client.call(m.GetRecording(session=box.session, recording_id=recording_id), m.RecordingFound)
    assert found.recording.stop_reason is not None
    return found.recording.stop_reason.value


def filming(box: CaptureBox) -> str:
    time.sleep(1.0)  # a new hold counts from a second after the last stop
    box.press(1.15)
    return box.wait_for("recording").recording_id


def test_whoever_is_removed_while_armed_is_not_filmed(box: CaptureBox) -> None:
    case, adult, child = box.family()
    box.arm(case, adult, child)
    remove(box, case, child)
    assert box.status().state == "idle"
    box.press(1.3)
    assert not box.status().is_sensor_open
    assert list((box.folder / "vault").iterdir()) == []
    lines = [json.loads(line) for line in (box.folder / "audit.log").read_text().splitlines()]
    ended = next(line["fields"] for line in lines if line["event"] == "disarmed")
    assert (ended["code"], ended["reasons"]) == ("consent_missing", "person_unknown")


@pytest.mark.promise("P4")
def test_what_is_filmed_ends_as_soon_as_it_no_longer_rests_on_those_who_are_in_it(box: CaptureBox) -> None:
    for change, code in ((remove, "removed"), (amend, "without parental responsibility")):
        case, adult, child = box.family()
        box.arm(case, adult, child)
        recording_id = filming(box)
        if change is remove:
            remove(box, case, adult)
        else:
            amend(box, case, adult, responsibility=ParentalResponsibility.NONE)
        status = box.status()
        assert not status.is_sensor_open, code
        assert status.armed_case == "", code
        box.wait_for("idle")
        assert stop_reason(box, recording_id) == "consent_ended", code


def test_what_does_not_concern_those_who_are_filmed_leaves_them_alone(box: CaptureBox) -> None:
    case, adult, child = box.family()
    visitor = box.add(case, "Adult C", Role.OTHER)
    other_case, other_adult, _ = box.family()
    box.arm(case, adult, child)
    filming(box)
    remove(box, case, visitor)
    remove(box, other_case, other_adult)
    amend(box, case, adult, label="Parent A")
    box.consent(case, adult, adult, Decision.WITHDRAWN, Scope.SUPERVISION)
    box.consent(other_case, other_adult, other_adult, Decision.WITHDRAWN, Scope.FILM)
    assert box.status().state == "recording"
    box.press()
    box.wait_for("armed")
