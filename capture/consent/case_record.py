"""One case as read and verified: its facts, its people, its consent events oldest first. Reads and judges nothing itself."""

from __future__ import annotations

from capture.ids import ParticipantId
from capture.model import Case, Consent, Fact, Participant, Scope


class CaseRecord(Fact, frozen=True, kw_only=True):
    """What the gate judges by. `consents` stand in the order in which they were signed, whatever their wall times say."""

    case: Case
    participants: tuple[Participant, ...] = ()
    consents: tuple[Consent, ...] = ()

    def participant(self, participant_id: ParticipantId) -> Participant | None:
        """The one person of that id; None if there is none, or if two claim it."""
        found = [person for person in self.participants if person.participant_id == participant_id]
        return found[0] if len(found) == 1 else None

    def latest(self, participant_id: ParticipantId, scope: Scope) -> Consent | None:
        """The consent event that counts: the last one signed for this person and scope."""
        events = [event for event in self.consents if event.participant_id == participant_id and event.scope is scope]
        return events[-1] if events else None
