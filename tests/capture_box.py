"""A provisioned box in a folder with a real capture daemon process, a finger on its pipe and a client on its socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from capture import messages as m
from capture.client import CaptureClient
from capture.errors import DaemonUnreachable
from capture.model import ArmMode, Decision, Indication, ParentalResponsibility, Role, Scope
from capture.notices.texts import load_notices
from capture.provision import Provisioned, provision
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from device.clock import SystemClock
from device.disk import SystemDisk

T = TypeVar("T")

NOTICE = load_notices().current["en"]
_PATIENCE_S = 30.0


def wait_until(look: Callable[[], T], *, timeout_s: float = _PATIENCE_S) -> T:
    """The first true answer of `look`; fails the test when none comes in time."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.02)
    return found


class CaptureBox:
    """`program` is the daemon's command without its arguments, so that a test can put a faulty disk under it."""

    def __init__(self, folder: Path, program: Sequence[str] = (sys.executable, "-m", "capture"), port: int = 8443) -> None:
        self.folder = folder
        self.program = tuple(program)
        self.recovery = Identity.generate()
        self.provisioned: Provisioned = provision(
            folder,
            self.recovery.recipient,
            lambda challenge: unseal_bytes(challenge, self.recovery).decode(),
            names=("localhost",),
            addresses=("127.0.0.1",),
            port=port,
            disk=SystemDisk(),
            clock=SystemClock(),
        )
        self.client = CaptureClient(folder / "run" / "capture.sock")
        self.process: subprocess.Popen[bytes] | None = None
        self._finger = -1
        self.session = ""
        self.username = ""
        self.passphrase = ""
        self.log = folder.parent / f"{folder.name}.log"

    # --- the daemon -----------------------------------------------------------------------------------------------------

    def start(self, *more: str, held: bool = False) -> CaptureBox:
        """Start the daemon; with `held` the button is down through power-on."""
        read_end, self._finger = os.pipe()
        if held:
            os.write(self._finger, b"d")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "--dir", str(self.folder), "--simulated", "--finger-fd", str(read_end), *more],
                pass_fds=(read_end,),
                stderr=log,
                start_new_session=True,
            )
        os.close(read_end)
        wait_until(self._is_up)
        return self

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.status().state != "booting" or True
        except DaemonUnreachable:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the daemon and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(_PATIENCE_S)
        os.close(self._finger)
        self._finger = -1
        self.process = None
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        if self.process is not None:
            self.kill()

    def status(self) -> m.Status:
        return self.client.call(m.GetStatus(), m.Status)

    def wait_for(self, *states: str) -> m.Status:
        def look() -> m.Status | None:
            status = self.status()
            return status if status.state in states else None

        return wait_until(look)  # type: ignore[return-value]

    # --- the finger -----------------------------------------------------------------------------------------------------

    def down(self) -> None:
        os.write(self._finger, b"d")

    def up(self) -> None:
        os.write(self._finger, b"u")

    def mark(self) -> None:
        os.write(self._finger, b"m")

    def press(self, seconds: float = 0.15) -> None:
        self.down()
        time.sleep(seconds)  # a press lasts as long as it lasts: the daemon measures real time
        self.up()
        time.sleep(0.05)

    # --- the practitioner -----------------------------------------------------------------------------------------------

    def enrol(self) -> None:
        """Needs `start(held=True)`."""
        wait_until(lambda: self.status().is_enrolment_open)
        self.up()
        enrolled = self.client.call(m.Enrol(setup_code=self.provisioned.setup_code), m.Enrolled)
        self.username, self.passphrase = enrolled.username, enrolled.passphrase

    def sign_in(self) -> m.SignedIn:
        waiting = self.client.call(m.SignInBegin(username=self.username, passphrase=self.passphrase), m.SignInWaiting)
        self.press()
        answer = self._poll(waiting.ask_id)
        self.session = answer.session
        self.client.call(m.OfferClock(session=self.session, wall_ms=time.time_ns() // 1_000_000, is_confirmed=True), m.Done)
        return answer

    def _poll(self, ask_id: str) -> m.SignedIn:
        def look() -> m.SignedIn | None:
            answer = self.client.call(m.SignInPoll(ask_id=ask_id), m.Answer)
            return answer if isinstance(answer, m.SignedIn) else None

        return wait_until(look)  # type: ignore[return-value]

    def ready(self, *more: str) -> CaptureBox:
        """Started, enrolled, signed in."""
        self.start(*more, held=True)
        self.enrol()
        self.sign_in()
        return self

    def open_case(self) -> tuple[str, str, str]:
        """A case with an adult who holds parental responsibility, and a child: code and both ids."""
        case = self.client.call(m.OpenCase(session=self.session), m.CaseFound).case.code
        adult = self.add(case, "Adult A", Role.PARENT, ParentalResponsibility.HOLDS)
        child = self.add(case, "Child B", Role.CHILD)
        return case, adult, child

    def add(self, case: str, label: str, role: Role, holds: ParentalResponsibility = ParentalResponsibility.NONE) -> str:
        verb = m.AddParticipant(
            session=self.session, case=case, label=label, role=role, is_child=role is Role.CHILD, responsibility=holds
        )
        return self.client.call(verb, m.ParticipantAdded).participant_id

    def consent(
        self,
        case: str,
        person: str,
        giver: str,
        decision: Decision = Decision.GIVEN,
        scope: Scope = Scope.FILM,
        *,
        valid_days: int = 60,
    ) -> None:
        verb = m.RecordConsent(
            session=self.session,
            case=case,
            participant_id=person,
            scope=scope,
            decision=decision,
            given_by=giver,
            indication=Indication.SIGNED_PAPER,
            valid_days=valid_days,
            notice_hash=NOTICE.text_hash,
            notice_version=NOTICE.version,
            notice_language=NOTICE.language,
        )
        self.client.call(verb, m.Done)

    def family(self) -> tuple[str, str, str]:
        """A case whose adult and child may be filmed, and their film looked at by their practitioner."""
        case, adult, child = self.open_case()
        for scope in (Scope.FILM, Scope.PRACTITIONER_REVIEW):
            self.consent(case, adult, adult, scope=scope)
            self.consent(case, child, adult, scope=scope)
        return case, adult, child

    def arm(self, case: str, *present: str, mode: ArmMode = ArmMode.FILM) -> m.Armed:
        return self.client.call(m.Arm(session=self.session, case=case, present=present, mode=mode), m.Armed)

    def film(self, seconds: float) -> str:
        """Armed already: hold, film, stop with a press; the recording's id."""
        self.press(1.15)
        recording_id = self.wait_for("recording").recording_id
        time.sleep(seconds)
        self.press()
        self.wait_for("armed", "idle")
        return recording_id
