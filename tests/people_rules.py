"""The machine's rules of the page: cases, people, consents, leave, clock, signing in and out. Presses nothing but to sign in."""

from __future__ import annotations

from capture_box import NOTICE
from consent_model import DAY_MS, MS, GivenLeave, Person, Word
from hypothesis import strategies as st
from hypothesis.stateful import rule
from machine_base import MachineBase, PendingAsk
from moved_clock import NS
from promise_watch import PLANTED, PromiseBroken

from capture import messages as m
from capture.errors import ClockUnlikely, VigcamError
from capture.model import Decision, Indication, ParentalResponsibility, Role, Scope

numbers = st.integers(0, 11)
_LIKELY_MS = DAY_MS
_AGREES_NS = 2 * NS
_KINDS = {
    "parent": (Role.PARENT, False, ParentalResponsibility.HOLDS),
    "other parent": (Role.PARENT, False, ParentalResponsibility.SHARED),
    "child": (Role.CHILD, True, ParentalResponsibility.NONE),
    "young parent": (Role.PARENT, True, ParentalResponsibility.HOLDS),
    "foster carer": (Role.CARER, False, ParentalResponsibility.NONE),
    "social worker": (Role.PROFESSIONAL, False, ParentalResponsibility.LOCAL_AUTHORITY),
    "relative": (Role.OTHER, False, ParentalResponsibility.UNKNOWN),
}
_MOST_CASES = 3
_MOST_PEOPLE = 6
WRONG_CLOCKS_S = (0, 40, -3_000, 72_000, -72_000, 3 * 86_400, -3 * 86_400, 70 * 86_400, 1_000 * 86_400, -1_000 * 86_400)


class PeopleRules(MachineBase):
    """What a signed-in practitioner does on the page."""

    # --- signing in, the clock ---------------------------------------------------------------------------------------------

    @rule(who=st.integers(0, 1))
    def somebody_signs_in(self, who: int) -> None:
        self.fire("sign in")
        if self.is_held:
            return
        self.sign_in(who)

    @rule(who=st.integers(0, 1))
    def somebody_asks_to_sign_in(self, who: int) -> None:
        self.fire("ask to sign in")
        verb = m.SignInBegin(username=self.made.practitioners[who], passphrase="not these six words at all")
        waiting = self.ask(verb, m.SignInWaiting)
        if waiting is not None:
            self.watch.expect("sign_in_asked", ask=waiting.ask_id)
            self.asks[waiting.ask_id] = PendingAsk(waiting.ask_id, self.world.now_ns)

    @rule()
    def signs_out(self) -> None:
        self.fire("sign out")
        self.sign_out()

    def sign_out(self) -> None:
        if self.session and self.ask(m.SignOut(session=self.session), m.Done) is not None:
            self.watch.expect_unless_log_failed("signed_out", cause="signed_out")
            self.model.leave = None
            self.session = ""
            self.drop_erasures()

    @rule(wrong_s=st.sampled_from(WRONG_CLOCKS_S), is_confirmed=st.booleans())
    def phone_offers_its_clock(self, wrong_s: int, is_confirmed: bool) -> None:
        self.fire("offer clock")
        if self.has_session():
            self.offer_clock(self.world.clock.true_ms + wrong_s * 1_000, is_confirmed=is_confirmed)

    def offer_clock(self, wall_ms: int, *, is_confirmed: bool) -> None:
        before_ms = self.model.wall_ms(self.world.now_ns)
        try:
            self.world.ask(m.OfferClock(session=self.session, wall_ms=wall_ms, is_confirmed=is_confirmed), m.Done)
        except ClockUnlikely:
            self.watch.expect("clock_refused", offered_ms=wall_ms)
            return
        except VigcamError:
            self.model.offset_ms = None if not self.world.is_running or self.is_socket_away else self._daemons_offset_ms()
            return
        if not is_confirmed and before_ms is not None and abs(wall_ms - before_ms) > _LIKELY_MS + 1_000:
            raise PromiseBroken("P3", "a clock a day off was taken, and nobody had confirmed it")
        self.model.offset_ms = wall_ms - self.world.now_ns // MS
        self.watch.expect("clock_set", confirmed="yes" if is_confirmed else "no")
        self.leave_must_hold()

    def _daemons_offset_ms(self) -> int | None:
        """Where the daemon's answer to an offer was lost it alone knows what it kept."""
        clock = self.world.status.clock
        return None if clock.confidence.value == "none" else clock.ms - self.world.now_ns // MS

    # --- people and what they say ------------------------------------------------------------------------------------------

    @rule()
    def opens_a_case(self) -> None:
        self.fire("open case")
        if len(self.cases) < _MOST_CASES and self.has_session():
            self.open_case()

    def open_case(self) -> str | None:
        found = self.ask(m.OpenCase(session=self.session), m.CaseFound)
        if found is None:
            return None
        self.watch.expect("case_opened", case=found.case.code)
        self.cases.append((found.case.code, self.who))
        return found.case.code

    @rule(case=numbers, kind=st.sampled_from(sorted(_KINDS)))
    def adds_a_person(self, case: int, kind: str) -> None:
        self.fire("add person")
        if self.cases and len(self.people(self.case(case))) < _MOST_PEOPLE and self.has_session():
            self.add(self.case(case), kind)

    def add(self, case: str, kind: str) -> Person | None:
        role, is_child, responsibility = _KINDS[kind]
        verb = m.AddParticipant(
            session=self.session,
            case=case,
            label=f"{PLANTED} {len(self.model.people)}",
            role=role,
            is_child=is_child,
            responsibility=responsibility,
            basis=f"certificate of {PLANTED} seen",
        )
        added = self.ask(verb, m.ParticipantAdded)
        if added is None:
            return None
        self.watch.expect("participant_added", case=case, participant=added.participant_id)
        person = Person(added.participant_id, case, is_child, responsibility)
        self.model.people[person.code] = person
        return person

    @rule(person=numbers, kind=st.sampled_from(sorted(_KINDS)))
    def corrects_a_person(self, person: int, kind: str) -> None:
        """What they may no longer give stops counting, for a film that runs too."""
        self.fire("amend person")
        if not self.model.people or not self.has_session():
            return
        self.amend(self.person(person), kind)

    def amend(self, old: Person, kind: str) -> None:
        role, is_child, responsibility = _KINDS[kind]
        facts = {"label": PLANTED, "role": role, "is_child": is_child, "responsibility": responsibility}
        verb = m.AmendParticipant(session=self.session, case=old.case, participant_id=old.code, **facts)
        if self.ask(verb, m.Done) is not None:
            self.watch.expect("participant_amended", case=old.case, participant=old.code)
            self.model.people[old.code] = Person(old.code, old.case, is_child, responsibility)
            self.leave_must_hold()

    @rule(person=numbers)
    def removes_a_person(self, person: int) -> None:
        self.fire("remove person")
        if not self.model.people or not self.has_session():
            return
        self.remove(self.person(person))

    def remove(self, old: Person) -> None:
        if self.ask(m.RemoveParticipant(session=self.session, case=old.case, participant_id=old.code), m.Done) is not None:
            self.watch.expect("participant_removed", case=old.case, participant=old.code)
            self.model.remove(old)
            self.leave_must_hold()

    def leave_must_hold(self) -> None:
        """A leave that rested on what was just changed is gone, and a film with it."""
        leave = self.model.leave
        if leave is None:
            return
        if self.model.permits(Scope.FILM, leave.case, leave.present, self.world.now_ns):
            self._lease_must_not_have_moved(leave)
            return
        if self.world.camera.is_open:
            raise PromiseBroken("P3", "filming went on without everybody's consent")
        if self.world.status.armed_case:
            raise PromiseBroken("P3", "a leave outlived what it rested on")
        self.model.leave = None

    def _lease_must_not_have_moved(self, leave: GivenLeave) -> None:
        """It runs on boot time, whatever time somebody says it is."""
        status, left_ns = self.world.status, leave.end_ns - self.world.now_ns
        if status.armed_case and abs(status.lease_left_s * NS - left_ns) > _AGREES_NS:
            raise PromiseBroken("P3", f"the lease has moved: {status.lease_left_s} s instead of {left_ns / NS} s")

    @rule(person=numbers, giver=numbers, scope=st.sampled_from([Scope.FILM, *Scope]), days=st.sampled_from([1, 2, 30, 700]))
    def somebody_gives_consent(self, person: int, giver: int, scope: Scope, days: int) -> None:
        self.fire("give consent")
        if self.model.people and self.has_session():
            self.say(self.person(person), self.person(giver), scope, Decision.GIVEN, days)

    @rule(word=numbers, by=numbers)
    def somebody_withdraws(self, word: int, by: int) -> None:
        self.fire("withdraw consent")
        if not self.model.words or not self.has_session():
            return
        code, scope = list(self.model.words)[word % len(self.model.words)]
        everybody = self.model.people | self.model.gone
        person = everybody[code]
        of_case = [one for one in everybody.values() if one.case == person.case]
        self.say(person, of_case[by % len(of_case)], scope, Decision.WITHDRAWN, 1)

    def say(self, person: Person, giver: Person, scope: Scope, decision: Decision, days: int) -> None:
        """Gives or withdraws, and holds the daemon to what the model says of it."""
        lines = len(self.world.log.lines)
        done = self.ask(consent_verb(self.session, person, giver, scope, decision=decision, days=days), m.Done)
        wall_ms = self.model.wall_ms(self.world.now_ns) or 0
        is_given = decision is Decision.GIVEN
        event = "consent_given" if is_given else "consent_withdrawn"
        if done is not None:
            if is_given and not self.model.may_give(person, giver):
                raise PromiseBroken("P3", f"{giver} gave consent for {person}")
            if is_given and self.model.offset_ms is None:
                raise PromiseBroken("P3", "a consent was given at a time that nobody knows")
            self.watch.expect(event, case=person.case, scope=scope.value)
            self.model.say(person, scope, Word(is_given, giver.code, wall_ms, wall_ms + days * DAY_MS))
            if not is_given and scope is Scope.FILM:
                self.leave_must_hold()
            return
        self.watch.read_log()
        if any(line.says(event, case=person.case) for line in self.world.log.lines[lines:]):
            self.model.say(person, scope, Word(is_given, giver.code, wall_ms, wall_ms, is_certain=False))

    # --- whom a number means ---------------------------------------------------------------------------------------------------

    def case(self, number: int) -> str:
        return self.cases[number % len(self.cases)][0]

    def person(self, number: int) -> Person:
        return list(self.model.people.values())[number % len(self.model.people)]

    def people(self, case: str) -> list[Person]:
        return [person for person in self.model.people.values() if person.case == case]


def consent_verb(session: str, person: Person, giver: Person, scope: Scope, *, decision: Decision, days: int) -> m.RecordConsent:
    return m.RecordConsent(
        session=session,
        case=person.case,
        participant_id=person.code,
        scope=scope,
        decision=decision,
        given_by=giver.code,
        indication=Indication.SIGNED_PAPER,
        valid_days=days,
        notice_hash=NOTICE.text_hash,
        notice_version=NOTICE.version,
        notice_language=NOTICE.language,
    )
