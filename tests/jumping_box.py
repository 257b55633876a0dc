"""A box whose daemon lives in the test's own process, so that its clocks can jump: time goes by as it does, and more when told.

Real files, socket, signatures and encoder; the panel is one of plain flags. The camera keeps the machine's own time, and
scrypt is quick: its slowness is not what is tested.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest import mock

from capture_box import CaptureBox, wait_until
from faults import FaultyDisk, order, recall
from record_box import WORK_FACTOR
from strict_front import FlagPanel

from capture import messages as m
from capture.config import FILE_NAME, load_config
from capture.daemon import Daemon, Hardware
from capture.keyring import Keyrings
from capture.listening import listen
from capture.recorder.model import NS, AskTakenBack
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import Profile
from device.power import UnknownPower
from device.simulated import SimulatedCamera

NOON_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SMALL = Profile(width=320, height=180, fps=30, bitrate=500_000)


@dataclass
class JumpingClock:
    """A `ports.Clock`: boot time goes on by itself and jumps forward alone (a suspend); the system's wall time jumps anyhow."""

    boot_id: str = "a" * 32
    has_rtc: bool = False
    began_ns: int = field(default_factory=time.monotonic_ns)
    slept_ns: int = NS
    wall_offset_ms: int = 0

    def boottime_ns(self) -> int:
        return time.monotonic_ns() - self.began_ns + self.slept_ns

    def wall_ms(self) -> int:
        return self.boottime_ns() // 1_000_000 + self.wall_offset_ms

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept_ns += round(seconds * NS)

    def set_system(self, wall_ms: int) -> None:
        self.wall_offset_ms = wall_ms - self.boottime_ns() // 1_000_000


class HeldPanel(FlagPanel):
    """A panel whose button may be down at power-on."""

    is_down = False

    def is_button_down(self) -> bool:
        return self.is_down


class JumpingBox(CaptureBox):
    """As `CaptureBox`, with `clock` in the test's hand. `boots` counts the power-ons."""

    def __init__(self, folder: Path, *, has_rtc: bool = False, system_ms: int = 0) -> None:
        super().__init__(folder)
        self.has_rtc = has_rtc
        self.orders = folder.with_name(f"{folder.name}-orders")
        self.orders.mkdir()
        self.disk = FaultyDisk(SystemDisk(), self.orders)
        self.boots = 0
        self.daemon: Daemon | None = None
        self._power_on(system_ms)

    def _power_on(self, system_ms: int) -> None:
        self.boots += 1
        self.clock = JumpingClock(boot_id=f"{self.boots:032x}", has_rtc=self.has_rtc)
        self.clock.set_system(system_ms)

    def start(self, *more: str, held: bool = False) -> JumpingBox:
        assert not more
        config = load_config(self.folder / FILE_NAME)
        self.panel = HeldPanel()
        self.panel.is_down = held
        self.camera = SimulatedCamera(SMALL, SystemClock())
        hardware = Hardware(self.camera, self.panel, self.clock, UnknownPower(), self.disk)
        with mock.patch("capture.daemon.Keyrings", partial(Keyrings, work_factor=WORK_FACTOR)):
            self.daemon = Daemon(self.folder, config, hardware, listen(config.socket.path_in(self.folder)))
        self._thread = threading.Thread(target=self.daemon.run, name="control", daemon=True)
        self._thread.start()
        assert self.panel.heard.wait(10)
        if held:
            self.pass_s(1.2)
        return self

    def stop(self, number: int = 0) -> int:
        assert self.daemon is not None
        self.daemon.stop()
        self._thread.join(20)
        assert not self._thread.is_alive(), "the daemon does not end"
        self.daemon = None
        return 0

    def reboot(self, system_ms: int = 0, *, held: bool = False) -> JumpingBox:
        """Another boot: all that the daemon knew in RAM is gone, and the system's clock says what it says."""
        if self.daemon is not None:
            self.stop()
        self._power_on(system_ms)
        return self.start(held=held)

    def close(self) -> None:
        if self.daemon is not None:
            self.stop()

    def pass_s(self, seconds: float) -> None:
        """Boot time goes on by so much at once, and the daemon looks at it."""
        assert self.daemon is not None
        self.clock.sleep(seconds)
        self.daemon._recorder.post_and_wait(AskTakenBack(self.clock.boottime_ns(), "nobody's"))  # any event wakes it

    def down(self) -> None:
        assert self.panel.listener is not None
        self.panel.listener.button_down(self.clock.boottime_ns())

    def up(self) -> None:
        assert self.panel.listener is not None
        self.panel.listener.button_up(self.clock.boottime_ns())

    def press(self, seconds: float = 0.1) -> None:
        self.down()
        self.pass_s(seconds)
        self.up()

    def hold(self) -> None:
        """Long enough to film, beginning late enough after the last stop."""
        self.pass_s(1.2)
        self.press(1.1)

    def offer(self, wall_ms: int, *, is_confirmed: bool = False) -> m.Status:
        verb = m.OfferClock(session=self.session, wall_ms=wall_ms, is_confirmed=is_confirmed)
        self.client.call(verb, m.Done)
        return self.status()

    def enter(self) -> None:
        """Sign in, and offer no clock."""
        verb = m.SignInBegin(username=self.username, passphrase=self.passphrase)
        waiting = self.client.call(verb, m.SignInWaiting)
        self.press()
        self.session = self._poll(waiting.ask_id).session

    def repair(self, wall_ms: int) -> m.ClockRepaired:
        return self.client.call(m.RepairClock(setup_code=self.provisioned.setup_code, wall_ms=wall_ms), m.ClockRepaired)

    def logged(self, event: str) -> list[str]:
        """The log's lines of one event; a line that the control thread handed in is waited for by nobody else."""
        lines = (self.folder / "audit.log").read_text().splitlines()
        return [line for line in lines if f'"event":"{event}"' in line]

    @contextmanager
    def held_log(self) -> Iterator[None]:
        """Meanwhile no line of the log reaches the disk."""
        order(self.orders, "sync_data", "hold audit.log")
        try:
            yield
        finally:
            recall(self.orders, "sync_data")

    def filming(self) -> None:
        self.hold()
        self.wait_for("recording")


@contextmanager
def jumping_box(folder: Path, *, has_rtc: bool = False, system_ms: int = 0) -> Iterator[JumpingBox]:
    """Switched on with its button held, somebody enrolled and signed in; nobody told it the time."""
    box = JumpingBox(folder, has_rtc=has_rtc, system_ms=system_ms)
    try:
        box.start(held=True)
        wait_until(lambda: box.status().is_enrolment_open)
        box.enrol()
        box.enter()
        yield box
    finally:
        box.close()
