"""The machine's rules of film: a visit made ready, a film begun, recordings opened, taken over and erased. Breaks nothing."""

from __future__ import annotations

import hashlib
import os

from ending_rules import EndingRules
from hand_rules import HandRules
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from machine_base import PendingAsk
from moved_clock import NS
from promise_watch import PromiseBroken
from trouble_rules import HOW, TroubleRules

from capture import messages as m
from capture.errors import VigcamError
from capture.model import ArmMode, Decision, Purpose, Scope

numbers = st.integers(0, 11)
_FILM_S = (0.0, 0.4, 1.5, 1.5, 4.0, 25.0)
_LATE_S = 9.0
_SOON_NS = 1_000 * NS
_DAY_S = 86_400
_LONGEST_DELAY_S = 3_700.0
"""After many wrong passphrases."""
FAILS_BEFORE = ("lamp loose", "camera missing", "disk no header", "disk folder not synced", "disk log refused")
_FAILS = ("lamp loose", "camera breaks", "camera mute", "disk too little room", "disk full", "disk film not synced")
_STALLED = {"stalled press": "press", "stalled stop": "page"}
WHILE_FILMING = (*HOW, *_STALLED, *_FAILS)
_BEFORE = ("none",) * 4 + FAILS_BEFORE
_THEN = ("none",) * 3 + WHILE_FILMING
_MODES = st.sampled_from([ArmMode.FILM, ArmMode.FILM, ArmMode.FRAMING])


class FilmRules(EndingRules, HandRules, TroubleRules):
    """What only a whole visit brings about: without these a machine that chooses freely would hardly ever film."""

    @initialize(is_ready=st.sampled_from([True, True, False]))
    def begins(self, is_ready: bool) -> None:
        if is_ready:
            self.make_ready(0, ArmMode.FILM)

    @rule(who=st.integers(0, 1), mode=_MODES)
    def visit_is_made_ready(self, who: int, mode: ArmMode) -> None:
        """Whatever was wrong is mended; then somebody signs in, and a family that said yes is there."""
        self.fire("make ready")
        self.make_ready(who, mode)

    def make_ready(self, who: int, mode: ArmMode) -> None:
        self._mend()
        self.let_go()
        if self.world.camera.is_open or self.world.control.state.phase.value == "faulted":
            self.press()
        self.who = who if not self.session else self.who
        if self.asks:
            self.world.wait(61)
            self.collect()
        if not self.has_session():
            return
        self.offer_clock(self.world.clock.true_ms, is_confirmed=True)
        own = [case for case, who in self.cases if who == self.who]
        if not own or not self._arm_family(own[-1], mode):
            case = self.open_case()
            if case is not None:
                self._arm_family(case, mode)

    def _mend(self) -> None:
        for what in ("disk", "lamp", "camera", "socket"):
            self.make_well(what)
        if not self.world.is_running or self.world.disk.has_log_failed:
            self.restart("end", is_new_boot=False)

    def _arm_family(self, case: str, mode: ArmMode) -> bool:
        """Whoever of a case can say yes says it, and is armed for; whether that came about."""
        if not any(person.may_speak_for_a_child for person in self.people(case)):
            self.add(case, "parent")
        if len(self.people(case)) == 1:
            self.add(case, "child")
        speakers = [person for person in self.people(case) if person.may_speak_for_a_child]
        soon_ns = self.world.now_ns + _SOON_NS
        for person in self.people(case):
            giver = speakers[0] if person.is_child and speakers else person
            if not self.model.permits(Scope.FILM, case, (person.code,), soon_ns):
                self.say(person, giver, Scope.FILM, Decision.GIVEN, 2)
                self.say(person, giver, Scope.PRACTITIONER_REVIEW, Decision.GIVEN, 2)
        willing = [one.code for one in self.people(case) if self.model.permits(Scope.FILM, case, (one.code,), soon_ns)]
        if willing:
            self.arm(case, tuple(willing), mode)
        return self.model.leave is not None and self.model.leave.case == case

    @rule(seconds=st.sampled_from(_FILM_S), is_late=st.booleans())
    def films(self, seconds: float, is_late: bool) -> None:
        """A hold as it should be, perhaps shortly before the leave ends; and for a while nobody stops it."""
        self.fire("film")
        self.let_go()
        if self.model.leave is None:
            return
        left_s = (self.model.leave.end_ns - self.world.now_ns) / NS - _LATE_S
        if is_late and left_s > 0:
            self.world.wait(left_s)
        self.film(seconds)

    @rule(seconds=st.sampled_from(_FILM_S), mode=_MODES, before=st.sampled_from(_BEFORE), then=st.sampled_from(_THEN))
    def films_a_visit(self, seconds: float, mode: ArmMode, before: str, then: str) -> None:
        """From whatever there was to a film under way, and what may fail before it or come in between."""
        self.fire("film a visit")
        if self.world.camera.is_open:
            return
        self.make_ready(self.who, mode)
        if self.model.leave is None:
            return
        if before != "none":
            self.fired[f"before filming: {before}"] += 1
            self.bring_about(before)
        self.film(seconds)
        if then == "none" or not self.world.camera.is_open:
            return
        self.fired[f"while filming: {then}"] += 1
        if then in _STALLED:
            self.stop_while_the_disk_stalls(_STALLED[then])
        elif then in HOW:
            self.restart(HOW[then], is_new_boot=then == "power", is_held=then == "held")
            self.let_go()
        else:
            self.bring_about(then)
            self.world.wait(3.5)

    @rule(seconds=st.sampled_from([0.5, 0.9, 0.95]), after_s=st.sampled_from([0.1, 0.4, 0.8]), mode=st.sampled_from(ArmMode))
    def holds_too_short_and_too_soon(self, seconds: float, after_s: float, mode: ArmMode) -> None:
        """Under a leave: a press is no hold, and a hold that begins within a second of a stop counts for nothing."""
        self.fire("hold that does not count")
        if self.world.camera.is_open:
            return
        self.make_ready(self.who, mode)
        self.world.wait(1.1)
        self.hold_for(seconds)
        self._look()
        if self.model.leave is None:
            return
        self.film(0.4)
        if self.world.camera.is_open:
            self.press()
            self.world.wait(after_s)
            self.hold_for(1.3)
            self.fired["held too soon"] += 1

    def close(self) -> None:
        """Whatever happened to the box: mended, and with everybody's consent, it films. A killed process leaves what was filmed,
        a lamp that goes dark ends it, and so does a press."""
        self.let_go()
        if self.world.camera.is_open:
            self.press()
        self.world.wait(_LONGEST_DELAY_S)
        self._must_film(4.0)
        self.restart("kill", is_new_boot=False)
        self._look()
        self._must_film(0.4)
        self.bring_about("lamp loose")
        self.world.wait(3.5)
        self._look()
        self._must_film(1.5)
        self.stop_while_the_disk_stalls("press")

    def _must_film(self, seconds: float) -> None:
        self.make_ready(self.who, ArmMode.FILM)
        assert self.model.leave is not None, "the box cannot be armed any more"
        self.film(seconds)
        assert self.world.camera.is_open, "the box does not film any more"

    @rule(word=numbers, late_s=st.sampled_from([-70, -30, -8, 1, 60]), is_held=st.booleans())
    def films_at_the_edge_of_a_consent(self, word: int, late_s: int, is_held: bool) -> None:
        """Shortly before one of them ends, or just behind it, somebody arms for all of that case; and perhaps holds."""
        self.fire("film at an edge")
        if not self.model.words or self.world.camera.is_open:
            return
        (code, _), said = list(self.model.words.items())[word % len(self.model.words)]
        left_s = (said.until_ms - (self.model.wall_ms(self.world.now_ns) or 0)) / 1_000 + late_s
        if not 0 < left_s < 3 * _DAY_S:
            return
        self.fired["at an edge"] += 1
        self.world.wait(left_s)
        person = self.model.people.get(code)
        if person is not None and self.has_session():
            self.arm(person.case, tuple(one.code for one in self.people(person.case)))
            if is_held and self.model.leave is not None:
                self.film(25.0)

    def film(self, seconds: float) -> None:
        self.world.wait(1.1)
        self.hold_for(1.2)
        self.press_is_logged()
        self._look()
        if self.world.camera.is_open:
            self.fired["films" if self.world.control.state.mode is ArmMode.FILM else "looks"] += 1
            self.world.wait(seconds)

    # --- what was filmed -----------------------------------------------------------------------------------------------------

    @rule(
        number=numbers, purpose=st.sampled_from([*[Purpose.REVIEW] * 9, *Purpose]), is_late=st.sampled_from([False, False, True])
    )
    def opens_a_recording(self, number: int, purpose: Purpose, is_late: bool) -> None:
        self.fire("open recording")
        if not self.watch.recordings() or not self.has_session():
            return
        recording = self.recording(number)
        if is_late and not self._first_yes_runs_out(recording, purpose.scope):
            return
        verb = m.OpenRecording(session=self.session, recording_id=recording, purpose=purpose)
        try:
            _, descriptor = self.world.client.call_with_descriptor(verb, m.Opened)
        except VigcamError:
            return
        os.close(descriptor)
        if not self.model.may_open(purpose.scope, self.watch.arming_of[recording], self.world.now_ns):
            raise PromiseBroken("P3", f"{recording} was opened for {purpose.value} without everybody's consent")
        self.fired["opened"] += 1
        self.watch.expect("recording_opened", recording=recording, purpose=purpose.value)

    def _first_yes_runs_out(self, recording: str, scope: Scope) -> bool:
        """Time goes by until just behind the end of a yes that this film's use rests on; whether somebody can ask then."""
        present = self.model.leaves[self.watch.arming_of[recording]].present
        wall_ms = self.model.wall_ms(self.world.now_ns)
        if wall_ms is None or not self.model.may_open(scope, self.watch.arming_of[recording], self.world.now_ns):
            return False
        self.world.wait((self.model.first_end_ms(present, scope) - wall_ms) / 1_000 + 1)
        self.fired["opened too late"] += 1
        return self.has_session()

    @rule(number=numbers, is_right=st.booleans())
    def takes_a_recording_over(self, number: int, is_right: bool) -> None:
        self.fire("transfer")
        if not self.watch.sealed() or not self.has_session():
            return
        sealed = self.watch.sealed()
        recording = list(sealed)[number % len(sealed)]
        told = sealed[recording] if is_right else hashlib.sha256(recording.encode()).hexdigest()
        verb = m.ConfirmTransfer(session=self.session, recording_id=recording, received_bytes=1, sealed_hash=told)
        if self.ask(verb, m.Done) is None:
            return
        if not is_right:
            raise PromiseBroken("P9", "a film counts as taken over by a hash that is not its own")
        self.watch.expect("transfer_confirmed", recording=recording, sealed_hash=told)
        self.transferred.add(recording)

    @rule(which=st.lists(numbers, min_size=1, max_size=2), is_said=st.sampled_from([True, True, False]), is_pressed=st.booleans())
    def asks_to_erase(self, which: list[int], is_said: bool, is_pressed: bool) -> None:
        self.fire("erase")
        if not self.watch.recordings() or not self.has_session():
            return
        recordings = tuple(dict.fromkeys(self.recording(number) for number in which))
        words = self._words_for(recordings) if is_said else ""
        waiting = self.ask(m.EraseBegin(session=self.session, recording_ids=recordings, words=words), m.EraseWaiting)
        if waiting is None:
            return
        if not self.transferred.issuperset(recordings) and words != self._words_for(recordings):
            raise PromiseBroken("P9", "film that nobody had taken over is to be erased without its words")
        self.watch.expect("erase_asked", ask=waiting.ask_id, recordings=len(recordings))
        self.asks[waiting.ask_id] = PendingAsk(waiting.ask_id, self.world.now_ns, recordings)
        if is_pressed and not self.is_held:
            self.press()

    @rule(number=numbers)
    def takes_an_ask_back(self, number: int) -> None:
        self.fire("take back")
        if not self.asks or not self.session:
            return
        ask_id = list(self.asks)[number % len(self.asks)]
        if self.ask(m.CancelAsk(session=self.session, ask_id=ask_id), m.Done) is not None:
            self.world.settle()
            self.collect()
            self.asks.pop(ask_id, None)

    def _words_for(self, recordings: tuple[str, ...]) -> str:
        """What must be said for film that was never taken over: its own id, or the one case's code; for two there is none."""
        if len(recordings) == 1:
            return recordings[0]
        cases = {self.model.leaves[self.watch.arming_of[recording]].case for recording in recordings}
        return cases.pop() if len(cases) == 1 else "-"

    def recording(self, number: int) -> str:
        recordings = self.watch.recordings()
        return recordings[number % len(recordings)]
