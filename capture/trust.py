"""Changes of whom the box trusts, each carried through whatever the power does: enrolling, retiring, another recovery recipient.

Decides nothing about who may ask: that is the enrolment window's. What was begun stands in the log before it happens and in the
catalogue until it is done, so that the next start ends what a power cut interrupted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from capture import words
from capture.audit.log import AuditEvent, AuditLog
from capture.catalogue import Catalogue
from capture.errors import BadRequest, BoxUnusable, NotFound, NotNow
from capture.ids import PractitionerId, new_practitioner_id
from capture.keyring import Keyrings
from capture.seal.keys import Recipient

_log = logging.getLogger(__name__)

_RETIRING = "trust.retiring"
_RECOVERY = "trust.recovery"


class TrustReason(Enum):
    """Why nobody can be retired; stable codes."""

    PRACTITIONER_UNKNOWN = "practitioner_unknown"
    RETIRED_ALREADY = "retired_already"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody new. The passphrase is nowhere else: whoever gets this shows it once."""

    practitioner: PractitionerId
    passphrase: str = field(repr=False)
    recipient: Recipient


class Trust:
    """One box's practitioners and recovery. One change at a time: the caller sees to it."""

    def __init__(self, keyrings: Keyrings, catalogue: Catalogue, audit: AuditLog) -> None:
        self._keyrings, self._catalogue, self._audit = keyrings, catalogue, audit

    def enrol(self, instead_of: PractitionerId | None = None) -> Enrolment:
        """A new practitioner, with six new words; `instead_of` names for the log whose place they take. Raises OSError."""
        practitioner, passphrase = new_practitioner_id(), words.new_passphrase()
        more = {} if instead_of is None else {"instead_of": str(instead_of)}
        # The log first: a practitioner whom the log does not know must not come to be.
        self._audit.append(AuditEvent.PRACTITIONER_ENROLLED, practitioner=practitioner, **more)
        public = self._keyrings.enrol(practitioner, passphrase)
        return Enrolment(practitioner, passphrase, public.recipient)

    def check_active(self, practitioner: PractitionerId) -> None:
        """Raises NotFound if there was never such a practitioner, NotNow once retired."""
        if practitioner not in self._keyrings.everybody():
            raise NotFound(reasons=(TrustReason.PRACTITIONER_UNKNOWN.value,))
        if not self._keyrings.is_active(practitioner):
            raise NotNow(reasons=(TrustReason.RETIRED_ALREADY.value,))

    def retire(self, practitioner: PractitionerId) -> None:
        """They never sign in again. Raises as `check_active`, OSError."""
        self.check_active(practitioner)
        self._audit.append(AuditEvent.PRACTITIONER_RETIRED, practitioner=practitioner, stage="begun")
        # Beside one whose file the disk would not give up: that one waits for the next start.
        self._note_retiring({*self._retiring(), practitioner})
        self._end_retiring(practitioner)

    def change_recovery(self, recipient: Recipient) -> None:
        """What is sealed from here on is sealed to `recipient`, which proved itself. Raises OSError."""
        before = self._keyrings.recovery().fingerprint
        self._audit.append(AuditEvent.RECOVERY_CHANGED, recipient=recipient.fingerprint, before=before, stage="begun")
        self._catalogue.set_meta(_RECOVERY, recipient.encode())
        self._end_changing(recipient)

    def finish(self) -> None:
        """At a start: what a cut interrupted is carried through. A disk that fails must not keep the box shut: then the next
        start tries again."""
        for practitioner in self._retiring():
            with _told_to_nobody():
                self._end_retiring(practitioner)
        if changing := self._catalogue.meta(_RECOVERY):
            with _told_to_nobody():
                self._end_changing(Recipient.parse(changing))

    def _end_retiring(self, practitioner: PractitionerId) -> None:
        self._keyrings.retire(practitioner)
        self._audit.append(AuditEvent.PRACTITIONER_RETIRED, practitioner=practitioner, stage="done")
        self._note_retiring(self._retiring() - {practitioner})

    def _retiring(self) -> set[PractitionerId]:
        return {PractitionerId(text) for text in (self._catalogue.meta(_RETIRING) or "").split()}

    def _note_retiring(self, practitioners: set[PractitionerId]) -> None:
        self._catalogue.set_meta(_RETIRING, " ".join(sorted(practitioners)))

    def _end_changing(self, recipient: Recipient) -> None:
        self._keyrings.replace_recovery(recipient)
        self._audit.append(AuditEvent.RECOVERY_CHANGED, recipient=recipient.fingerprint, stage="done")
        self._catalogue.set_meta(_RECOVERY, "")


@contextmanager
def _told_to_nobody() -> Iterator[None]:
    try:
        yield
    except (OSError, BadRequest, BoxUnusable, NotFound):
        _log.exception("a change of trust could not be ended")
