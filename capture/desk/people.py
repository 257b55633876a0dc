"""The desk of a case's people and of what they consent to. What ends a leave acts first and is written down afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from capture import ids
from capture.consent.consent_rules import ConsentForm, ParticipantForm, to_participant
from capture.consent.records import Records
from capture.desk.desk import Handlers
from capture.desk.leaves import Leaves
from capture.keyring import Keyrings
from capture.messages import AddParticipant, AmendParticipant, Done, ParticipantAdded, RecordConsent, RemoveParticipant
from capture.model import Decision, Scope
from capture.server import Reply
from capture.session import Sessions


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """Answers a signed-in practitioner about the people of their own cases."""

    sessions: Sessions
    records: Records
    keyrings: Keyrings
    leaves: Leaves

    def handlers(self) -> Handlers:
        return {
            AddParticipant: self._add,
            AmendParticipant: self._amend,
            RemoveParticipant: self._remove,
            RecordConsent: self._record_consent,
        }

    def _add(self, verb: AddParticipant) -> Reply:
        session = self.sessions.require(verb.session)
        code = ids.case_code(verb.case)
        person = self.records.add_participant(session.unlocked, self.keyrings.recovery(), code, _form(verb))
        return Reply(ParticipantAdded(participant_id=person.participant_id))

    def _amend(self, verb: AmendParticipant) -> Reply:
        session = self.sessions.require(verb.session)
        code, person = ids.case_code(verb.case), ids.participant_id(verb.participant_id)
        self.leaves.end_before(code, lambda record: record.amended(to_participant(_form(verb), person)))
        self.records.amend_participant(session.unlocked, self.keyrings.recovery(), code, person, _form(verb))
        # Who lost parental responsibility has given nothing for the child any more; whoever armed meanwhile did not know.
        self.leaves.look_again(session, code)
        return Reply(Done())

    def _remove(self, verb: RemoveParticipant) -> Reply:
        session = self.sessions.require(verb.session)
        code, person = ids.case_code(verb.case), ids.participant_id(verb.participant_id)
        self.leaves.end_before(code, lambda record: record.without(person))
        self.records.remove_participant(session.unlocked, self.keyrings.recovery(), code, person)
        self.leaves.look_again(session, code)
        return Reply(Done())

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
            is_interpreter_used=verb.is_interpreter_used,
            witness=verb.witness,
        )
        is_film_withdrawn = form.scope is Scope.FILM and form.decision is Decision.WITHDRAWN
        if is_film_withdrawn:
            self.leaves.end_for(form.participant_id)
        self.records.record_consent(session.unlocked, self.keyrings.recovery(), ids.case_code(verb.case), form)
        if is_film_withdrawn:
            # Whoever armed meanwhile still found the consent.
            self.leaves.end_for(form.participant_id)
        return Reply(Done())


def _form(verb: AddParticipant | AmendParticipant) -> ParticipantForm:
    return ParticipantForm(
        label=verb.label,
        role=verb.role,
        is_child=verb.is_child,
        responsibility=verb.responsibility,
        assent_noted=verb.is_assent_noted,
        basis=verb.basis,
        evidence_by=verb.evidence_by,
    )
