"""A client that takes a download and throws it away, as a process of its own. For benches: knows no more HTTP than it must.

`python tests/lean_client.py CA PORT PATH COOKIE [--unread]` reads to the end that Content-Length promised, and says in JSON what
it saw. With `--unread` it asks, reads nothing, and waits for the end of its standard input.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ADDRESS = "127.0.0.1"
_BUFFER_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Seen:
    """`seconds` from before the connection to the last byte; `cpu_s` this client's own processor time in them."""

    seconds: float
    cpu_s: float
    size: int
    tls: str
    cipher: str

    @property
    def mib_s(self) -> float:
        return self.size / (1 << 20) / self.seconds


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to download."""

    ca: Path
    port: int
    path: str
    cookie: str = ""

    def begin(self, *more: str) -> subprocess.Popen[str]:
        """A client under way."""
        command = [sys.executable, __file__, str(self.ca), str(self.port), self.path, self.cookie, *more]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take(self) -> Seen:
        return seen(self.begin())


def seen(client: subprocess.Popen[str]) -> Seen:
    """What a client saw, once it is done."""
    said, _ = client.communicate(timeout=600)
    assert client.returncode == 0, "the download failed"
    return Seen(**json.loads(said))


def connect(offer: Offer) -> ssl.SSLSocket:
    """A connection on which the whole was asked for."""
    raw = socket.create_connection((ADDRESS, offer.port), timeout=60)
    tls = ssl.create_default_context(cafile=str(offer.ca)).wrap_socket(raw, server_hostname=ADDRESS)
    cookie = f"Cookie: {offer.cookie}\r\n" if offer.cookie else ""
    tls.sendall(f"GET {offer.path} HTTP/1.1\r\nHost: {ADDRESS}:{offer.port}\r\n{cookie}Connection: close\r\n\r\n".encode())
    return tls


def read_all(offer: Offer) -> Seen:
    """Raises AssertionError for anything but the whole."""
    # Trust is loaded before the clock starts: it is the same for every server.
    ssl.create_default_context(cafile=str(offer.ca))
    begun_s, begun_cpu = time.perf_counter(), time.process_time()
    with connect(offer) as tls:
        head = b""
        while b"\r\n\r\n" not in head:
            more = tls.recv(4_096)
            assert more, "no answer"
            head += more
        head, _, first = head.partition(b"\r\n\r\n")
        assert head.split()[1] == b"200", head
        (size,) = (int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        buffer, got = bytearray(_BUFFER_BYTES), len(first)
        while got < size:
            count = tls.recv_into(buffer)
            assert count, "it ended early"
            got += count
        seconds, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu
        return Seen(seconds, cpu_s, size, tls.version() or "", (tls.cipher() or ("",))[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("ca", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("cookie")
    parser.add_argument("--unread", action="store_true")
    asked = parser.parse_args()
    offer = Offer(asked.ca, asked.port, asked.path, asked.cookie)
    if asked.unread:
        with connect(offer):
            sys.stdout.write("asked\n")
            sys.stdout.flush()
            os.read(0, 1)
    else:
        sys.stdout.write(json.dumps(asdict(read_all(offer))) + "\n")


if __name__ == "__main__":
    main()
