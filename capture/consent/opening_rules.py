"""Whether a recording may be opened for a purpose. Pure: asks the gate about everybody who is in it; opens and locks nothing.

Who is in it is what its arming said. Of a visit with several armings everybody named in any of them counts.
"""

from __future__ import annotations

from enum import Enum

from capture.consent import gate
from capture.consent.case_record import CaseRecord
from capture.errors import ClockUntrusted, ConsentMissing
from capture.ids import ParticipantId
from capture.model import Purpose, Recording, Scope, WallTime


class OpeningReason(Enum):
    """Why a recording stays shut whatever the gate says; stable codes, as the gate's."""

    RECORDING_LOCKED = "recording_locked"
    """Somebody who is in it took back the yes to filming: it is only to be erased now."""
    PEOPLE_UNKNOWN = "people_unknown"
    """No arming of its visit is in the case: nobody can say who is in it."""


def people_in(record: CaseRecord, recording: Recording) -> tuple[ParticipantId, ...]:
    """Everybody who may be seen or heard in it, each once; empty where no arming tells."""
    places = record.filmed_on(recording.visit_id)
    return tuple(dict.fromkeys(person for place in places for person in place.arming.present))


def is_locked(record: CaseRecord, recording: Recording) -> bool:
    """Whether `film` was withdrawn by somebody in it after they were filmed: for good, whatever they say later."""
    return any(record.is_film_taken_back_since(place) for place in record.filmed_on(recording.visit_id))


def reasons_against(record: CaseRecord, recording: Recording, scope: Scope, at: WallTime) -> tuple[str, ...]:
    """The codes of every rule that fails; empty means yes."""
    return _judged(record, recording, scope, at)[0]


def check(record: CaseRecord, recording: Recording, purpose: Purpose, at: WallTime) -> int:
    """Return only if it may be opened for this: for how many milliseconds, until the first of the consents behind it runs out.
    Raises ClockUntrusted, ConsentMissing with the reasons."""
    codes, permit = _judged(record, recording, purpose.scope, at)
    if gate.Reason.CLOCK_UNTRUSTED.value in codes:
        raise ClockUntrusted(reasons=codes)
    if codes:
        raise ConsentMissing(reasons=codes)
    assert permit.expires_ms is not None, "a yes rests on at least one consent"
    return permit.expires_ms - at.ms


def _judged(record: CaseRecord, recording: Recording, scope: Scope, at: WallTime) -> tuple[tuple[str, ...], gate.Permit]:
    people = people_in(record, recording)
    # Who was removed since is in it all the same, and what they said of it still counts.
    permit = gate.permits(scope, people, record.with_removed(), at)
    if not people:
        return (OpeningReason.PEOPLE_UNKNOWN.value,), permit
    if recording.is_locked or is_locked(record, recording):
        return (OpeningReason.RECORDING_LOCKED.value, *permit.codes), permit
    return permit.codes, permit
