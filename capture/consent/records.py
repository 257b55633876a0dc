"""The signed records of cases: what a practitioner says is logged, then committed; what is read is verified. Caches nothing.

The audit line goes to disk before the commit: the log may know of a statement that a power cut then lost, never the other
way round. Nothing is said to have happened before both are done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from capture.audit.line import AuditEvent
from capture.audit.log import AuditLog
from capture.catalogue import CaseHead, Catalogue, StatementRow
from capture.consent import arming_rules, statements
from capture.consent.case_record import CaseRecord
from capture.consent.consent_rules import ConsentForm, ParticipantForm, check_consent, check_participant, to_consent
from capture.consent.history import History, read_history, read_opening
from capture.consent.statements import NO_HASH, AnyContent, ArmingStated, CaseOpened, ConsentStated, PersonAdded, Statement
from capture.errors import CatalogueBroken, NotFound
from capture.ids import (
    BoxId,
    CaseCode,
    ParticipantId,
    VisitId,
    new_arming_id,
    new_case_code,
    new_consent_id,
    new_participant_id,
    new_visit_id,
)
from capture.keyring import Unlocked
from capture.model import Arming, ArmMode, Case, Consent, Decision, Participant, RetentionClass, WallTime
from capture.seal.keys import Recipient
from device.ports import Clock

__all__ = ["CaseRecord", "ConsentForm", "ListedCase", "ParticipantForm", "Records"]


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A line of the list of cases; `opened` is None where the case's first statement does not hold: shown, never skipped."""

    code: CaseCode
    opened: WallTime | None


class Records:
    """Writes and reads the statements of one box. Only the practitioner who opened a case may read or add to it.

    Every statement is sealed to that practitioner and to `recovery`. `now` is the anchor's wall time. Thread-safe; blocks for
    the disk, so never to be called from the control thread. All methods raise SignInNeeded once `unlocked` is wiped,
    CatalogueBroken, and those that write also AuditBroken and VaultFull.
    """

    def __init__(self, catalogue: Catalogue, audit: AuditLog, box_id: BoxId, clock: Clock, now: Callable[[], WallTime]) -> None:
        self._catalogue = catalogue
        self._audit = audit
        self._box_id = box_id
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()  # between reading a case's head and moving it nobody else may

    def open_case(self, unlocked: Unlocked, recovery: Recipient, retention: RetentionClass, notes: bytes = b"") -> Case:
        """A new case of this practitioner. `notes` was sealed by the web process."""
        with self._lock:
            code = new_case_code()
            while self._catalogue.head(code) is not None:
                code = new_case_code()
            case = Case(code=code, opened=self._now(), retention=retention, notes=notes)
            self._write(unlocked, recovery, None, CaseOpened(case=case), AuditEvent.CASE_OPENED)
            return case

    def cases(self, unlocked: Unlocked, after: str = "", limit: int = 50) -> tuple[tuple[ListedCase, ...], bool]:
        """This practitioner's cases, newest first, from the one following `after`; and whether this page is the last."""
        heads = self._catalogue.heads(unlocked.practitioner, after, limit + 1)
        return tuple(self._listed(unlocked, head) for head in heads[:limit]), len(heads) <= limit

    def case(self, unlocked: Unlocked, code: CaseCode) -> CaseRecord:
        """Every statement of the case, verified. Raises NotFound if there is none, or it is another practitioner's."""
        return self._history(unlocked, code).record

    def add_participant(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, form: ParticipantForm) -> Participant:
        """Raises NotFound, and BadRequest with reasons (`capture.consent.consent_rules`)."""
        with self._lock:
            history = self._history(unlocked, code)
            check_participant(form, history.record)
            participant = Participant(
                participant_id=new_participant_id(),
                label=form.label,
                role=form.role,
                is_child=form.is_child,
                responsibility=form.responsibility,
                assent_noted=form.assent_noted,
                basis=form.basis,
            )
            content = PersonAdded(participant=participant)
            self._write(
                unlocked,
                recovery,
                history.head,
                content,
                AuditEvent.PARTICIPANT_ADDED,
                participant=participant.participant_id,
            )
            return participant

    def record_consent(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, form: ConsentForm) -> Consent:
        """Given or withdrawn. Raises NotFound; for giving BadRequest with reasons, ClockUntrusted.

        Who withdraws `film` of somebody being filmed must not wait for this: the daemon stops the sensor first.
        """
        with self._lock:
            history = self._history(unlocked, code)
            at = self._now()
            check_consent(form, history.record, at)
            consent = to_consent(form, new_consent_id(), at)
            event = AuditEvent.CONSENT_GIVEN if form.decision is Decision.GIVEN else AuditEvent.CONSENT_WITHDRAWN
            content = ConsentStated(consent=consent)
            self._write(unlocked, recovery, history.head, content, event, consent=consent.consent_id)
            return consent

    def record_arming(
        self,
        unlocked: Unlocked,
        recovery: Recipient,
        code: CaseCode,
        present: Sequence[ParticipantId],
        *,
        mode: ArmMode,
        lease_s: int,
        visit_id: VisitId | None = None,
    ) -> Arming:
        """Ask the gate, and sign what it allowed: the visit (a new one unless given), the people, the consents used.

        The leave lasts `lease_s` seconds of boot time, or until the first of its consents expires. Raises NotFound,
        ClockUntrusted, ConsentMissing with the gate's reasons.
        """
        with self._lock:
            history = self._history(unlocked, code)
            allowed = arming_rules.allow(history.record, present, self._now(), lease_s)
            armed_ns = self._clock.boottime_ns()
            arming = Arming(
                arming_id=new_arming_id(),
                visit_id=visit_id or new_visit_id(),
                case=code,
                present=tuple(dict.fromkeys(present)),
                consents=allowed.consents,
                practitioner=unlocked.practitioner,
                mode=mode,
                armed_boottime_ns=armed_ns,
                lease_end_ns=armed_ns + allowed.lease_ms * 1_000_000,
            )
            content = ArmingStated(arming=arming)
            self._write(unlocked, recovery, history.head, content, AuditEvent.ARMED, arming=arming.arming_id)
            return arming

    def history(self, unlocked: Unlocked, code: CaseCode) -> History:
        """The whole case with its armings, every statement verified. Raises NotFound."""
        return self._history(unlocked, code)

    def verify_arming(self, unlocked: Unlocked, arming: Arming) -> None:
        """Return only if this arming was signed in this boot, its lease runs, and the gate says yes to it now, by the same
        consents. For the moment of the hold. Raises NotFound, ClockUntrusted, ConsentMissing."""
        history = self._history(unlocked, arming.case)
        arming_rules.check(arming, history, self._now(), self._clock)

    def _history(self, unlocked: Unlocked, code: CaseCode) -> History:
        with self._catalogue.transaction():  # the head and the statements of one moment
            head = self._catalogue.head(code)
            rows = self._catalogue.statements(code)
        if head is None and rows:
            raise CatalogueBroken(f"{code}: statements without a head")
        if head is None or head.practitioner != unlocked.practitioner:
            raise NotFound(code)
        return read_history(rows, head, self._box_id, unlocked)

    def _listed(self, unlocked: Unlocked, head: CaseHead) -> ListedCase:
        row = self._catalogue.first_statement(head.case)
        try:
            opened = read_opening(row, head, self._box_id, unlocked).opened if row else None
        except CatalogueBroken:
            opened = None
        return ListedCase(head.case, opened)

    def _write(
        self,
        unlocked: Unlocked,
        recovery: Recipient,
        head: CaseHead | None,
        content: AnyContent,
        event: AuditEvent,
        **ids: str,
    ) -> None:
        """Sign, seal, log, commit. The caller holds the lock."""
        code = content.case.code if isinstance(content, CaseOpened) else _case_of(head)
        statement = Statement(
            box_id=self._box_id,
            boot_id=self._clock.boot_id,
            nonce=statements.new_nonce(),
            case=code,
            sequence=head.count + 1 if head else 1,
            previous=head.last_hash if head else NO_HASH,
            boottime_ns=self._clock.boottime_ns(),
            wall=self._now(),
            practitioner=unlocked.practitioner,
            content=content,
        )
        signed = statements.make(statement, unlocked)
        row = StatementRow(
            case=statement.case,
            sequence=statement.sequence,
            type=statement.type,
            practitioner=statement.practitioner,
            nonce=statement.nonce,
            sealed=statements.seal(signed, (unlocked.public.recipient, recovery)),
        )
        self._audit.append(
            event,
            case=statement.case,
            practitioner=statement.practitioner,
            statement=statement.sequence,
            statement_hash=signed.hash,
            **ids,
        )
        self._catalogue.append(row, signed.hash, head)


def _case_of(head: CaseHead | None) -> CaseCode:
    assert head is not None, "only an opening statement has no head"
    return head.case
