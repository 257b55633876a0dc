"""The desk of the enrolment window: who may use this box, who may recover it, what time it is. Nobody needs to be signed in.

Every verb brings the set-up code and is refused outside of the window. What changes trust ends whatever rests on the old: the
leave to film and the session of whoever is signed in, before it and once more after it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from capture import ids
from capture.anchor import TimeAnchor, is_believable
from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.challenge import Challenge
from capture.control import Control
from capture.desk.desk import Handlers
from capture.desk.leaves import Leaves
from capture.errors import BadRequest, ClockUnlikely, NotFound, NotNow, RecoveryUnproven
from capture.ids import PractitionerId
from capture.keyring import Keyrings
from capture.messages import (
    ClockRepaired,
    CloseEnrolment,
    Done,
    Enrol,
    Enrolled,
    ListPractitioners,
    PractitionerList,
    PractitionerSummary,
    RecoveryChallenge,
    RecoveryChanged,
    RepairClock,
    ResetPractitioner,
    RetirePractitioner,
    SetRecoveryBegin,
    SetRecoveryFinish,
)
from capture.model import StopReason
from capture.recorder.model import Phase
from capture.seal.keys import Recipient
from capture.server import Reply
from capture.session import Sessions
from capture.trust import Enrolment, Trust, TrustReason
from capture.window import EnrolmentWindow

_PAGE = 50
_QUIET = (Phase.IDLE, Phase.ARMED, Phase.FAULTED)


class AdminReason(Enum):
    """Why a change is refused, where its error leaves that open; stable codes."""

    RECIPIENT_MALFORMED = "recipient_malformed"
    RECIPIENT_OF_PRACTITIONER = "recipient_of_practitioner"
    CHALLENGE_UNANSWERED = "challenge_unanswered"
    CLOCK_IN_USE = "clock_in_use"


class AdminDesk:
    """Answers whoever held the button through power-on and has the box's card."""

    def __init__(
        self,
        *,
        window: EnrolmentWindow,
        trust: Trust,
        keyrings: Keyrings,
        catalogue: Catalogue,
        anchor: TimeAnchor,
        sessions: Sessions,
        leaves: Leaves,
        control: Callable[[], Control],
        audit: AuditLog,
    ) -> None:
        self._window, self._trust, self._keyrings, self._catalogue = window, trust, keyrings, catalogue
        self._anchor, self._sessions, self._leaves, self._control = anchor, sessions, leaves, control
        self._audit = audit
        self._door = threading.Lock()
        self._challenge: Challenge | None = None

    def handlers(self) -> Handlers:
        return {
            Enrol: self._enrol,
            ListPractitioners: self._list,
            RetirePractitioner: self._retire,
            ResetPractitioner: self._reset,
            SetRecoveryBegin: self._begin_recovery,
            SetRecoveryFinish: self._finish_recovery,
            RepairClock: self._repair_clock,
            CloseEnrolment: self._close,
        }

    def _enrol(self, verb: Enrol) -> Reply:
        with self._changing(verb.setup_code):
            return _enrolled(self._trust.enrol())

    def _list(self, verb: ListPractitioners) -> Reply:
        self._window.open_by(verb.setup_code)
        rest = [one for one in self._keyrings.everybody() if one > verb.after]
        counts = self._catalogue.case_counts()
        self._audit.append(AuditEvent.PRACTITIONERS_LISTED, practitioners=len(rest))
        shown = (
            PractitionerSummary(practitioner=one, is_active=self._keyrings.is_active(one), cases=counts.get(one, 0))
            for one in rest[:_PAGE]
        )
        return Reply(PractitionerList(practitioners=tuple(shown), is_last=len(rest) <= _PAGE))

    def _retire(self, verb: RetirePractitioner) -> Reply:
        with self._changing(verb.setup_code):
            self._trust.retire(_practitioner(verb.practitioner))
        return Reply(Done())

    def _reset(self, verb: ResetPractitioner) -> Reply:
        """The new one first: whatever is cut short, the old one is still there or the new one is already."""
        with self._changing(verb.setup_code):
            old = _practitioner(verb.practitioner)
            self._trust.check_active(old)
            enrolment = self._trust.enrol(instead_of=old)
            self._trust.retire(old)
            return _enrolled(enrolment)

    def _begin_recovery(self, verb: SetRecoveryBegin) -> Reply:
        """Changes nothing yet; one challenge at a time, in RAM."""
        self._window.open_by(verb.setup_code)
        recipient = _recipient(verb.recipient)
        if self._keyrings.is_practitioners(recipient):
            # They would open every other's films, and their own would be lost with their words.
            raise BadRequest(reasons=(AdminReason.RECIPIENT_OF_PRACTITIONER.value,))
        challenge = Challenge.to(recipient)
        self._audit.append(AuditEvent.RECOVERY_CHALLENGED, recipient=recipient.fingerprint)
        with self._door:
            self._challenge = challenge
        return Reply(RecoveryChallenge(challenge=challenge.sealed, fingerprint=recipient.fingerprint))

    def _finish_recovery(self, verb: SetRecoveryFinish) -> Reply:
        with self._changing(verb.setup_code):
            challenge, self._challenge = self._challenge, None
            if challenge is None or not challenge.is_answered_by(verb.answer):
                self._audit.append(AuditEvent.RECOVERY_REFUSED)
                raise RecoveryUnproven(reasons=(AdminReason.CHALLENGE_UNANSWERED.value,))
            before = self._keyrings.recovery().fingerprint
            self._trust.change_recovery(challenge.recipient)
            return Reply(RecoveryChanged(fingerprint=challenge.recipient.fingerprint, before=before))

    def _repair_clock(self, verb: RepairClock) -> Reply:
        self._window.open_by(verb.setup_code)
        if self._control().state.leave is not None:
            raise NotNow(reasons=(AdminReason.CLOCK_IN_USE.value,))
        if not is_believable(verb.wall_ms):
            raise ClockUnlikely
        with self._quietly():
            before = self._anchor.now()
            # The log first: a time that nobody could look up later must not count.
            self._audit.append(
                AuditEvent.CLOCK_REPAIRED, before_ms=before.ms, before=before.confidence.value, after_ms=verb.wall_ms
            )
            change = self._anchor.repair(verb.wall_ms)
        return Reply(ClockRepaired(before=change.before, after=change.after))

    def _close(self, verb: CloseEnrolment) -> Reply:
        self._window.open_by(verb.setup_code)
        self._window.close()
        return Reply(Done())

    @contextmanager
    def _changing(self, setup_code: str) -> Iterator[None]:
        self._window.open_by(setup_code)
        with self._quietly():
            yield

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """One change at a time; nobody films or is signed in meanwhile, and whoever came in during it goes again. Raises NotNow
        while the sensor is on, is about to be, or a film is being closed."""
        with self._door:
            if self._control().state.phase not in _QUIET:
                raise NotNow
            self._end_what_rests_on_trust()
            try:
                yield
            finally:
                self._end_what_rests_on_trust()

    def _end_what_rests_on_trust(self) -> None:
        # The session first: who is arming at this moment can sign nothing any more.
        self._sessions.end("trust_changed")
        self._leaves.take_back(StopReason.SIGNED_OUT)


def _practitioner(text: str) -> PractitionerId:
    """Raises NotFound: what cannot be a user name was never enrolled."""
    try:
        return ids.practitioner_id(text)
    except BadRequest as error:
        raise NotFound(reasons=(TrustReason.PRACTITIONER_UNKNOWN.value,)) from error


def _recipient(text: str) -> Recipient:
    """Raises BadRequest with its reason."""
    try:
        return Recipient.parse(text.strip())
    except BadRequest as error:
        raise BadRequest(reasons=(AdminReason.RECIPIENT_MALFORMED.value,)) from error


def _enrolled(enrolment: Enrolment) -> Reply:
    return Reply(
        Enrolled(username=enrolment.practitioner, passphrase=enrolment.passphrase, recipient=enrolment.recipient.encode())
    )
