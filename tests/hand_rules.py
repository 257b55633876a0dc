"""The machine's rules of the hand at the box, and of time going by. Asks the page for nothing but to stop."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import rule
from machine_base import MachineBase
from made_box import IDLE_S
from patience import soon
from promise_watch import PromiseBroken

from capture import messages as m
from capture.errors import DaemonUnreachable, VigcamError

_SHORT_S = 0.96
_WAITS_S = (0.3, 0.5, 0.9, 2.0, 5.0, 12.0, 24.0, 61.0, 95.0, IDLE_S + 5.0, 7_200.0, 90_000.0, 40 * 86_400.0)
_ANSWERS = ("press", "refused_press", "fault", "fault_acknowledged", "shutdown", "enrolment_opened")
"""One of these stands in the log after any whole press: nothing that a hand does goes unseen."""


class HandRules(MachineBase):
    """Presses, holds, marks; and waiting."""

    @rule()
    def short_press(self) -> None:
        self.fire("press")
        self.let_go()
        was_on = self.world.camera.is_open
        self.before_a_press()
        self.world.down()
        if was_on:
            self.sensor_must_be_off("a press")
        self.world.wait(0.1)
        self.world.up()
        self.press_is_logged()

    @rule(seconds=st.sampled_from([0.5, 0.9, 1.1, 1.3, 1.3, 3.0, 4.9, 5.3, 11.0]))
    def hold(self, seconds: float) -> None:
        self.fire("hold")
        self.let_go()
        self.hold_for(seconds)
        self.press_is_logged()

    def hold_for(self, seconds: float) -> None:
        was_on = self.world.camera.is_open
        if seconds <= _SHORT_S:
            self.before_a_press()
        self.world.down()
        if was_on:
            self.sensor_must_be_off("the first contact of a hold")
        self.world.wait(seconds)
        self.world.up()

    @rule()
    def leans_on_the_button(self) -> None:
        self.fire("lean")
        self.let_go()
        was_on = self.world.camera.is_open
        self.world.down()
        self.is_held = True
        if was_on:
            self.sensor_must_be_off("a press")

    @rule()
    def lets_go(self) -> None:
        self.fire("let go")
        self.let_go()

    def let_go(self) -> None:
        if self.is_held:
            self.before_a_press()
            self.world.up()
            self.is_held = False
            self.watch.see()

    @rule()
    def marks(self) -> None:
        self.fire("mark")
        was_recording = self.world.control.state.phase.value == "recording" and self.world.camera.is_open
        self.world.mark()
        if was_recording and self.world.camera.is_open:
            self.watch.expect_unless_log_failed("mark")

    @rule(seconds=st.sampled_from(_WAITS_S))
    def time_goes_by(self, seconds: float) -> None:
        self.fire("wait")
        self.world.wait(seconds)

    # --- stopping ----------------------------------------------------------------------------------------------------------

    @rule(hangs_up=st.booleans())
    def somebody_stops_it_on_the_page(self, hangs_up: bool) -> None:
        self.fire("stop on the page")
        if not hangs_up:
            if self.ask(m.Stop(), m.Done) is not None:
                self.sensor_must_be_off("a stop on the page")
            return
        with suppress(DaemonUnreachable):
            self.world.ask_and_hang_up(m.Stop())
            self.sensor_must_be_off("a stop on the page")

    @rule(by=st.sampled_from(["press", "page"]))
    def stop_comes_while_the_disk_stalls(self, by: str) -> None:
        self.fire("stop while the disk stalls")
        if not self.is_held and self.world.camera.is_open:
            self.stop_while_the_disk_stalls(by)

    def stop_while_the_disk_stalls(self, by: str) -> None:
        """Nothing comes back from the disk, be it files or catalogue: the sensor goes off all the same."""
        presses = self._presses()
        with self.world.disk.held(self.world.folder / "catalogue.sqlite"):
            try:
                if by == "page" and not self.is_socket_away:
                    self.world.ask(m.Stop(), m.Done)
                else:
                    self.world.touch()
                soon(lambda: not self.world.camera.is_open, 5)
            except (TimeoutError, VigcamError) as error:
                raise PromiseBroken("P5", f"the sensor stayed on until the disk went on: {error}") from None
        self.world.wait(0.1)
        self.world.up()
        self.fired["stopped while the disk stalled"] += 1
        if by == "press" and self.world.is_running:
            try:
                soon(lambda: self._presses() > presses or self.world.disk.has_log_failed, 5)
            except TimeoutError:
                raise PromiseBroken("P10", "the press that stopped left no line") from None

    def _presses(self) -> int:
        self.watch.read_log()
        return sum(line.event == "press" for line in self.world.log.lines)

    def sensor_must_be_off(self, why: str) -> None:
        if self.world.camera.is_open:
            raise PromiseBroken("P5", f"{why} did not stop the sensor")

    def press_is_logged(self) -> None:
        if not self.world.is_running:
            return
        try:
            soon(self._is_answered, 5)
        except TimeoutError:
            raise PromiseBroken("P10", "a press left no line") from None

    def _is_answered(self) -> bool:
        self.watch.read_log()
        return self.world.disk.has_log_failed or any(line.event in _ANSWERS for line in self.watch.lines)
