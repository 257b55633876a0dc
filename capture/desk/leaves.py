"""Leave to film: handed to the recorder, checked anew at the hold, taken back as soon as it no longer holds. Signs no statement.

Taking back comes before anything that waits for a disk: a withdrawal stops the sensor first and is written down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from capture.anchor import TimeAnchor
from capture.audit.log import AuditEvent, AuditLog
from capture.consent import arming_rules
from capture.consent.case_record import CaseRecord
from capture.consent.history import History, verify_again
from capture.consent.records import Records
from capture.control import Control
from capture.errors import ClockUntrusted, ConsentMissing, NotFound, NotNow, SignInNeeded, VigcamError
from capture.filming import ArmedVisit, Filming
from capture.ids import CaseCode, ParticipantId
from capture.keyring import Keyrings
from capture.model import Arming, StopReason
from capture.recorder.model import ArmGranted, Leave, LeaveEnded
from capture.session import Session, Sessions
from device.ports import Clock


@dataclass(frozen=True, slots=True)
class Leaves:
    """At most one leave is in force; it lives in the recorder's RAM and in its visit here."""

    sessions: Sessions
    records: Records
    keyrings: Keyrings
    filming: Filming
    control: Callable[[], Control]
    clock: Clock
    anchor: TimeAnchor
    audit: AuditLog

    def give(self, session: Session, arming: Arming) -> None:
        """Hand a signed arming to the recorder. Raises NotNow where it does not take it, and what speaks against it by now."""
        history = self.records.history(session.unlocked, arming.case)
        visit = ArmedVisit(
            arming,
            check=lambda: self._check(arming, history),
            look=lambda: self._ask(arming, history.record),
            foresee=lambda change: self._ask(arming, change(history.record)),
        )
        self.filming.arm(visit)
        leave = Leave(arming.arming_id, arming.mode, arming.lease_end_ns)
        try:
            state = self.control().post_and_wait(ArmGranted(self.clock.boottime_ns(), leave))
            # Anew, now that a withdrawal finds this leave: one that was written down just before did not.
            self.records.verify_arming(session.unlocked, arming)
        except BaseException:
            self.control().post(LeaveEnded(self.clock.boottime_ns(), StopReason.WITHDRAWN))
            raise
        if state.leave is None or state.leave.arming_id != arming.arming_id:
            raise NotNow(state.fault)

    def take_back(self, reason: StopReason) -> None:
        """The sensor is off, if it was on, when this returns."""
        self.control().post_and_wait(LeaveEnded(self.clock.boottime_ns(), reason))

    def end_for(self, participant_id: ParticipantId) -> None:
        """Somebody takes back that they may be filmed: nothing that names them as present goes on."""
        visit = self.filming.armed
        if visit is not None and participant_id in visit.arming.present:
            self.take_back(StopReason.WITHDRAWN)

    def end_before(self, case: CaseCode, change: Callable[[CaseRecord], CaseRecord]) -> None:
        """Somebody of the case is about to be removed, or to be another than they were. A leave that rests on them ends before
        that is written down, and also where it cannot be: nobody is filmed any more on a word that was just said not to count."""
        visit = self.filming.armed
        if visit is None or visit.arming.case != case:
            return
        try:
            visit.foresee(change)
        except (ConsentMissing, ClockUntrusted) as refusal:
            self._end(visit, refusal)

    def look_again(self, session: Session, case: CaseCode | None = None) -> None:
        """What a leave rests on may have changed (who is of the case, what time it is): it ends unless all of it still holds.
        With `case` only a leave for that case is looked at."""
        visit = self.filming.armed
        if visit is None or (case is not None and visit.arming.case != case):
            return
        try:
            self.records.verify_arming(session.unlocked, visit.arming)
        except (ConsentMissing, ClockUntrusted, NotFound) as refusal:
            self._end(visit, refusal)
        except BaseException:
            self.take_back(StopReason.CONSENT_ENDED)
            raise

    def _end(self, visit: ArmedVisit, refusal: VigcamError) -> None:
        self.take_back(StopReason.CONSENT_ENDED)
        reasons = "+".join(refusal.reasons)[:80]
        self.audit.append(AuditEvent.DISARMED, code=refusal.code, reasons=reasons, arming=visit.arming.arming_id)

    def _ask(self, arming: Arming, record: CaseRecord) -> None:
        arming_rules.check(arming, record, self.anchor.now(), self.clock)

    def _check(self, arming: Arming, history: History) -> None:
        """At the hold. While the practitioner is signed in every statement is read and verified anew. Once the idle lock has
        wiped the keyring, those kept from the arming are: nobody can add one meanwhile without signing in."""
        session = self.sessions.current
        if session is not None and session.practitioner != arming.practitioner:
            raise NotNow
        if session is not None:
            with suppress(SignInNeeded):  # the idle lock struck in between
                return self.records.verify_arming(session.unlocked, arming)
        verify_again(history, self.keyrings.public(arming.practitioner).verify_hex)
        return self._ask(arming, history.record)
