"""The box's two processes on a laptop: started, watched and ended here, each by its own process id. Speaks neither's language."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from webui.demo.finger import FingerPipe
from webui.demo.trouble import DemoFailed
from webui.demo.waiting import wait_for

SEAL_S = 20.0
"""How long the capture daemon may take to seal what it films and to stop; then it is killed."""

WEB_STOP_S = 5.0


class Child:
    """One process in a group of its own: Ctrl-C at the terminal reaches us alone, and we end it in the right order."""

    def __init__(self, name: str, arguments: list[str], words: Path | None, keep: tuple[int, ...] = ()) -> None:
        """`words` takes what it says on stdout and stderr (None: it says it to ours). Raises DemoFailed."""
        self.name = name
        self._words = words
        try:
            said = None if words is None else words.open("wb")
            try:
                self._process = subprocess.Popen(
                    [sys.executable, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=said or sys.stderr,
                    stderr=said,
                    pass_fds=keep,
                    process_group=0,
                )
            finally:
                if said is not None:
                    said.close()
        except OSError as error:
            raise DemoFailed(f"the {name} cannot be started: {error}") from error

    @property
    def ended_well(self) -> bool:
        """Whether it has ended, and by its own will."""
        return self._process.poll() == 0

    def check(self) -> None:
        """Raises DemoFailed, with its own last words, if it has ended."""
        if (code := self._process.poll()) is not None:
            raise DemoFailed(f"the {self.name} ended (exit code {code}): {self.last_words()}")

    def last_words(self, lines: int = 3) -> str:
        """The end of what it said."""
        if self._words is None:
            return "see above"
        said = self._words.read_text("utf-8", errors="replace").strip().splitlines()
        return " / ".join(said[-lines:]) or "it said nothing"

    def end(self, within_s: float) -> int:
        """Ask it to stop; after `within_s` seconds, make it. Returns its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(within_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a box's two processes are put together: its folder, its socket, and where its page is served."""

    box: Path
    socket: Path
    address: str
    port: int
    names: tuple[str, ...]

    @property
    def base_url(self) -> str:
        return f"https://[{self.address}]:{self.port}" if ":" in self.address else f"https://{self.address}:{self.port}"


class BoxProcesses:
    """Capture daemon and web server of one box. A context manager: leaving it seals what is filmed and ends both."""

    def __init__(self, wiring: Wiring, film: Path | None, words: Path | None) -> None:
        """`film` is played by the simulated camera, if given; `words` is the folder for what they say (None: our stderr)."""
        self.finger = FingerPipe()
        self._wiring = wiring
        self._film = film
        self._words = words
        self.capture: Child | None = None
        self.web: Child | None = None

    def power_on(self) -> None:
        """Start the daemon and wait for its socket; with the finger down, the enrolment window opens. Raises DemoFailed."""
        stale = self._socket_stamp()
        film = [] if self._film is None else ["--film", str(self._film)]
        far_end = self.finger.far_end
        arguments = ["-m", "capture", "--dir", str(self._wiring.box), "--simulated", *film, "--finger-fd", str(far_end)]
        self.capture = Child("capture daemon", arguments, self._log("capture"), (far_end,))
        self.finger.handed_over()
        wait_for("the capture daemon", lambda: True if self._socket_stamp() not in (None, stale) else None, self.check)

    def start_web(self) -> None:
        wiring = self._wiring
        arguments = ["-m", "webui", "--socket", str(wiring.socket), "--tls", str(wiring.box / "tls")]
        arguments += ["--address", wiring.address, "--port", str(wiring.port)]
        for name in wiring.names:
            arguments += ["--name", name]
        self.web = Child("web server", arguments, self._log("web"))

    @property
    def is_off(self) -> bool:
        """Whether the box was shut down, from the page or by a long hold."""
        return self.capture is not None and self.capture.ended_well

    def check(self) -> None:
        """Raises DemoFailed if either has ended."""
        for child in (self.capture, self.web):
            if child is not None:
                child.check()

    def stop(self) -> None:
        """The daemon first: what is being filmed is sealed before anything else goes."""
        if self.capture is not None:
            self.capture.end(SEAL_S)
        if self.web is not None:
            self.web.end(WEB_STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # A second Ctrl-C while the first one's film is being sealed must not leave half of the box running.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        try:
            self.stop()
            self.finger.close()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _socket_stamp(self) -> tuple[int, int] | None:
        """Tells a socket of this daemon from one that an earlier daemon left, or that another one still listens at."""
        try:
            found = self._wiring.socket.stat()
        except OSError:
            return None
        return found.st_ino, found.st_ctime_ns

    def _log(self, name: str) -> Path | None:
        return None if self._words is None else self._words / f"{name}.log"
