"""Holds a whole daemon to its promises after each step of a test: by what was seen of lamp, sensor and button, by the model of
consent, by the files of the vault and by the log. Asks the daemon for nothing that it could answer in its own favour.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from consent_model import MS, ConsentModel
from daemon_world import DaemonWorld
from log_follower import Line, LogBroken
from moved_clock import NS
from patience import soon
from power_witness import Seen, Sight

from capture.audit.verify import Verdict, verify_log
from capture.model import Scope

HOLD_NS = NS
_RETAKE_NS = NS - 50 * MS
"""From the stop to a hold that counts; the witness sees the sensor go off a little after the stop."""
_LATE_NS = 1_500 * MS
"""A lease is looked at between two steps of the test's time; a lamp once a second."""
_LAMP_NS = 2_500 * MS
_A_CHUNK = 66_000
"""A part longer than this holds footage."""

PLANTED = "Wilhelmina"
"""Stands in every label and every basis that the test tells the daemon."""


class PromiseBroken(AssertionError):
    """A promise that did not hold."""

    def __init__(self, promise: str, what: str) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of the vault as it was last seen."""

    size: int
    sha256: str
    is_sealed: bool


class PromiseWatch:
    """`look` after each step. `may_go` are the recordings whose erasure somebody asked for rightly and pressed for."""

    def __init__(self, world: DaemonWorld, model: ConsentModel) -> None:
        self.world, self.model = world, model
        self.may_go: set[str] = set()
        self.films = 0
        self.lines: list[Line] = []
        """Those that came in this step."""
        self.arming_of: dict[str, str] = {}
        """By which arming each recording was filmed."""
        self._looked = 0
        self._down: Seen | None = None
        self._last_press: tuple[int, int | None] = (0, None)
        self._is_lit = self._is_on = False
        self._opened_at = self._lease_end_ns = 0
        self._off_ns = -_RETAKE_NS
        self._kept: dict[str, _Kept] = {}

    def begin_step(self) -> None:
        self.lines = []

    def begin_boot(self) -> None:
        """Boot time begins anew: what was before lies behind all of it."""
        self._last_press, self._off_ns = (0, None), -_RETAKE_NS

    def see(self) -> None:
        """What the witness saw by now, judged by the leave that holds now: before the test itself changes that."""
        self.read_log()
        self._look_at_what_was_seen()

    def look(self) -> None:
        """Everything. Raises PromiseBroken."""
        self.see()
        self._look_at_the_present()
        self._look_at_the_vault()

    # --- P10 ----------------------------------------------------------------------------------------------------------------

    def read_log(self) -> None:
        try:
            new = self.world.log.read_on()
        except (LogBroken, OSError, ValueError, KeyError) as error:
            raise PromiseBroken("P10", f"the log does not hold: {error}") from error
        self.lines += new
        for line in new:
            self._look_at_an_erasure(line)
            if line.event == "recording_opening":
                self.arming_of[str(line.fields["recording"])] = str(line.fields["arming"])

    def expect(self, event: str, **fields: object) -> Line:
        """The line that what was just done must have left. Raises PromiseBroken where there is none."""
        found: list[Line] = []

        def look() -> bool:
            self.read_log()
            found[:] = [line for line in self.lines if line.says(event, **fields)]
            return bool(found) or self.world.disk.has_log_failed

        try:
            soon(look, 5)
        except TimeoutError:
            raise PromiseBroken("P10", f"no line says {event} {fields}") from None
        if found and (found[-1].boot != self.world.clock.boot_id or found[-1].boottime_ms > self.world.now_ns // MS):
            raise PromiseBroken("P10", f"the line of {event} names another boot or moment: {found[-1]}")
        if not found:
            raise PromiseBroken("P10", f"{event} {fields} was done while the log could not be written")
        return found[-1]

    def expect_unless_log_failed(self, event: str, **fields: object) -> None:
        """The same for what must not be refused because a disk failed: stopping, signing out, marking what is filmed anyhow."""
        try:
            self.expect(event, **fields)
        except PromiseBroken:
            if not self.world.disk.has_log_failed:
                raise

    def life_must_have_ended(self) -> None:
        """An orderly end is the life's last line."""
        self.read_log()
        events = [line.event for line in self.world.log.lines]
        if events[-1] != "stopped" and not self.world.disk.has_log_failed:
            raise PromiseBroken("P10", f"the daemon ended, and the log ends with {events[-1]}")

    def verify_all(self) -> None:
        """The product's own verifier, log and vault together; and that no planted name stands in the log."""
        report = verify_log(self.world.folder / "audit.log", self.world.folder / "vault")
        if report.verdict is not Verdict.GOOD:
            raise PromiseBroken("P10", f"audit verify says {report.verdict}: {report.bad_line} {report.findings}")
        if PLANTED.lower().encode() in (self.world.folder / "audit.log").read_bytes().lower():
            raise PromiseBroken("P10", "a name stands in the log")

    # --- P1, P3, P4 ------------------------------------------------------------------------------------------------------

    def _look_at_what_was_seen(self) -> None:
        seen = self.world.witness.seen
        for one in seen[self._looked :]:
            match one.sight:
                case Sight.DOWN:
                    self._last_press = (one.at_ns, None)
                case Sight.UP:
                    self._last_press = (self._last_press[0], one.at_ns)
                case Sight.LIT:
                    self._is_lit = True
                case Sight.DARK:
                    if self._is_on:
                        raise PromiseBroken("P4", "the lamp went dark over an open sensor")
                    self._is_lit = False
                case Sight.ON:
                    self._look_at_a_rise(one)
                    self._is_on = True
                case Sight.OFF:
                    self._is_on, self._off_ns = False, one.at_ns
                    if one.at_ns > self._lease_end_ns + _LATE_NS:
                        raise PromiseBroken("P3", "the sensor was on after its lease")
                case Sight.CUT:
                    self._is_on = self._is_lit = False
                    self._last_press, self._off_ns = (0, None), -_RETAKE_NS
        self._looked = len(seen)

    def _look_at_a_rise(self, rise: Seen) -> None:
        leave, (down_ns, up_ns) = self.model.leave, self._last_press
        if not (self._is_lit and rise.is_line_high):
            raise PromiseBroken("P4", "the sensor opened in the dark")
        if leave is None:
            raise PromiseBroken("P1", "the sensor opened, and nobody had armed")
        if down_ns <= leave.armed_ns or (up_ns or rise.at_ns) - down_ns < HOLD_NS:
            raise PromiseBroken("P1", f"the sensor opened without a hold after arming: {leave} {self._last_press}")
        if down_ns - self._off_ns < _RETAKE_NS:
            raise PromiseBroken("P1", "the sensor opened by a hold that began within a second of the stop")
        if not leave.armed_ns < rise.at_ns < leave.end_ns + _LATE_NS:
            raise PromiseBroken("P3", "the sensor opened after its lease")
        if not self.model.permits(Scope.FILM, leave.case, leave.present, rise.at_ns):
            raise PromiseBroken("P3", f"the sensor opened without everybody's consent: {self.model}")
        opening = [line for line in self.world.log.lines if self._opened_at < line.end <= rise.log_bytes]
        if not any(line.event in ("recording_opening", "framing_opening") for line in opening):
            raise PromiseBroken("P10", "the sensor opened before its line was in the log")
        if not any(line.fields.get("arming") == leave.arming for line in opening):
            raise PromiseBroken("P10", "the line of this opening names another arming")
        self._opened_at, self._lease_end_ns = rise.log_bytes, leave.end_ns
        self.films += 1

    def _look_at_the_present(self) -> None:
        now_ns, leave = self.world.now_ns, self.model.leave
        if not self._is_on:
            return
        if leave is None:
            raise PromiseBroken("P1", "the sensor is on, and there is no leave any more")
        if now_ns > leave.end_ns + _LATE_NS:
            raise PromiseBroken("P3", "the sensor is on after its lease")
        loose_ns = self.world.tally_line.loose_since_ns
        if loose_ns is not None and now_ns - loose_ns > _LAMP_NS:
            raise PromiseBroken("P4", "the sensor is on, and the lamp has been dark for seconds")

    # --- P9 --------------------------------------------------------------------------------------------------------------

    def _look_at_an_erasure(self, line: Line) -> None:
        if line.event != "erased":
            return
        recording = str(line.fields["recording"])
        if line.fields["stage"] == "found_gone" or recording not in self.may_go:
            raise PromiseBroken("P9", f"{recording} was erased ({line.fields['stage']}), and nobody had pressed for it")

    def _look_at_the_vault(self) -> None:
        now = self._files()
        for recording, was in self._kept.items():
            if recording in self.may_go:
                continue
            found = now.get(recording)
            if found is None:
                raise PromiseBroken("P9", f"{recording} vanished")
            if was.is_sealed and found != was:
                raise PromiseBroken("P9", f"{recording} was sealed and has changed")
            if found.size < was.size:
                raise PromiseBroken("P9", f"{recording} has lost footage")
        self._kept = {recording: kept for recording, kept in now.items() if kept.is_sealed or kept.size > _A_CHUNK}

    def look_back(self, *, is_power_lost: bool) -> None:
        """A life has ended: what it did to its last moment. What a power cut took because it was not synced is no erasure."""
        self._look_at_what_was_seen()
        if is_power_lost:
            self._kept = {recording: kept for recording, kept in self._kept.items() if kept.is_sealed}
        self._look_at_the_vault()

    def _files(self) -> dict[str, _Kept]:
        found = {}
        for path in (self.world.folder / "vault").iterdir():
            recording, _, ending = path.name.partition(".")
            if ending in ("mp4.age", "mp4.age.part"):
                try:
                    data = path.read_bytes()
                except FileNotFoundError:  # renamed at this moment
                    data = path.with_suffix("").read_bytes()
                digest = hashlib.sha256(data).hexdigest() if ending == "mp4.age" else ""
                found[recording] = _Kept(len(data), digest, ending == "mp4.age")
        return found

    def sealed(self) -> dict[str, str]:
        """The sealed recordings, each with its SHA-256."""
        return {recording: kept.sha256 for recording, kept in sorted(self._kept.items()) if kept.is_sealed}

    def recordings(self) -> list[str]:
        """All that hold footage."""
        return sorted(self._kept)
