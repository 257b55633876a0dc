"""The desk of cases: people, consents, and leave to film. Every answer comes from signed statements; it signs none itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from capture import ids
from capture.anchor import TimeAnchor
from capture.audit.log import AuditEvent, AuditLog
from capture.config import Config
from capture.consent import arming_rules
from capture.consent.case_record import CaseRecord
from capture.consent.consent_rules import ConsentForm, ParticipantForm
from capture.consent.history import History, verify_again
from capture.consent.records import Records
from capture.control import Control
from capture.desk.desk import Handlers
from capture.errors import ClockUntrusted, ConsentMissing, NotNow, RecoveryUnproven, SignInNeeded, VaultFull
from capture.filming import ArmedVisit, Filming
from capture.keyring import Keyrings
from capture.messages import (
    AddParticipant,
    Arm,
    Armed,
    CaseFound,
    CaseList,
    CaseSummary,
    Disarm,
    Done,
    GetCase,
    ListCases,
    OpenCase,
    ParticipantAdded,
    RecordConsent,
)
from capture.model import Arming, Confidence, Consent, Decision, Scope, StopReason, WallTime
from capture.recorder.model import NS, ArmGranted, Leave, LeaveEnded, Phase
from capture.recordings import Recordings
from capture.server import Reply
from capture.session import Session, Sessions
from device.ports import Clock

_PAGE = 50
_UNKNOWN_TIME = WallTime(ms=0, confidence=Confidence.NONE)


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """Answers a signed-in practitioner about their own cases."""

    config: Config
    sessions: Sessions
    records: Records
    recordings: Recordings
    keyrings: Keyrings
    filming: Filming
    control: Callable[[], Control]
    clock: Clock
    anchor: TimeAnchor
    audit: AuditLog
    arming_door: threading.Lock = field(default_factory=threading.Lock)
    """One arming after another: each is offered to the recorder before the next is signed."""

    def handlers(self) -> Handlers:
        return {
            OpenCase: self._open_case,
            ListCases: self._list,
            GetCase: self._get,
            AddParticipant: self._add_participant,
            RecordConsent: self._record_consent,
            Arm: self._arm,
            Disarm: self._disarm,
        }

    def _open_case(self, verb: OpenCase) -> Reply:
        session = self.sessions.require(verb.session)
        case = self.records.open_case(session.unlocked, self.keyrings.recovery(), verb.retention, verb.notes)
        return Reply(CaseFound(case=case))

    def _list(self, verb: ListCases) -> Reply:
        session = self.sessions.require(verb.session)
        cases, is_last = self.records.cases(session.unlocked, verb.after, _PAGE)
        summaries = (
            CaseSummary(code=one.code, opened=one.opened or _UNKNOWN_TIME, recordings=self.recordings.count_for_case(one.code))
            for one in cases
        )
        return Reply(CaseList(cases=tuple(summaries), is_last=is_last))

    def _get(self, verb: GetCase) -> Reply:
        session = self.sessions.require(verb.session)
        record = self.records.case(session.unlocked, ids.case_code(verb.case))
        return Reply(CaseFound(case=record.case, participants=record.participants, consents=_standing(record)))

    def _add_participant(self, verb: AddParticipant) -> Reply:
        session = self.sessions.require(verb.session)
        form = ParticipantForm(
            label=verb.label,
            role=verb.role,
            is_child=verb.is_child,
            responsibility=verb.responsibility,
            assent_noted=verb.is_assent_noted,
            basis=verb.basis,
        )
        code = ids.case_code(verb.case)
        person = self.records.add_participant(session.unlocked, self.keyrings.recovery(), code, form)
        return Reply(ParticipantAdded(participant_id=person.participant_id))

    def _record_consent(self, verb: RecordConsent) -> Reply:
        session = self.sessions.require(verb.session)
        form = ConsentForm(
            participant_id=ids.participant_id(verb.participant_id),
            scope=verb.scope,
            decision=verb.decision,
            given_by=ids.participant_id(verb.given_by),
            indication=verb.indication,
            valid_days=verb.valid_days,
            notice_hash=verb.notice_hash,
            notice_version=verb.notice_version,
            notice_language=verb.notice_language,
            is_notice_verified=verb.is_notice_verified,
            is_interpreter_used=verb.is_interpreter_used,
        )
        self._stop_if_withdrawn(form)
        self.records.record_consent(session.unlocked, self.keyrings.recovery(), ids.case_code(verb.case), form)
        # Whoever armed meanwhile still found the consent.
        self._stop_if_withdrawn(form)
        return Reply(Done())

    def _stop_if_withdrawn(self, form: ConsentForm) -> None:
        """A withdrawal acts first and is written down afterwards: it must not wait for a disk."""
        visit = self.filming.armed
        is_film_withdrawn = form.scope is Scope.FILM and form.decision is Decision.WITHDRAWN
        if visit is not None and is_film_withdrawn and form.participant_id in visit.arming.present:
            self.control().post_and_wait(LeaveEnded(self.clock.boottime_ns(), StopReason.WITHDRAWN))

    def _arm(self, verb: Arm) -> Reply:
        with self.arming_door:
            return self._arm_alone(verb)

    def _arm_alone(self, verb: Arm) -> Reply:
        session = self.sessions.require(verb.session)
        code = ids.case_code(verb.case)
        present = tuple(ids.participant_id(text) for text in verb.present)
        if not self.config.trust.recovery_proven:
            raise RecoveryUnproven
        if self.control().state.phase not in (Phase.IDLE, Phase.ARMED):
            raise NotNow
        try:
            self.filming.check_room()
            arming = self.records.record_arming(
                session.unlocked,
                self.keyrings.recovery(),
                code,
                present,
                mode=verb.mode,
                lease_s=self.config.limits.lease_s,
            )
        except (ConsentMissing, ClockUntrusted, VaultFull) as error:
            reasons = "+".join(error.reasons)[:80]
            self.audit.append(AuditEvent.ARM_REFUSED, case=code, code=error.code, reasons=reasons)
            raise
        self._give_leave(session, arming)
        return Reply(Armed(arming_id=arming.arming_id, lease_s=(arming.lease_end_ns - arming.armed_boottime_ns) // NS))

    def _give_leave(self, session: Session, arming: Arming) -> None:
        history = self.records.history(session.unlocked, arming.case)
        self.filming.arm(ArmedVisit(arming, lambda: self._check(arming, history)))
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
        return arming_rules.check(arming, history, self.anchor.now(), self.clock)

    def _disarm(self, verb: Disarm) -> Reply:
        session = self.sessions.require(verb.session)
        self.control().post_and_wait(LeaveEnded(self.clock.boottime_ns(), StopReason.PAGE))
        self.audit.append(AuditEvent.DISARMED, practitioner=session.practitioner)
        return Reply(Done())


def _standing(record: CaseRecord) -> tuple[Consent, ...]:
    """The event that counts for each person and scope: what the page shows, and what fits into one message."""
    found = (record.latest(person.participant_id, scope) for person in record.participants for scope in Scope)
    return tuple(consent for consent in found if consent is not None)
