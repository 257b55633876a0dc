"""Whether leave to film may be given, and whether one given still holds. Pure: asks the gate, adds the lease, signs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Permit, Reason, permits
from capture.errors import ClockUntrusted, ConsentMissing
from capture.ids import ConsentId, ParticipantId
from capture.model import Arming, Scope, WallTime
from device.ports import Clock

LONGEST_LEASE_S = 10_800


class ArmingReason(Enum):
    """Why a leave no longer holds although the gate might say yes; stable codes, as the gate's."""

    ARMING_UNKNOWN = "arming_unknown"
    ARMING_OUTDATED = "arming_outdated"
    LEASE_ENDED = "lease_ended"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the gate's yes rests on, and how long it can last."""

    consents: tuple[ConsentId, ...]
    lease_ms: int


def allow(record: CaseRecord, present: Sequence[ParticipantId], at: WallTime, lease_s: int) -> Allowed:
    """Raises ClockUntrusted or ConsentMissing with the gate's reasons. The lease is cut to three hours and to the first
    consent that expires."""
    permit = _ask_gate(record, present, at)
    assert permit.expires_ms is not None, "a yes rests on at least one consent"
    return Allowed(_consent_ids(permit), min(min(lease_s, LONGEST_LEASE_S) * 1_000, permit.expires_ms - at.ms))


def check(arming: Arming, record: CaseRecord, at: WallTime, clock: Clock) -> None:
    """Return only if `arming` is among the case's signed ones of this boot, its lease runs, and the gate says yes to the same
    people by the same consents. Raises ClockUntrusted, ConsentMissing."""
    permit = _ask_gate(record, arming.present, at)
    if not any(place.arming == arming and place.boot_id == clock.boot_id for place in record.armings):
        raise ConsentMissing(reasons=(ArmingReason.ARMING_UNKNOWN.value,))
    if not arming.armed_boottime_ns <= clock.boottime_ns() < arming.lease_end_ns:
        raise ConsentMissing(reasons=(ArmingReason.LEASE_ENDED.value,))
    if arming.consents != _consent_ids(permit):
        raise ConsentMissing(reasons=(ArmingReason.ARMING_OUTDATED.value,))


def _ask_gate(record: CaseRecord, present: Sequence[ParticipantId], at: WallTime) -> Permit:
    permit = permits(Scope.FILM, present, record, at)
    if Reason.CLOCK_UNTRUSTED in permit.reasons:
        raise ClockUntrusted(reasons=permit.codes)
    if not permit.is_given:
        raise ConsentMissing(reasons=permit.codes)
    return permit


def _consent_ids(permit: Permit) -> tuple[ConsentId, ...]:
    return tuple(consent.consent_id for consent in permit.consents)
