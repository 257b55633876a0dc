"""The machine's rules of what ends a film without a hand: a no, a sign-out, a corrected clock. Presses nothing to stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import strategies as st
from hypothesis.stateful import rule
from leave_rules import LeaveRules
from patience import soon
from people_rules import WRONG_CLOCKS_S, numbers
from promise_watch import PromiseBroken

from capture.model import ArmMode, Decision, Scope

_WITHOUT_A_DISK = ("withdrawal", "withdrawal", "disarm", "sign out")
"""With these the sensor must be off though nothing comes back from the disk."""
ENDINGS = (*_WITHOUT_A_DISK, "removal")
_AN_HOUR_S = 3_700


class EndingRules(LeaveRules):
    """What a family says, or a practitioner does on the page, while the sensor is on."""

    def make_ready(self, who: int, mode: ArmMode) -> None:
        """Somebody is signed in, and a family that said yes is armed for (`FilmRules`)."""
        raise NotImplementedError

    def film(self, seconds: float) -> None:
        """A hold as it should be (`FilmRules`)."""
        raise NotImplementedError

    @rule(how=st.sampled_from(ENDINGS), number=numbers, mode=st.sampled_from([*ArmMode, ArmMode.FILM]), is_stalled=st.booleans())
    def film_is_ended_from_outside(self, how: str, number: int, mode: ArmMode, is_stalled: bool) -> None:
        self.fire("film to be ended")
        if self.world.camera.is_open:
            return
        self.make_ready(self.who, mode)
        if self.model.leave is not None:
            self.film(1.5)
        if not self.world.camera.is_open or not self.session:
            return
        self.fired[f"ended by: {how}"] += 1
        if is_stalled and how in _WITHOUT_A_DISK:
            self._end_while_the_disk_stalls(how, number)
        else:
            self._end_by(how, number)
        self.sensor_must_be_off(how)

    def _end_by(self, how: str, number: int) -> None:
        assert self.model.leave is not None
        leave = self.model.leave
        present = [self.model.people[code] for code in leave.present]
        somebody = present[number % len(present)]
        of_case = self.people(leave.case)
        match how:
            case "withdrawal":
                self.say(somebody, of_case[number % len(of_case)], Scope.FILM, Decision.WITHDRAWN, 1)
            case "disarm":
                self.disarm()
            case "sign out":
                self.sign_out()
            case _:
                self.remove(somebody)

    def _end_while_the_disk_stalls(self, how: str, number: int) -> None:
        """Whoever asked waits for the disk; the sensor does not."""
        with ThreadPoolExecutor(1) as page:
            with self.world.disk.held(self.world.folder / "catalogue.sqlite"):
                asked = page.submit(self._end_by, how, number)
                try:
                    soon(lambda: not self.world.camera.is_open, 5)
                except TimeoutError:
                    raise PromiseBroken("P5", f"{how}: the sensor stayed on until the disk went on") from None
            asked.result()
        self.fired["ended while the disk stalled"] += 1

    @rule(wrong_s=st.sampled_from(WRONG_CLOCKS_S), is_filming=st.booleans())
    def clock_is_corrected_under_a_leave(self, wrong_s: int, is_filming: bool) -> None:
        """By consents of an hour ago: where they hold by the other clock too, nothing moves; else all is over at once."""
        self.fire("clock corrected under a leave")
        if self.world.camera.is_open:
            return
        self.make_ready(self.who, ArmMode.FILM)
        self.world.wait(_AN_HOUR_S)
        self.make_ready(self.who, ArmMode.FILM)
        if self.model.leave is not None and is_filming:
            self.film(0.4)
        if self.model.leave is not None and self.session:
            self.fired["clock under a film" if self.world.camera.is_open else "clock under a leave"] += 1
            self.offer_clock(self.world.clock.true_ms + wrong_s * 1_000, is_confirmed=True)

    @rule(is_filming=st.booleans())
    def parents_turn_out_to_be_none(self, is_filming: bool) -> None:
        """What they said for a child does not count from here on; what they said for themselves does."""
        self.fire("parents are none")
        if self.world.camera.is_open:
            return
        self.make_ready(self.who, ArmMode.FILM)
        if self.model.leave is not None and is_filming:
            self.film(0.4)
        if self.model.leave is not None and self.session:
            self.fired["parents were none"] += 1
            for person in self.people(self.model.leave.case):
                if person.may_speak_for_a_child:
                    self.amend(person, "foster carer")
