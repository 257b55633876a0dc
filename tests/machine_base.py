"""What all rules of the machine stand on: a whole daemon, the model of consent, the watch over the promises, who is signed in."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from consent_model import MS, ConsentModel
from daemon_world import DaemonWorld
from hypothesis.stateful import RuleBasedStateMachine, invariant
from made_box import PASSPHRASE, MadeBox
from patience import soon
from promise_watch import PromiseBroken, PromiseWatch

from capture import messages as m
from capture.errors import DaemonUnreachable, SignInNeeded, VigcamError

A = TypeVar("A", bound=m.Answer)

ASK_NS = 60 * 1000 * MS
_RAM = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class PendingAsk:
    """Something that waits for a press. `recordings` is empty for a sign-in."""

    ask_id: str
    asked_ns: int
    recordings: tuple[str, ...] = ()


class MachineBase(RuleBasedStateMachine):
    """`made` and `fired` are put in by whoever runs it; `fired` counts what happened over all its runs."""

    made: ClassVar[MadeBox]
    fired: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=_RAM if _RAM.is_dir() else None)
        self.world = DaemonWorld(self.made, Path(self._folder.name))
        self.model = ConsentModel()
        self.watch = PromiseWatch(self.world, self.model)
        self.session = ""
        self.who = 0
        self.asks: dict[str, PendingAsk] = {}
        self.transferred: set[str] = set()
        self.cases: list[tuple[str, int]] = []
        """Each case's code, and which of the two practitioners it is of."""
        self.is_socket_away = False
        self.is_held = False
        """Whether the test's finger is on the button."""
        self.world.start()

    def teardown(self) -> None:
        try:
            self._look()
            self.fire("close")
            self.close()
            self._look()
            if self.world.is_running:
                self.world.end()
            self.watch.life_must_have_ended()
            self.watch.verify_all()
        finally:
            if self.world.is_running:
                self.world.end()
            self._folder.cleanup()

    def fire(self, what: str) -> None:
        """A rule begins. None has a precondition: what a rule needs, it brings about, so that its choice rests on nothing that
        the daemon's threads decide among themselves."""
        self.fired[what] += 1
        self.fired["steps"] += 1
        self.watch.begin_step()
        if not self.world.is_running:
            self.watch.life_must_have_ended()
            self.begin_life(is_new_boot=True)

    def begin_life(self, *, is_new_boot: bool) -> None:
        """A new process (`TroubleRules`)."""
        raise NotImplementedError

    def close(self) -> None:
        """What every run ends with (`FilmRules`)."""
        raise NotImplementedError

    def has_session(self) -> bool:
        """Somebody is signed in, or signs in now unless that would take a press while the sensor is on."""
        self._see_who_is_there()
        if not self.session and not self.is_held and not self.world.camera.is_open:
            self.sign_in(self.who)
        return bool(self.session)

    # --- after each step -------------------------------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        self._look()

    def _look(self) -> None:
        assert not self.world.daemon.has_died, "the daemon gave up"
        if not self.world.is_running and self.world.failure is not None:
            raise self.world.failure
        self.world.settle()
        self.collect()
        self.watch.look()
        if self.world.is_running and not self.is_socket_away:
            self._learn()
        for line in self.watch.lines:
            if line.event in ("recording_stopped", "framing_stopped"):
                self.fired[f"{line.event}: {line.fields.get('reason') or line.fields.get('code')}"] += 1
            elif line.event in ("recording_sealed", "recording_interrupted", "fault", "arm_refused", "erased"):
                self.fired[" ".join(("log:", line.event, str(line.fields.get("code", "")))).strip()] += 1
        self.watch.begin_step()

    def _learn(self) -> None:
        """A fault ends the leave, and the idle lock the session: the page would see it too."""
        status = self.world.status
        if status.state == "faulted" or not (status.armed_case or self.world.witness.is_on):
            self.model.leave = None
        elif self.model.leave is None:
            raise PromiseBroken("P1", f"the box is {status.state}, and nobody armed it")
        self._see_who_is_there()

    def _see_who_is_there(self) -> None:
        """The idle lock may have been; whoever asked to erase is then gone, and no press means it any more."""
        if self.world.is_running and not self.is_socket_away and not self.world.status.is_signed_in:
            self.session = ""
            self.drop_erasures()

    def collect(self) -> None:
        """What waited for a press and waits no more: its end is fetched."""
        if self.is_socket_away or not self.world.is_running:
            return
        waiting = {ask.ask_id for ask in self.world.control.state.asks}
        for ask_id in [ask_id for ask_id in self.asks if ask_id not in waiting]:
            ask = self.asks.pop(ask_id)
            with suppress(VigcamError):
                self._fetch(ask)

    def _fetch(self, ask: PendingAsk) -> None:
        if ask.recordings:
            answer = self.poll(m.ErasePoll(session=self.session or "x" * 20, ask_id=ask.ask_id))
            if isinstance(answer, m.Erased):
                self.fired["erased for good"] += 1
                for recording in ask.recordings:
                    self.watch.expect("erased", recording=recording, stage="begun")
                    self.watch.expect("erased", recording=recording, stage="done")
        else:
            answer = self.poll(m.SignInPoll(ask_id=ask.ask_id))
            if isinstance(answer, m.SignedIn):
                self.watch.expect("sign_in_confirmed", ask=ask.ask_id)
                self.watch.expect("signed_in", ask=ask.ask_id, practitioner=answer.practitioner)
                self._signed_in(answer)

    def _signed_in(self, answer: m.SignedIn) -> None:
        who = self.made.practitioners.index(answer.practitioner)
        leave = self.model.leave
        if leave is not None and (leave.case, who) not in self.cases:
            self.model.leave = None  # one practitioner's leave must not film another's family
        self.session, self.who = answer.session, who
        self.drop_erasures()

    def poll(self, verb: m.Verb) -> m.Answer:
        """Ask until it is no more being worked on."""

        def look() -> m.Answer | None:
            answer = self.world.ask(verb, m.Answer)
            return None if isinstance(answer, m.SignInWaiting | m.EraseWaiting) else answer

        return soon(look)

    def drop_erasures(self) -> None:
        """Who asked to erase is not signed in any more: no press means it now."""
        for ask_id in [ask_id for ask_id, ask in self.asks.items() if ask.recordings]:
            del self.asks[ask_id]

    # --- asking ------------------------------------------------------------------------------------------------------------

    def ask(self, verb: m.Verb, expected: type[A]) -> A | None:
        """The answer, or None where the daemon refused."""
        try:
            return self.world.ask(verb, expected)
        except DaemonUnreachable:
            assert self.is_socket_away or not self.world.is_running, "the daemon does not answer"
        except SignInNeeded:
            self.session = ""
        except VigcamError as error:
            self.fired[f"refused: {error.code}"] += 1
            if error.code == VigcamError.code and not self.world.disk.calls_failed:
                raise AssertionError(f"a defect met {verb!r}") from error
        return None

    def sign_in(self, who: int) -> None:
        """Passphrase, press, scrypt."""
        name = self.made.practitioners[who]
        waiting = self.ask(m.SignInBegin(username=name, passphrase=PASSPHRASE), m.SignInWaiting)
        if waiting is None:
            return
        self.watch.expect("sign_in_asked", ask=waiting.ask_id)
        self.asks[waiting.ask_id] = PendingAsk(waiting.ask_id, self.world.now_ns)
        self.press()

    def press(self) -> None:
        """A short press; what it means for what waits, the model says first."""
        self.before_a_press()
        was_on = self.world.camera.is_open and not self.is_held
        self.world.press()
        if was_on and self.world.camera.is_open:
            raise PromiseBroken("P5", "a press did not stop the sensor")
        self.is_held = False
        self.collect()

    def before_a_press(self) -> None:
        """If just one thing waits, a press confirms it."""
        now_ns = self.world.now_ns
        waiting = [ask for ask in self.asks.values() if now_ns < ask.asked_ns + ASK_NS]
        if len(waiting) == 1:
            self.watch.may_go |= set(waiting[0].recordings)
