"""A case as it is taken away: all that the daemon told of it, in one frozen value. Asks nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from capture.messages.exports import KnownPerson, PlacedArming, PlacedConsent, PlacedTransfer
from capture.model import Case, Consent, Decision, Participant, Recording, Scope, WallTime
from capture.notices.texts import Notice
from webui.exports.wordings import Wording
from webui.service import Service


@dataclass(frozen=True, slots=True)
class SignedFile:
    """Something that the box signed, byte for byte, and what it is about: a recording, or an erasure."""

    name: str
    data: bytes


@dataclass(frozen=True)
class CaseExport:
    """Everything of one case at the moment `made`. `consents` holds every event, oldest first; `notices` are the texts by their
    hash; `log` holds raw lines of the audit log, `statements` and `signers` those of what was signed. `notes` are the
    practitioner's own, every wording, opened; none where they were not asked for."""

    case: Case
    box_id: str
    device_key: str
    made: WallTime
    practitioner: str
    people: tuple[KnownPerson, ...] = ()
    consents: tuple[PlacedConsent, ...] = ()
    recordings: tuple[Recording, ...] = ()
    armings: tuple[PlacedArming, ...] = ()
    transfers: tuple[PlacedTransfer, ...] = ()
    manifests: tuple[SignedFile, ...] = ()
    receipts: tuple[SignedFile, ...] = ()
    log: tuple[bytes, ...] = ()
    statements: tuple[bytes, ...] = ()
    signers: tuple[bytes, ...] = ()
    audit_sequence: int = 0
    audit_head: str = ""
    kept_days: int = 60
    erase_due_ms: int | None = None
    notes: tuple[Wording, ...] = ()
    notices: Mapping[str, Notice] = field(default_factory=dict)
    service: Service = field(default_factory=Service)

    def label_of(self, participant_id: str) -> str:
        """By which label the box knows somebody; their id where it knows no label."""
        return self._labels.get(participant_id, participant_id)

    def person(self, participant_id: str) -> Participant | None:
        return self._people.get(participant_id)

    def events_of(self, participant_id: str) -> tuple[PlacedConsent, ...]:
        """Every event about one person, oldest first."""
        return self._events.get(participant_id, ())

    def deciding(self, participant_id: str, scope: Scope) -> Consent | None:
        """The event that counts: the last one signed for this person and scope."""
        return self._deciding.get((participant_id, scope))

    def against(self, consent: Consent) -> tuple[str, ...]:
        """Why the box's gate does not count this yes, though it was the last word."""
        return self._against.get(consent.consent_id, ())

    def stands(self, consent: Consent) -> bool:
        """Whether this event is a yes that the gate counts, the last word on it, and not run out at the time of the export."""
        if consent.decision is not Decision.GIVEN or self.deciding(consent.participant_id, consent.scope) is not consent:
            return False
        return consent.expires_ms > self.made.ms and not self.against(consent)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Ids of everybody the case knows: its people in order, then whoever only a consent names."""
        known = [one.participant.participant_id for one in self.people]
        return tuple(dict.fromkeys([*known, *(event.consent.participant_id for event in self.consents)]))

    @cached_property
    def _people(self) -> dict[str, Participant]:
        return {one.participant.participant_id: one.participant for one in self.people}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {one.participant.participant_id: one.participant.label for one in self.people}

    @cached_property
    def _deciding(self) -> dict[tuple[str, Scope], Consent]:
        return {(event.consent.participant_id, event.consent.scope): event.consent for event in self.consents}

    @cached_property
    def _against(self) -> dict[str, tuple[str, ...]]:
        return {event.consent.consent_id: event.against for event in self.consents if event.against}

    @cached_property
    def _events(self) -> dict[str, tuple[PlacedConsent, ...]]:
        found: dict[str, list[PlacedConsent]] = {}
        for event in self.consents:
            found.setdefault(event.consent.participant_id, []).append(event)
        return {participant_id: tuple(events) for participant_id, events in found.items()}
