"""Who is signed in: one at a time, ended by what was meant and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from record_box import RecordBox

from capture.errors import SignInNeeded
from capture.ids import PractitionerId
from capture.session import Sessions


class Told:
    """Writes down what `Sessions` tells."""

    def __init__(self) -> None:
        self.begun: list[PractitionerId] = []
        self.ended: list[tuple[PractitionerId, str]] = []

    def begin(self, practitioner: PractitionerId) -> None:
        self.begun.append(practitioner)

    def end(self, practitioner: PractitionerId, cause: str) -> None:
        self.ended.append((practitioner, cause))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def sessions(box: RecordBox, told: Told) -> Sessions:
    return Sessions(box.clock, 900, begun=told.begin, ended=told.end)


@pytest.fixture
def box(tmp_path: Path) -> RecordBox:
    return RecordBox(tmp_path)


@pytest.mark.promise("P7")
def test_the_idle_lock_wipes_the_keyring_and_a_use_puts_it_off(sessions: Sessions, told: Told, box: RecordBox) -> None:
    session = sessions.begin(box.sign_in())
    box.clock.run(899)
    sessions.lock_if_idle()
    sessions.require(session.token)
    box.clock.run(899)
    sessions.lock_if_idle()
    assert told.ended == []
    box.clock.run(1)
    sessions.lock_if_idle()
    assert told.ended == [(session.practitioner, "idle")]
    assert session.unlocked.is_wiped
    with pytest.raises(SignInNeeded):
        sessions.require(session.token)


def test_a_sign_in_replaces_whoever_was_signed_in_and_is_told(sessions: Sessions, told: Told, box: RecordBox) -> None:
    first, second = sessions.begin(box.sign_in()), sessions.begin(box.sign_in())
    assert first.unlocked.is_wiped
    assert told.begun == [first.practitioner, second.practitioner]
    assert told.ended == [(first.practitioner, "replaced")]


def test_an_old_session_signs_nobody_else_out(sessions: Sessions, told: Told, box: RecordBox) -> None:
    first, second = sessions.begin(box.sign_in()), sessions.begin(box.sign_in())
    with pytest.raises(SignInNeeded):
        sessions.sign_out(first.token)
    assert sessions.current is second
    sessions.sign_out(second.token)
    assert sessions.current is None
