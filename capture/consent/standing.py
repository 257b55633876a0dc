"""Why a yes that was the last word does not count all the same: for pages and documents that say how a case stands. Permits
nothing itself.

Neither must show a yes where the gate would say no. So it is the gate that is asked here, and as each act asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capture.consent.case_record import CaseRecord
from capture.consent.gate import Reason, permits
from capture.model import Confidence, Consent, Decision, Doubt, Scope, WallTime

TOLD_BY_TIMES: Final = frozenset({Reason.CLOCK_UNTRUSTED, Reason.CONSENT_EXPIRED})
"""Every document gives its own time with its confidence, and until when each yes holds: its reader judges by those."""

_OF_ALL: Final = frozenset({Reason.CLOCK_UNTRUSTED, Reason.STATEMENT_LOST})
"""What speaks against everything in a case, whoever said what: a page says it once."""

_BY_THE_CLOCK: Final = frozenset({Reason.CONSENT_IN_FUTURE, Reason.CONSENT_EXPIRED})
"""By a clock that nobody trusts nothing has run out."""


def reasons_against(consent: Consent, record: CaseRecord, at: WallTime) -> tuple[str, ...]:
    """The gate's codes against this yes at the moment `at`, but for those that the times tell. Empty where it counts, where it is
    no yes, and where a later word has taken its place."""
    return tuple(reason.value for reason in _against(consent, record, at) if reason not in TOLD_BY_TIMES)


def hindrances(record: CaseRecord, at: WallTime) -> tuple[str, ...]:
    """The codes of what keeps everything in this case from being done now, whatever anybody said."""
    reasons = permits(Scope.FILM, (), record, at).reasons
    return tuple(reason.value for reason in reasons if reason in _OF_ALL)


def doubts(record: CaseRecord, consents: Sequence[Consent], at: WallTime) -> tuple[Doubt, ...]:
    """Why some of `consents` do not count now, for a page: that one has run out too, but not what `hindrances` says already."""
    unsaid = _OF_ALL | _BY_THE_CLOCK if at.confidence is Confidence.NONE else _OF_ALL
    found: dict[Reason, list[int]] = {}
    for place, consent in enumerate(consents):
        for reason in _against(consent, record, at):
            if reason not in unsaid:
                found.setdefault(reason, []).append(place)
    return tuple(Doubt(reason=reason.value, places=tuple(places)) for reason, places in found.items())


def _against(consent: Consent, record: CaseRecord, at: WallTime) -> tuple[Reason, ...]:
    if consent.decision is Decision.WITHDRAWN or record.latest(consent.participant_id, consent.scope) != consent:
        return ()
    # Whoever was removed is filmed no more; what they said of the films that they are in already still counts.
    asked = record if consent.scope is Scope.FILM else record.with_removed()
    return permits(consent.scope, (consent.participant_id,), asked, at).reasons
