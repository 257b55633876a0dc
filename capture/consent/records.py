"""What a practitioner may put on record about a case, each act once: judged by the rules, then stated. Reads no clock of its own.

Whoever withdraws `film` of somebody being filmed must not wait for any of this: the daemon stops the sensor first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from capture.audit.line import AuditEvent
from capture.catalogue import Catalogue
from capture.consent import arming_rules, case_rules, opening_rules, retention
from capture.consent.case_record import CaseRecord
from capture.consent.consent_rules import (
    ConsentForm,
    ParticipantForm,
    check_consent,
    check_new_participant,
    check_participant,
    to_consent,
    to_participant,
)
from capture.consent.history import History, Signers, verify_again
from capture.consent.ledger import Ledger, ListedCase, Said
from capture.consent.statements import (
    ArmingStated,
    ConsentStated,
    InvolvementEnded,
    NeedsStated,
    NotesKept,
    PersonAdded,
    PersonAmended,
    PersonRemoved,
    RetentionSet,
    TransferStated,
)
from capture.errors import NotFound
from capture.ids import (
    BoxId,
    CaseCode,
    ParticipantId,
    VisitId,
    new_arming_id,
    new_consent_id,
    new_participant_id,
    new_visit_id,
)
from capture.keyring import Unlocked
from capture.log_memory import LogMemory
from capture.model import (
    Arming,
    ArmMode,
    Case,
    Consent,
    Decision,
    Participant,
    Purpose,
    Recording,
    RetentionClass,
    Scope,
    WallTime,
)
from capture.notices.texts import Notices
from capture.recordings import Recordings
from capture.seal.keys import Recipient
from device.ports import Clock

__all__ = ["CaseRecord", "ConsentForm", "ListedCase", "ParticipantForm", "Records"]


class Records:
    """The acts of one box's practitioners. All raise NotFound, and what `Ledger` raises."""

    def __init__(
        self,
        catalogue: Catalogue,
        memory: LogMemory,
        box_id: BoxId,
        *,
        signers: Signers,
        clock: Clock,
        now: Callable[[], WallTime],
        notices: Notices,
    ) -> None:
        self._ledger = Ledger(catalogue, memory, box_id, signers=signers, clock=clock, now=now)
        self._catalogue = catalogue
        self._recordings = Recordings(catalogue)
        self._clock = clock
        self._now = now
        self._notices = notices

    def open_case(
        self, unlocked: Unlocked, recovery: Recipient, retention_class: RetentionClass, notes: bytes = b"", needs: str = ""
    ) -> Case:
        """A new case of this practitioner. `notes` was sealed by the web process."""

        def make(code: CaseCode) -> Case:
            return Case(code=code, opened=self._now(), retention=retention_class, notes=notes, communication_needs=needs)

        return self._ledger.open_case(unlocked, recovery, make)

    def cases(self, unlocked: Unlocked, after: str = "", limit: int = 50) -> tuple[tuple[ListedCase, ...], bool]:
        """This practitioner's cases, newest first, from the one following `after`; and whether this page is the last."""
        return self._ledger.cases(unlocked, after, limit)

    def case(self, unlocked: Unlocked, code: CaseCode) -> CaseRecord:
        """Every statement of the case, verified. Raises NotFound if there is none, or it is another practitioner's."""
        return self._ledger.history(unlocked, code).record

    def history(self, unlocked: Unlocked, code: CaseCode) -> History:
        """The same with the signed statements themselves."""
        return self._ledger.history(unlocked, code)

    def while_still(self, unlocked: Unlocked, code: CaseCode, act: Callable[[], None]) -> History:
        """The same, of the moment of `act`: nothing is stated between the one and the other."""
        return self._ledger.while_still(unlocked, code, act)

    def forget(self) -> None:
        """Whoever read is signed out: nothing of it stays in RAM."""
        self._ledger.forget()

    # --- the case ---------------------------------------------------------------------------------------------------------

    def set_retention(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, retention_class: RetentionClass) -> None:
        def decide(record: CaseRecord) -> Said:
            content = RetentionSet(retention=retention_class)
            return Said(content, AuditEvent.RETENTION_SET, also=self._due_again(case_rules.after(record.case, content)))

        self._ledger.state(unlocked, recovery, code, decide)

    def end_involvement(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, ended_ms: int | None) -> None:
        """When the work ended; None: it goes on after all. Raises BadRequest, ClockUntrusted for an end that cannot be."""

        def decide(record: CaseRecord) -> Said:
            case_rules.check_end(record.case, ended_ms, self._now())
            content = InvolvementEnded(ended_ms=ended_ms)
            return Said(content, AuditEvent.INVOLVEMENT_ENDED, also=self._due_again(case_rules.after(record.case, content)))

        self._ledger.state(unlocked, recovery, code, decide)

    def keep_notes(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, notes: bytes) -> None:
        """`notes` was sealed by the web process, or is empty."""
        self._ledger.state(unlocked, recovery, code, lambda _: Said(NotesKept(notes=notes), AuditEvent.NOTES_KEPT))

    def state_needs(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, needs: str) -> None:
        """What the family needs to be told and shown things well."""
        self._ledger.state(unlocked, recovery, code, lambda _: Said(NeedsStated(needs=needs), AuditEvent.NEEDS_STATED))

    # --- its people -------------------------------------------------------------------------------------------------------

    def add_participant(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, form: ParticipantForm) -> Participant:
        """Raises BadRequest with reasons (`capture.consent.consent_rules`)."""
        participant = to_participant(form, new_participant_id())

        def decide(record: CaseRecord) -> Said:
            check_new_participant(form, record)
            return Said(PersonAdded(participant=participant), AuditEvent.PARTICIPANT_ADDED, _person(participant.participant_id))

        self._ledger.state(unlocked, recovery, code, decide)
        return participant

    def amend_participant(
        self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, participant_id: ParticipantId, form: ParticipantForm
    ) -> None:
        """Somebody's facts as they are from here on. What they may no longer give does not count any more. Raises BadRequest."""

        def decide(record: CaseRecord) -> Said:
            _check_of_case(record, participant_id)
            check_participant(form)
            content = PersonAmended(participant=to_participant(form, participant_id))
            return Said(content, AuditEvent.PARTICIPANT_AMENDED, _person(participant_id))

        self._ledger.state(unlocked, recovery, code, decide)

    def remove_participant(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, participant_id: ParticipantId) -> None:
        """Somebody is not of the case any more: present in nothing and giving nothing from here on."""

        def decide(record: CaseRecord) -> Said:
            _check_of_case(record, participant_id)
            return Said(PersonRemoved(participant_id=participant_id), AuditEvent.PARTICIPANT_REMOVED, _person(participant_id))

        self._ledger.state(unlocked, recovery, code, decide)

    # --- consent, filming, handing on ---------------------------------------------------------------------------------------

    def record_consent(self, unlocked: Unlocked, recovery: Recipient, code: CaseCode, form: ConsentForm) -> Consent:
        """Given or withdrawn. For giving raises BadRequest with reasons, ClockUntrusted. Withdrawing `film` locks, in the same
        transaction, every recording that the person is in."""
        made: list[Consent] = []

        def decide(record: CaseRecord) -> Said:
            at = self._now()
            check_consent(form, record, self._notices, at)
            consent = to_consent(form, new_consent_id(), self._notices, at)
            made.append(consent)
            event = AuditEvent.CONSENT_GIVEN if form.decision is Decision.GIVEN else AuditEvent.CONSENT_WITHDRAWN
            ids = {"consent": consent.consent_id, "scope": form.scope.value}
            return Said(ConsentStated(consent=consent), event, ids, self._locks(record, consent))

        self._ledger.state(unlocked, recovery, code, decide)
        return made[0]

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

        The leave lasts `lease_s` seconds of boot time, or until the first of its consents expires. Raises ClockUntrusted,
        ConsentMissing with the gate's reasons.
        """
        made: list[Arming] = []

        def decide(record: CaseRecord) -> Said:
            allowed = arming_rules.allow(record, present, self._now(), lease_s)
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
            made.append(arming)
            return Said(ArmingStated(arming=arming), AuditEvent.ARMED, {"arming": arming.arming_id})

        self._ledger.state(unlocked, recovery, code, decide)
        return made[0]

    def verify_arming(self, unlocked: Unlocked, arming: Arming) -> None:
        """Return only if this arming was signed in this boot, its lease runs, and the gate says yes to it now, by the same
        consents. For the moment of the hold. Raises ClockUntrusted, ConsentMissing."""
        history = self._ledger.history(unlocked, arming.case)
        verify_again(history, unlocked.public.verify_hex)
        arming_rules.check(arming, history.record, self._now(), self._clock)

    def record_transfer(
        self, unlocked: Unlocked, recovery: Recipient, recording: Recording, *, purpose: Purpose, recipient: str, sealed_hash: str
    ) -> None:
        """A recording went to somebody, verifiably. Raises ClockUntrusted, ConsentMissing as opening it for this would."""
        content = TransferStated(
            recording_id=recording.recording_id, purpose=purpose, recipient=recipient, sealed_hash=sealed_hash
        )
        ids = {"recording": recording.recording_id, "purpose": purpose.value}

        def decide(record: CaseRecord) -> Said:
            opening_rules.check(record, recording, purpose, self._now())
            return Said(content, AuditEvent.TRANSFER_STATED, ids)

        self._ledger.state(unlocked, recovery, recording.case, decide)

    def _due_again(self, case: Case) -> Callable[[], None]:
        return lambda: self._catalogue.set_erase_due(case.code, retention.erase_due_ms(case))

    def _locks(self, record: CaseRecord, consent: Consent) -> Callable[[], None]:
        is_taken_back = consent.scope is Scope.FILM and consent.decision is Decision.WITHDRAWN
        visits = {
            place.arming.visit_id: None
            for place in record.armings
            if is_taken_back and consent.participant_id in place.arming.present
        }

        def lock() -> None:
            for visit_id in visits:
                self._recordings.lock_visit(record.case.code, visit_id)

        return lock


def _person(participant_id: ParticipantId) -> dict[str, str]:
    return {"participant": participant_id}


def _check_of_case(record: CaseRecord, participant_id: ParticipantId) -> None:
    if record.participant(participant_id) is None:
        raise NotFound
