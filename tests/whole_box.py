"""A real box with both processes: the capture daemon, and the page over HTTPS with the box's own certificate authority."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from capture_box import CaptureBox, wait_until

from webui.demo.box import ADDRESS, free_port
from webui.demo.laptop import Laptop, Reply
from webui.demo.trouble import DemoFailed
from webui.demo.visit import Family, Visit


class Browser(Laptop):
    """The demo's laptop, and any method besides: what a page would never send, an attacker does."""

    @property
    def cookie_header(self) -> str:
        """What another client of the same session would send."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def request(self, method: str, path: str, fields: Mapping[str, str | list[str]]) -> Reply:
        body = urllib.parse.urlencode({"csrf_token": self._csrf, **fields}, doseq=True).encode("ascii")
        headers = {"Origin": self.base_url, "Content-Type": "application/x-www-form-urlencoded"}
        data = None if method in ("GET", "HEAD", "OPTIONS") else body
        return self._ask(urllib.request.Request(self._address(path), data=data, headers=headers, method=method))


class WholeBox:
    """`capture` is the daemon's side, `laptop` a practitioner's browser session, `web_log` what the web process said."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.capture = CaptureBox(folder, port=self.port)
        self.web_log = folder.parent / f"{folder.name}-web.log"
        self.base_url = f"https://{ADDRESS}:{self.port}"
        self._web: subprocess.Popen[bytes] | None = None
        self.laptop = self.new_laptop()

    def new_laptop(self) -> Browser:
        """Another browser."""
        return Browser(self.base_url, self.capture.folder / "tls" / "ca.pem")

    def start(self, *more: str, held: bool = True) -> WholeBox:
        self.capture.start(*more, held=held)
        self.start_web()
        return self

    def start_web(self) -> None:
        folder = self.capture.folder
        options = ["--socket", str(folder / "run" / "capture.sock"), "--tls", str(folder / "tls")]
        options += ["--address", ADDRESS, "--port", str(self.port), "--name", "localhost"]
        with self.web_log.open("ab") as log:
            self._web = subprocess.Popen(
                [sys.executable, "-m", "webui", *options], stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self._web is not None
        assert self._web.poll() is None, self.web_log.read_text()[-3000:]
        try:
            return self.laptop.get("/live").status == 200
        except DemoFailed:
            return False

    def stop_web(self) -> None:
        if self._web is not None:
            self._web.terminate()
            self._web.wait(15)
            self._web = None

    def close(self) -> None:
        try:
            self.stop_web()
        finally:
            self.capture.close()

    def web_pids(self) -> list[int]:
        """The server and its workers."""
        assert self._web is not None
        found = [self._web.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            found += [int(child) for child in children]
        return found

    # --- the practitioner, on the page ----------------------------------------------------------------------------------

    def enrol(self) -> None:
        wait_until(lambda: self.capture.status().is_enrolment_open)
        self.capture.up()
        self.laptop.get("/enrol")
        page = self.laptop.post("/enrol", {"setup_code": self.capture.provisioned.setup_code}).page
        self.capture.username = page.text("enrolled-username")
        self.capture.passphrase = page.text("enrolled-passphrase")

    def sign_in(self, laptop: Laptop | None = None) -> None:
        laptop = laptop or self.laptop
        laptop.get("/sign-in")
        laptop.post("/sign-in", {"username": self.capture.username, "passphrase": self.capture.passphrase})
        wait_until(lambda: self.capture.status().waiting_for_press == "sign_in")
        self.capture.press()
        wait_until(lambda: laptop.get("/sign-in/state").text("stage") == "signed_in")
        laptop.get("/")
        laptop.post("/clock", {"wall_ms": str(time.time_ns() // 1_000_000), "confirmed": "yes"})

    def family(self) -> Family:
        """A case on the page whose Adult A and Child A may be filmed, and their film looked at by their practitioner."""
        visit = self.visit()
        family = visit.open_case()
        visit.consent(family, ["film", "practitioner_review"])
        return family

    def arm(self, family: Family) -> None:
        self.visit().arm(family)

    def visit(self) -> Visit:
        return Visit(self.laptop, self.capture, lambda: None)  # type: ignore[arg-type]  # the same press, by the same pipe

    def ready(self) -> WholeBox:
        """Both processes up, a practitioner enrolled and signed in on the page."""
        self.start()
        self.enrol()
        self.sign_in()
        return self
