"""The desk of recordings over a real catalogue, log and vault: what is said while it answers counts, and nobody fills the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from record_box import DAY_MS
from recorded_family import Family

from capture.audit.line import AuditEvent
from capture.desk.recordings import RecordingDesk
from capture.errors import ConsentMissing, TooManyAttempts
from capture.framing import Framing
from capture.ids import new_recording_id
from capture.messages import Answer, ConfirmTransfer, OpenRecording, Verb
from capture.model import Decision, Purpose, Recording, RecordingState, Scope
from capture.rate import Rate
from capture.recipients import Recipients
from capture.session import Sessions
from capture.vault import Vault
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P3")

REVIEW = Scope.PRACTITIONER_REVIEW


class Anchor:
    """Tells the wall time that the box's records are told."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def now(self):
        return self._family.box.wall


class DeskBox:
    """A desk, somebody signed in, and one film of theirs that a power cut left unopened."""

    def __init__(self, folder: Path) -> None:
        self.family = Family(folder)
        self.box = self.family.box
        Recipients(folder / "recipients", self.box.device_key, self.box.disk).set_recovery(self.box.recovery)
        self.sessions = Sessions(self.box.clock, 900, begun=lambda _: None, ended=lambda *_: None)
        self.token = self.sessions.begin(self.family.unlocked).token
        vault = folder / "vault"
        vault.mkdir()
        filmed = self.family.filmed(self.family.parent, self.family.baby, state=RecordingState.INTERRUPTED)
        self.recording: Recording = msgspec.structs.replace(filmed, recording_id=new_recording_id())
        self.family.recordings.add(self.recording)
        (vault / f"{self.recording.recording_id}.mp4.age.part").write_bytes(b"sealed")
        self.desk = RecordingDesk(
            sessions=self.sessions,
            recordings=self.family.recordings,
            vault=Vault(vault, SystemDisk()),
            device_key=self.box.device_key,
            framing=Framing(self.box.clock, lambda: None),  # type: ignore[arg-type,return-value]
            audit=self.box.audit,
            records=self.box.records,
            keyrings=self.box.keyrings,
            anchor=Anchor(self.family),  # type: ignore[arg-type]
            opening_rate=Rate(self.box.clock, 4, 2.0),
            transfer_rate=Rate(self.box.clock, 4, 2.0),
            is_framing=lambda: False,
            is_changing_hands=lambda _: False,
        )
        for person in (self.family.parent, self.family.baby):
            self.family.say(person, Decision.GIVEN, REVIEW)

    def ask(self, verb: Verb) -> Answer:
        reply = self.desk.handlers()[type(verb)](verb)
        if reply.descriptor is not None:
            os.close(reply.descriptor)
        return reply.answer

    def open(self) -> Answer:
        return self.ask(OpenRecording(session=self.token, recording_id=self.recording.recording_id, purpose=Purpose.SEALED))

    def confirm(self) -> Answer:
        return self.ask(
            ConfirmTransfer(session=self.token, recording_id=self.recording.recording_id, received_bytes=1, mp4_hash="0" * 64)
        )

    def take_back_at(self, event: AuditEvent) -> None:
        """The child's yes to the review is taken back as soon as the log has the next line of this event."""
        append = self.box.audit.append

        def append_and_take_back(found: AuditEvent, **fields: object):
            line = append(found, **fields)
            if found is event:
                self.box.audit.append = append  # type: ignore[method-assign]
                self.family.say(self.family.baby, Decision.WITHDRAWN, REVIEW)
            return line

        self.box.audit.append = append_and_take_back  # type: ignore[method-assign]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskBox]:
    made = DeskBox(tmp_path)
    yield made
    made.box.close()


def test_an_opening_is_answered_for_as_long_as_the_first_of_its_consents_lasts(desk: DeskBox) -> None:
    assert desk.open().lasts_ms == 30 * DAY_MS
    desk.box.set_wall(desk.box.wall.ms + 10 * DAY_MS)
    assert desk.open().lasts_ms == 20 * DAY_MS


def test_what_is_taken_back_before_an_opening_is_answered_counts(desk: DeskBox) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    desk.take_back_at(AuditEvent.RECORDING_OPENED)
    with pytest.raises(ConsentMissing):
        desk.open()
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_nothing_is_stated_as_handed_on_after_the_consent_to_it_was_taken_back(
    desk: DeskBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = RecordingDesk._sealed_hash

    def take_back(mine: RecordingDesk, recording: Recording) -> str:
        desk.family.say(desk.family.baby, Decision.WITHDRAWN, REVIEW)
        return asked(mine, recording)

    monkeypatch.setattr(RecordingDesk, "_sealed_hash", take_back)
    with pytest.raises(ConsentMissing):
        desk.confirm()
    assert not desk.box.records.case(desk.family.unlocked, desk.family.case).transfers
    assert not desk.family.recordings.get(desk.recording.recording_id).is_transferred


def test_who_claims_transfers_of_what_is_shut_again_and_again_fills_no_log(desk: DeskBox) -> None:
    desk.family.say(desk.family.baby, Decision.WITHDRAWN, REVIEW)
    for _ in range(4):
        with pytest.raises(ConsentMissing):
            desk.confirm()
    with pytest.raises(TooManyAttempts):
        desk.confirm()
