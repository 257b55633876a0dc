"""The machine's rules of what befalls a box: restarts, cuts, disk, lamp, camera, socket. Nobody acts here but at the switch."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule
from machine_base import MachineBase
from promise_watch import PromiseBroken
from witnessed_camera import Trouble

from capture import messages as m
from capture.errors import VigcamError

_DISK_TROUBLES = {
    "full": (("write", errno.ENOSPC, ""), ("create", errno.ENOSPC, ""), ("write_all", errno.ENOSPC, "")),
    "no room for film": (("write", errno.ENOSPC, ".part"),),
    "film not synced": (("sync_data", errno.EIO, ".part"),),
    "film not closed": (("sync", errno.EIO, ".part"),),
    "no header": (("create", errno.EIO, ".part"),),
    "no new names": (("rename", errno.EIO, ""),),
    "folder not synced": (("sync_folder", errno.EIO, "vault"),),
    "nothing removed": (("unlink", errno.EIO, ""),),
    "nothing overwritten": (("overwrite", errno.EIO, ""),),
    "log refused": (("write_all", errno.EIO, "audit.log"),),
    "log not synced": (("sync_data", errno.EIO, "audit.log"),),
}
HOW = {"end": "end", "page": "page", "kill": "kill", "power": "power", "held": "end"}
_LITTLE_BYTES = 150_000_000
_TOO_LITTLE_BYTES = 50_000_000
TROUBLES = (
    "lamp loose",
    "socket away",
    *(f"camera {trouble.value}" for trouble in Trouble if trouble is not Trouble.NONE),
    "disk little room",
    "disk too little room",
    *(f"disk {trouble}" for trouble in _DISK_TROUBLES),
)


class TroubleRules(MachineBase):
    """Whatever happens here, nothing may film by itself and nothing may vanish."""

    # --- restarts ----------------------------------------------------------------------------------------------------------

    @rule(how=st.sampled_from(list(HOW)), is_new_boot=st.booleans(), wrong_days=st.sampled_from([0, -400, 3]))
    def restarts(self, how: str, is_new_boot: bool, wrong_days: int) -> None:
        self.fire(f"restart: {how}")
        is_held = how == "held"
        self.restart(HOW[how], is_new_boot=is_new_boot or how == "power", wrong_days=wrong_days, is_held=is_held)
        if is_held and not self.world.status.is_enrolment_open:
            raise PromiseBroken("P2", "the button was held through power-on, and no window opened")
        if is_held:
            self.world.up()
            self.is_held = False

    def restart(self, how: str, *, is_new_boot: bool, wrong_days: int = 0, is_held: bool = False) -> None:
        self.watch.read_log()
        match how:
            case "page" if self.session and self.ask(m.ShutDown(session=self.session), m.Done) is not None:
                self.world.wait_for_the_end()
            case "page" | "end":
                self.world.end()
            case _:
                self.world.cut(is_power_lost=how == "power")
        self.watch.look_back(is_power_lost=how == "power")
        self.begin_life(is_new_boot=is_new_boot, wrong_days=wrong_days, is_held=is_held)

    def begin_life(self, *, is_new_boot: bool, wrong_days: int = 0, is_held: bool = False) -> None:
        """A new process, which knows nothing of leave and session."""
        if is_new_boot:
            self.world.new_boot(self.world.clock.true_ms + wrong_days * 86_400_000)
            self.model.offset_ms = None
            self.watch.begin_boot()
        self.model.leave = None
        self.session, self.is_socket_away, self.is_held = "", False, is_held
        self.asks.clear()
        self.world.start(held=is_held)
        self.watch.expect("started")
        status = self.world.status
        if status.armed_case or status.is_sensor_open or self.world.camera.is_open or status.is_signed_in:
            raise PromiseBroken("P2", f"after a start the box is {status.state}, case {status.armed_case!r}")
        self.world.wait(1.5)
        if self.world.camera.is_open or self.world.status.state not in ("idle", "booting"):
            raise PromiseBroken("P2", "the box did something by itself after a start")

    # --- what fails, and is well again -----------------------------------------------------------------------------------------

    @rule(trouble=st.sampled_from(TROUBLES))
    def something_fails(self, trouble: str) -> None:
        self.fire(f"trouble: {trouble}")
        self.bring_about(trouble)

    @rule(what=st.sampled_from(["disk", "disk", "lamp", "camera", "socket"]))
    def something_is_well_again(self, what: str) -> None:
        self.fire(f"well: {what}")
        self.make_well(what)

    def bring_about(self, trouble: str) -> None:
        what, _, how = trouble.partition(" ")
        match what, how:
            case "lamp", _:
                line = self.world.tally_line
                line.loose_since_ns = line.loose_since_ns or self.world.now_ns
            case "camera", _:
                self.world.camera.trouble = Trouble(how)
            case "socket", _:
                self.take_socket_away()
            case _, "little room":
                self.world.disk.room_bytes = _LITTLE_BYTES
            case _, "too little room":
                self.world.disk.room_bytes = _TOO_LITTLE_BYTES
            case _:
                for operation, number, path_end in _DISK_TROUBLES[how]:
                    self.world.disk.fail(operation, number, path_end)

    def make_well(self, what: str) -> None:
        match what:
            case "lamp":
                self.world.tally_line.loose_since_ns = None
            case "camera":
                self.world.camera.trouble = Trouble.NONE
            case "socket":
                self.bring_socket_back()
            case _:
                self.world.disk.get_well()

    def take_socket_away(self) -> None:
        if not self.is_socket_away:
            self._socket.rename(self._away)
            self.is_socket_away = True

    def bring_socket_back(self) -> None:
        if self.is_socket_away:
            self._away.rename(self._socket)
            self.is_socket_away = False

    @rule(data=st.binary(max_size=80))
    def somebody_talks_nonsense(self, data: bytes) -> None:
        self.fire("nonsense")
        with suppress(VigcamError):
            self.world.say_and_hang_up(data)

    @property
    def _socket(self) -> Path:
        return self.world.folder / "run" / "capture.sock"

    @property
    def _away(self) -> Path:
        return self._socket.with_name("capture.away.sock")
