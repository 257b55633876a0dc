"""Why a yes that was the last word does not count all the same: for documents that say how a case stands. Permits nothing itself.

A document must not show a yes where the gate would say no. So it is the gate that is asked here, and as each act asks it.
"""

from __future__ import annotations

from typing import Final

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, permits
from capture.model import Consent, Decision, Scope, WallTime

TOLD_BY_TIMES: Final = frozenset({Reason.CLOCK_UNTRUSTED, Reason.CONSENT_EXPIRED})
"""Every document gives its own time with its confidence, and until when each yes holds: its reader judges by those."""


def reasons_against(consent: Consent, record: CaseRecord, at: WallTime) -> tuple[str, ...]:
    """The gate's codes against this yes at the moment `at`, but for those that the times tell. Empty where it counts, where it is
    no yes, and where a later word has taken its place."""
    if consent.decision is Decision.WITHDRAWN or record.latest(consent.participant_id, consent.scope) != consent:
        return ()
    # Whoever was removed is filmed no more; what they said of the films that they are in already still counts.
    asked = record if consent.scope is Scope.FILM else record.with_removed()
    permit = permits(consent.scope, (consent.participant_id,), asked, at)
    return tuple(reason.value for reason in permit.reasons if reason not in TOLD_BY_TIMES)
