"""The page's real server for tests: a process of its own, asked over TLS with the box's own authority trusted."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from web_box import wait_for

ADDRESS = "127.0.0.1"


class Server:
    """`python -m webui` (or another program that serves) as a process of its own."""

    def __init__(self, tls: Path, log: Path, program: list[str]) -> None:
        self.port = free_port()
        self.log = log
        arguments = ["--tls", str(tls), "--address", ADDRESS, "--port", str(self.port), "--name", "localhost"]
        with log.open("wb") as said:
            self.process = subprocess.Popen([sys.executable, *program, *arguments], stdout=said, stderr=said)
        self.context = ssl.create_default_context(cafile=str(tls / "ca.pem"))
        wait_for(self.answers, "the server")

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("/sign-in")[0] == 200
        except OSError:
            return False

    def ask(self, path: str, timeout_s: float = 5.0) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(ADDRESS, self.port, timeout=timeout_s, context=self.context)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def connect(self, request: bytes = b"") -> ssl.SSLSocket:
        raw = socket.create_connection((ADDRESS, self.port), timeout=5)
        tls = self.context.wrap_socket(raw, server_hostname=ADDRESS)
        tls.sendall(request)
        return tls

    def worker(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.create_server((ADDRESS, 0)) as taken:
        return int(taken.getsockname()[1])
