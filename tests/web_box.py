"""A real box for the page's tests: provisioned in a folder, its daemon a process of its own, a finger on its button."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from capture.client import CaptureClient
from capture.errors import DaemonUnreachable
from capture.messages import Enrol, Enrolled, GetStatus, Status
from capture.provision import provision
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from device.clock import SystemClock
from device.disk import SystemDisk

T = TypeVar("T")
HOST = "localhost:8443"
BASE = f"https://{HOST}"
PATIENCE_S = 20.0


def wait_for(look: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """What `look` finds, asked for again and again: another process is at work, so there is no clock to inject."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


class RealBox:
    """Switched on with its button held, so that the enrolment window is open. Close it."""

    def __init__(self, folder: Path, program: Sequence[str] = ("-m", "capture")) -> None:
        self.folder = folder
        recovery = Identity.generate()
        made = provision(
            folder,
            recovery.recipient,
            lambda challenge: unseal_bytes(challenge, recovery).decode(),
            names=("localhost",),
            addresses=("127.0.0.1",),
            port=8443,
            disk=SystemDisk(),
            clock=SystemClock(),
        )
        self.setup_code = made.setup_code
        self.client = CaptureClient(folder / "run" / "capture.sock")
        far, self._near = os.pipe()
        os.write(self._near, b"d")
        self.log_path = folder.with_suffix(".log")
        with self.log_path.open("wb") as log:
            arguments = [*program, "--dir", str(folder), "--simulated", "--finger-fd", str(far)]
            self.process = subprocess.Popen([sys.executable, *arguments], pass_fds=(far,), stdout=log, stderr=log)
        os.close(far)
        wait_for(self.status_or_none, "the daemon")
        wait_for(lambda: self.status().is_enrolment_open, "the enrolment window")
        os.write(self._near, b"u")
        self.who = self.client.call(Enrol(setup_code=made.setup_code), Enrolled)

    def status(self) -> Status:
        return self.client.call(GetStatus(), Status)

    def status_or_none(self) -> Status | None:
        assert self.process.poll() is None, self.log_path.read_text()
        try:
            return self.status()
        except DaemonUnreachable:
            return None

    def press(self, for_s: float = 0.12) -> None:
        os.write(self._near, b"d")
        time.sleep(for_s)  # a finger's time, on the daemon's own clock
        os.write(self._near, b"u")

    def film(self, seconds: float) -> str:
        """Hold, wait, press; the finished recording's id. The box must be armed."""
        before = self.status().last_recording_id
        time.sleep(1)  # after a stop a new hold counts only from a second later, and another test may have stopped just now
        self.press(1.2)
        wait_for(lambda: self.status().filmed_s >= seconds, "enough film")
        self.press()
        recording = wait_for(lambda: self._sealed_since(before), "the seal")
        time.sleep(0.2)  # the finger has left: who arms while the contact is still closed finds a stuck button
        return recording

    def _sealed_since(self, before: str) -> str | None:
        now = self.status()
        is_over = now.state in {"armed", "idle"} and now.last_recording_id != before
        return now.last_recording_id if is_over else None

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._near)


def open_descriptors(box: RealBox) -> int:
    """Of this process, on the box's vault."""
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            links.append(path.readlink())
    return sum(link.is_relative_to(box.folder / "vault") for link in links)


class Browser:
    """Flask's own test client as a browser would be: the page's host, its origin, the token of the last page it saw."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=BASE, headers=_headers(headers), buffered=True)

    def head(self, path: str, **headers: str) -> TestResponse:
        return self.client.head(path, base_url=BASE, headers=_headers(headers), buffered=True)

    def token(self) -> str:
        """The CSRF token of a page that everybody may see."""
        text = self.get("/no-such-page").text
        return text.partition('name="csrf-token" content="')[2].partition('"')[0]

    def post(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> TestResponse:
        data = {"csrf_token": self.token(), **(fields or {})}
        return self.client.post(path, base_url=BASE, data=data, headers=_headers({"Origin": BASE, **headers}))

    def sign_in(self, box: RealBox) -> None:
        answer = self.post("/sign-in", {"username": box.who.username, "passphrase": box.who.passphrase})
        assert answer.status_code == 303, answer.text
        wait_for(lambda: box.status().waiting_for_press == "sign_in", "the box to ask for a press")
        box.press()
        wait_for(lambda: self.get("/sign-in/state").json["stage"] == "signed_in", "the sign-in")

    def stay_signed_in(self, box: RealBox) -> None:
        """Sign in if the box does not know this browser any more, and offer it the clock that it may not have."""
        if self.get("/cases").status_code != 200:
            self.sign_in(box)
            self.post("/clock", {"wall_ms": str(int(time.time() * 1000)), "confirmed": "1"})


def _headers(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


def case_with_consents(browser: Browser) -> tuple[str, str, str]:
    """A case with Adult A and Child A, both of whom may be filmed: its code and the two ids."""
    code = browser.post("/cases", {"retention": "therapeutic_transient"}).location.rsplit("/", 1)[-1]
    adult = {"label": "Adult A", "role": "parent", "responsibility": "holds", "basis": ""}
    assert browser.post(f"/cases/{code}/participants", adult).status_code == 303
    assert browser.post(f"/cases/{code}/participants", {"label": "Child A", "role": "child", "assent": "1"}).status_code == 303
    page = browser.get(f"/cases/{code}").text
    ids = [part.partition('"')[0] for part in page.split('<h3 id="')[1:]]
    for person in ids:
        assert browser.post(f"/cases/{code}/consents", consent_of(person, ids[0])).status_code == 303
    return code, ids[0], ids[1]


def consent_of(person: str, giver: str, **changed: object) -> dict[str, object]:
    return {
        "decision": "given",
        "participant_id": person,
        "scope": ["film", "practitioner_review"],
        "given_by": giver,
        "indication": "signed_paper",
        "valid_days": "90",
        "notice_language": "en",
        **changed,
    }
