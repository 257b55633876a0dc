"""The machine's rules of leave: armed, armed and not waited for, taken back. The model of consent says whether it may be."""

from __future__ import annotations

from consent_model import MS, GivenLeave
from hypothesis import strategies as st
from hypothesis.stateful import rule
from made_box import LEASE_S
from moved_clock import NS
from people_rules import PeopleRules, numbers
from promise_watch import PromiseBroken

from capture import messages as m
from capture.errors import DaemonUnreachable
from capture.model import ArmMode, Scope

_AGREES_NS = NS


class LeaveRules(PeopleRules):
    """What a practitioner does who is with a family."""

    @rule(case=numbers, who=st.sets(numbers, max_size=3), mode=st.sampled_from([ArmMode.FILM, *ArmMode]))
    def arms(self, case: int, who: set[int], mode: ArmMode) -> None:
        """For some people, be they of this case or another; or for everybody of it."""
        self.fire("arm")
        if not self.model.people or not self.has_session():
            return
        some = [self.person(one) for one in sorted(who)] or self.people(self.case(case))
        if some:
            self.arm(self.case(case), tuple(person.code for person in some), mode)

    def arm(self, case: str, present: tuple[str, ...], mode: ArmMode = ArmMode.FILM) -> None:
        asked_ns = self.world.now_ns
        armed = self.ask(m.Arm(session=self.session, case=case, present=present, mode=mode), m.Armed)
        if armed is not None:
            self.has_armed(armed.arming_id, case, tuple(dict.fromkeys(present)), asked_ns)
            assert self.model.leave is not None
            if armed.lease_s * NS > self.model.leave.end_ns - asked_ns + _AGREES_NS:
                raise PromiseBroken("P3", f"the leave outlasts a consent that it rests on: {armed.lease_s} s")

    def has_armed(self, arming: str, case: str, present: tuple[str, ...], asked_ns: int) -> None:
        if not self.model.permits(Scope.FILM, case, present, asked_ns):
            raise PromiseBroken("P3", f"armed without everybody's consent: {present} {self.model}")
        wall_ms = self.model.wall_ms(asked_ns)
        assert wall_ms is not None
        lease_ms = min(LEASE_S * 1_000, self.model.first_end_ms(present) - wall_ms)
        self.watch.expect("armed", arming=arming, case=case)
        end_ns = asked_ns + lease_ms * MS
        self.model.give_leave(GivenLeave(arming, case, present, asked_ns, end_ns, self.model.next_place()))
        self.fired["armed"] += 1

    @rule(case=numbers)
    def arms_while_somebody_leans_on_the_button(self, case: int) -> None:
        """A hold that began before arming opens nothing, however long it goes on."""
        self.fire("arm under a hand")
        if not self.cases or not self.people(self.case(case)) or self.world.camera.is_open or not self.has_session():
            return
        if self.ask(m.Disarm(session=self.session), m.Done) is not None:
            self.model.leave = None
        self.world.down()
        self.is_held = True
        self.arm(self.case(case), tuple(person.code for person in self.people(self.case(case))))
        self.world.wait(2.0)

    @rule(case=numbers)
    def arms_and_hangs_up(self, case: int) -> None:
        """The page goes away before it hears the answer: the log says what became of it."""
        self.fire("arm and hang up")
        if not self.cases or not self.people(self.case(case)) or not self.has_session():
            return
        code, asked_ns = self.case(case), self.world.now_ns
        present = tuple(person.code for person in self.people(code))
        try:
            self.world.ask_and_hang_up(m.Arm(session=self.session, case=code, present=present))
        except DaemonUnreachable:
            return
        self.watch.read_log()
        for line in self.watch.lines:
            if line.says("armed", case=code) and self.world.control.state.leave is not None:
                self.has_armed(str(line.fields["arming"]), code, present, asked_ns)

    @rule()
    def disarms(self) -> None:
        self.fire("disarm")
        self.disarm()

    def disarm(self) -> None:
        if self.session and self.ask(m.Disarm(session=self.session), m.Done) is not None:
            self.watch.expect("disarmed")
            self.model.leave = None
