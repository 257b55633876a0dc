"""What a recording may be opened for, on a real daemon: by everybody's consent to that very use, each no with its reasons."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from capture_box import CaptureBox

from capture import messages as m
from capture.errors import ConsentMissing, NotFound, NotNow, TooManyAttempts
from capture.messages.exports import ExportKind
from capture.model import Decision, Purpose, Scope

pytestmark = [pytest.mark.promise("P3"), pytest.mark.promise("P10")]

OWN_USE = (Purpose.REVIEW, Purpose.DOWNLOAD, Purpose.SEALED)


@dataclass
class Filmed:
    """A family that was filmed once, and may be looked at. Each test puts back what it changes, but for the last ones."""

    box: CaptureBox
    case: str
    adult: str
    child: str
    recording_id: str

    def open(self, purpose: Purpose) -> m.Opened:
        verb = m.OpenRecording(session=self.box.session, recording_id=self.recording_id, purpose=purpose)
        opened, descriptor = self.box.client.call_with_descriptor(verb, m.Opened)
        os.close(descriptor)
        return opened

    def refusal(self, purpose: Purpose) -> tuple[str, ...]:
        with pytest.raises(ConsentMissing) as refused:
            self.open(purpose)
        return refused.value.reasons

    def say(self, decision: Decision, scope: Scope, *people: str) -> None:
        for person in people or (self.adult, self.child):
            self.box.consent(self.case, person, self.adult, decision, scope)

    def confirm(self, recording_id: str, purpose: Purpose = Purpose.DOWNLOAD, recipient: str = "") -> None:
        verb = m.ConfirmTransfer(
            session=self.box.session,
            recording_id=recording_id,
            received_bytes=1,
            mp4_hash="0" * 64,
            purpose=purpose,
            recipient=recipient,
        )
        self.box.client.call(verb, m.Done)

    def lines(self, event: str) -> list[dict[str, object]]:
        """The fields of the log's lines of this event, oldest first."""
        lines = map(json.loads, (self.box.folder / "audit.log").read_text().splitlines())
        return [line["fields"] for line in lines if line["event"] == event]


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filmed]:
    box = CaptureBox(tmp_path_factory.mktemp("filmed") / "box")
    try:
        box.ready()
        case, adult, child = box.family()
        box.arm(case, adult, child)
        yield Filmed(box, case, adult, child, box.film(1.0))
    finally:
        box.close()


@pytest.mark.parametrize("purpose", OWN_USE)
def test_its_practitioner_opens_it_for_their_own_use(filmed: Filmed, purpose: Purpose) -> None:
    assert (filmed.open(purpose).file_key == b"") == (purpose is Purpose.SEALED)
    last = filmed.lines("recording_opened")[-1]
    assert (last["recording"], last["purpose"]) == (filmed.recording_id, purpose.value)


def test_for_any_other_use_it_stays_shut_until_everybody_in_it_consented_to_that_use(filmed: Filmed) -> None:
    for purpose in Purpose:
        if purpose in OWN_USE:
            continue
        assert filmed.refusal(purpose) == ("consent_missing",)
        line = filmed.lines("opening_refused")[-1]
        assert (line["purpose"], line["reasons"]) == (purpose.value, "consent_missing")
        filmed.say(Decision.GIVEN, purpose.scope, filmed.adult)
        assert filmed.refusal(purpose) == ("consent_missing",)
        filmed.say(Decision.GIVEN, purpose.scope, filmed.child)
        assert filmed.open(purpose).file_key
        filmed.say(Decision.WITHDRAWN, purpose.scope, filmed.child)
        assert filmed.refusal(purpose) == ("consent_withdrawn",)


def test_taking_back_the_review_shuts_it_for_that_and_a_new_yes_opens_it_again(filmed: Filmed) -> None:
    filmed.say(Decision.WITHDRAWN, Scope.PRACTITIONER_REVIEW, filmed.child)
    for purpose in OWN_USE:
        assert filmed.refusal(purpose) == ("consent_withdrawn",)
    filmed.say(Decision.GIVEN, Scope.PRACTITIONER_REVIEW, filmed.child)
    assert filmed.open(Purpose.REVIEW).file_key


def test_to_whom_it_went_is_signed_in_the_case_and_only_the_use_stands_in_the_log(filmed: Filmed) -> None:
    filmed.say(Decision.GIVEN, Scope.SUPERVISION)
    filmed.confirm(filmed.recording_id, Purpose.SUPERVISION, "the service's supervisor")
    begin = m.BeginExport(session=filmed.box.session, case=filmed.case, kind=ExportKind.RECEIPT)
    filmed.box.client.call(begin, m.ExportBegun)
    page = filmed.box.client.call(m.ListTransfers(session=filmed.box.session, case=filmed.case), m.TransferPage)
    told = page.transfers[-1]
    assert (told.recording_id, told.purpose, told.recipient) == (
        filmed.recording_id,
        Purpose.SUPERVISION,
        "the service's supervisor",
    )
    assert len(told.sealed_hash) == 64
    assert filmed.lines("transfer_stated")[-1]["purpose"] == "supervision"
    assert "supervisor" not in (filmed.box.folder / "audit.log").read_text()


def test_what_is_being_filmed_can_be_neither_opened_nor_called_taken_over(filmed: Filmed) -> None:
    box = filmed.box
    time.sleep(1)  # after a stop a new hold counts only from a second later
    box.press(1.15)
    under_way = box.wait_for("recording").recording_id
    stated = len(filmed.lines("transfer_stated"))
    with pytest.raises(NotNow):
        filmed.confirm(under_way)
    verb = m.OpenRecording(session=box.session, recording_id=under_way, purpose=Purpose.REVIEW)
    with pytest.raises(NotNow):
        box.client.call(verb, m.Opened)
    box.press()
    box.wait_for("armed")
    assert len(filmed.lines("transfer_stated")) == stated


def test_what_is_erased_can_be_neither_opened_nor_called_taken_over(filmed: Filmed) -> None:
    box = filmed.box
    page = box.client.call(m.ListRecordings(session=box.session, case=filmed.case), m.RecordingList)
    gone = page.recordings[0].recording_id
    ask = m.EraseBegin(session=box.session, recording_ids=(gone,), words=gone)
    waiting = box.client.call(ask, m.EraseWaiting)
    box.press()
    while not isinstance(box.client.call(m.ErasePoll(session=box.session, ask_id=waiting.ask_id), m.Answer), m.Erased):
        continue
    stated = len(filmed.lines("transfer_stated"))
    with pytest.raises(NotFound):
        filmed.confirm(gone)
    with pytest.raises(NotFound):
        box.client.call(m.OpenRecording(session=box.session, recording_id=gone, purpose=Purpose.REVIEW), m.Opened)
    assert len(filmed.lines("transfer_stated")) == stated


def test_taking_back_the_filming_shuts_it_for_good_whatever_is_said_later(filmed: Filmed) -> None:
    box = filmed.box
    filmed.say(Decision.WITHDRAWN, Scope.FILM, filmed.child)
    for purpose in OWN_USE:
        assert filmed.refusal(purpose) == ("recording_locked",)
    filmed.say(Decision.GIVEN, Scope.FILM, filmed.child)
    assert filmed.refusal(Purpose.REVIEW) == ("recording_locked",)
    found = box.client.call(m.GetRecording(session=box.session, recording_id=filmed.recording_id), m.RecordingFound)
    assert found.recording.is_locked


def test_who_asks_again_and_again_for_what_is_shut_fills_no_log(filmed: Filmed) -> None:
    refusals = []
    for _ in range(60):
        with pytest.raises((ConsentMissing, TooManyAttempts)) as refused:
            filmed.open(Purpose.REVIEW)
        refusals.append(refused.value.code)
    assert refusals[-1] == TooManyAttempts.code
    assert len(filmed.lines("opening_refused")) < 60
