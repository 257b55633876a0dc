"""A whole capture daemon inside the test's process: real threads, SQLite, log, socket, vault, camera and mock lines. Time and
disk are the test's, and so are reboots and cuts. Judges nothing.
"""

from __future__ import annotations

import select
import shutil
import socket
import threading
from pathlib import Path
from typing import TypeVar

from gpiozero.pins.mock import MockPWMPin
from log_follower import LogFollower
from made_box import MadeBox
from moved_clock import MovedClock
from patience import PATIENCE_S, soon
from power_witness import Sight, Witness, WitnessedPanel
from troubled_disk import TroubledDisk
from witnessed_camera import WitnessedCamera

from capture import config
from capture.client import CaptureClient
from capture.control import Control
from capture.daemon import Daemon, Hardware
from capture.errors import DaemonUnreachable
from capture.listening import listen
from capture.messages import Answer, GetStatus, Status, Verb, encode
from capture.recorder.model import AskTakenBack, Phase
from device.panel import GpioPanel
from device.pins import Pins, mock_factory
from device.power import UnknownPower
from device.ticker import Turn

_STEP_S = 0.4
_LONG_PRESS_S = 11.0
"""After this nothing more follows from a button that is down."""

A = TypeVar("A", bound=Answer)


class LooseLine(MockPWMPin):
    """The tally's line: reads dark since it is loose, whatever it is told."""

    loose_since_ns: int | None = None

    def _get_state(self) -> object:
        return super()._get_state() if self.loose_since_ns is None else 0


class _Turns:
    """A `Ticker` that turns when the test, or the panel itself, says so."""

    def __init__(self) -> None:
        self.wake: Turn = lambda: 1.0  # type: ignore[assignment]

    def start(self, turn: Turn) -> None:
        self.wake = turn
        turn()

    def close(self) -> None:
        self.wake = lambda: 1.0


class _WatchedDaemon(Daemon):
    """Gives up without taking the test's process with it."""

    has_died = False

    def die(self) -> None:
        self.has_died = True


class DaemonWorld:
    """`start` begins a life of the daemon, `end`, `cut` and `reboot` end it; the box's folder moves with each cut."""

    def __init__(self, made: MadeBox, root: Path) -> None:
        self.made, self._root, self._lives = made, root, 0
        self.folder = root / "box"
        shutil.copytree(made.folder, self.folder)
        self.clock = MovedClock()
        self.log = LogFollower(self.folder / "audit.log")
        self.witness = self._new_witness()
        self.client = CaptureClient(self.folder / "run" / "capture.sock", PATIENCE_S)
        self.failure: BaseException | None = None

    def _new_witness(self) -> Witness:
        return Witness(self.clock, lambda: (self.folder / "audit.log").stat().st_size)

    # --- lives ---------------------------------------------------------------------------------------------------------

    def start(self, *, held: bool = False) -> None:
        """A new process; with `held` the button is down as it begins."""
        settings = config.load_config(self.folder / config.FILE_NAME)
        self.disk = TroubledDisk()
        self.camera = WitnessedCamera(settings.camera.profile, self.clock, self.witness)
        self._lines = mock_factory()
        self.tally_line = self._lines.pin(Pins().tally)
        self.tally_line.__class__ = LooseLine
        self.witness.is_line_high = lambda: bool(self.tally_line.state)
        self._turns = _Turns()
        panel = GpioPanel(Pins(), self._lines, self.clock, self._turns)
        self.panel = WitnessedPanel(panel, self.witness)
        if held:
            self._lines.pin(Pins().button).drive_low()
        hardware = Hardware(self.camera, self.panel, self.clock, UnknownPower(), self.disk)
        self.failure = None
        listener = listen(settings.socket.path_in(self.folder))
        self.daemon = _WatchedDaemon(self.folder, settings, hardware, listener)
        self._thread = threading.Thread(target=self._run, args=(self.daemon,), name="control", daemon=True)
        self._thread.start()
        assert self.panel.heard.wait(PATIENCE_S), self.failure
        self.settle()

    def _run(self, daemon: Daemon) -> None:
        try:
            daemon.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            if daemon is self.daemon:  # what a dead one still does is nobody's concern
                self.failure = error

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        """As the service manager ends it."""
        self.daemon.stop()
        self._bury(self._thread, self.panel)

    def wait_for_the_end(self) -> None:
        """It was told to end."""
        self._bury(self._thread, self.panel)

    def cut(self, *, is_power_lost: bool) -> None:
        """The process is killed, or with power lost besides: its folder, as it lies, is what the next start finds."""
        old, thread, panel, disk = self.daemon, self._thread, self.panel, self.disk
        self._lives += 1
        new = self._root / f"box-{self._lives}"
        with disk.held(self.folder / "catalogue.sqlite"):
            disk.copy(self.folder, new, is_power_lost=is_power_lost)
            disk.die()
            self.daemon = None  # type: ignore[assignment]
            seen = self.witness.seen
            self.witness.seen = []  # what the dead still do, nobody sees
        old.stop()
        self._bury(thread, panel)
        shutil.rmtree(self.folder)
        self.folder = new
        self.log = self.log.after_a_cut(new / "audit.log")
        self.client = CaptureClient(new / "run" / "capture.sock", PATIENCE_S)
        self.witness = self._new_witness()
        self.witness.seen = seen
        self.witness.note(Sight.CUT)

    def new_boot(self, system_ms: int) -> None:
        """Power was off in between. Only while no daemon runs."""
        number = int(self.clock.boot_id, 16) + 1
        self.clock = self.clock.reboot(f"{number:032x}", system_ms)
        seen, self.witness = self.witness.seen, self._new_witness()
        self.witness.seen = seen

    def _bury(self, thread: threading.Thread, panel: WitnessedPanel) -> None:
        soon(lambda: not thread.is_alive() or self._turn())
        # gpiozero's own threads take their time to end: nothing here depends on them.
        threading.Thread(target=panel.close, daemon=True).start()

    def _turn(self) -> bool:
        self._turns.wake()
        return False

    # --- time --------------------------------------------------------------------------------------------------------

    @property
    def control(self) -> Control:
        assert isinstance(self.panel.listener, Control)
        return self.panel.listener

    @property
    def now_ns(self) -> int:
        return self.clock.boottime_ns()

    def wait(self, seconds: float) -> None:
        """Time passes; where something happens in it, in small steps, so that the camera keeps up."""
        left_s = seconds
        while left_s > 0 and self.is_running:
            is_soon = self.panel.is_button_down() and seconds - left_s < _LONG_PRESS_S
            step_s = min(_STEP_S, left_s) if self.camera.is_open or is_soon else left_s
            self.clock.move(step_s)
            left_s -= step_s
            self.settle()

    def settle(self) -> None:
        """Until everybody has done what was to be done by now."""
        if not self.is_running:
            return
        self._turns.wake()
        self.camera.catch_up()
        self._come_round()
        soon(lambda: self.control.state.phase not in _PASSING or not self.is_running)
        if self.control.state.phase is Phase.ENDED:
            self._bury(self._thread, self.panel)
            return
        self.daemon._sessions.lock_if_idle()
        self._come_round()

    def _come_round(self) -> None:
        """Once this is answered, the control thread has looked at the time."""
        self.control.post_and_wait(AskTakenBack(self.now_ns, "nobody"), PATIENCE_S)

    # --- hands ---------------------------------------------------------------------------------------------------------

    def down(self) -> None:
        self._lines.pin(Pins().button).drive_low()
        self.settle()

    def touch(self) -> None:
        """Down, and nobody waits for what comes of it."""
        self._lines.pin(Pins().button).drive_low()

    def up(self) -> None:
        self._lines.pin(Pins().button).drive_high()
        self.clock.move(0.03)  # it counts once it has stood open long enough
        self.settle()

    def press(self) -> None:
        self.down()
        self.wait(0.1)
        self.up()

    def mark(self) -> None:
        line = self._lines.pin(Pins().mark)
        line.drive_low()
        self.clock.move(0.03)
        line.drive_high()
        self.clock.move(0.03)
        self.settle()

    # --- the socket ------------------------------------------------------------------------------------------------------

    def ask(self, verb: Verb, expected: type[A]) -> A:
        """Raises what the daemon refused with."""
        return self.client.call(verb, expected)

    def ask_and_hang_up(self, verb: Verb) -> None:
        """Ask, and be gone before the answer comes; returns once the daemon has done with it. Raises DaemonUnreachable."""
        self.say_and_hang_up(encode(verb))

    def say_and_hang_up(self, data: bytes) -> None:
        """As `ask_and_hang_up`, whatever it is that is said."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(PATIENCE_S)
            try:
                connection.connect(str(self.folder / "run" / "capture.sock"))
            except OSError as error:
                raise DaemonUnreachable from error
            connection.shutdown(socket.SHUT_RD)
            connection.send(data)
            gone = select.poll()
            gone.register(connection, 0)  # POLLHUP comes unasked
            assert gone.poll(PATIENCE_S * 1_000), "the daemon keeps a connection for ever"

    @property
    def status(self) -> Status:
        return self.ask(GetStatus(), Status)


_PASSING = (Phase.PREPARING, Phase.LIGHTING, Phase.OPENING, Phase.SEALING)
