"""The real server, granian over TLS: what it stands without a daemon, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from web_box import wait_for
from web_server import ADDRESS, Server

from webui.watch import LOOKING, PATIENCE_S


@pytest.fixture(scope="module")
def server(tls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("serving")
    server = Server(tls, folder / "log", ["-m", "webui", "--socket", str(folder / "nobody.sock")])
    yield server
    server.close()


@pytest.fixture
def mortal(tls: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that a test may end."""
    server = Server(tls, tmp_path / "log", ["-m", "webui", "--socket", str(tmp_path / "nobody.sock")])
    yield server
    server.close()


def test_64_half_open_handshakes_do_not_keep_anybody_waiting(server: Server) -> None:
    half_open = [socket.create_connection((ADDRESS, server.port), timeout=5) for _ in range(64)]
    for connection in half_open:
        connection.sendall(b"\x16")  # the first byte of a TLS handshake, and no more
    begun_s = time.monotonic()
    status, _ = server.ask("/sign-in", timeout_s=2)
    taken_s = time.monotonic() - begun_s
    for connection in half_open:
        connection.close()
    assert status == 200
    assert taken_s < 1


def test_half_sent_forms_do_not_keep_anybody_waiting(server: Server) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /disarm HTTP/1.1\r\nHost: {ADDRESS}:{server.port}\r\n{kind}\r\n"
    half_sent = [server.connect(f"{head}Content-Length: 60000\r\n\r\na".encode()) for _ in range(40)]
    status, _ = server.ask("/sign-in", timeout_s=3)
    with server.connect(head.replace("/disarm", "/stop").encode() + b"Content-Length: 9\r\n\r\n") as stopping:
        stopped = stopping.recv(100_000)
    # Somebody at another address may still send a form.
    with socket.create_connection((ADDRESS, server.port), timeout=5, source_address=("127.0.0.2", 0)) as raw:
        other = server.context.wrap_socket(raw, server_hostname=ADDRESS)
        other.sendall(f"{head}Content-Length: 1\r\n\r\na".encode())
        answer = other.recv(100)
    for connection in half_sent:
        connection.close()
    assert status == 200
    # The daemon is not there; the page itself was not "busy": a stop waits for nobody's form, not even for its own.
    assert b" 503 " in stopped
    assert b"retry-after" not in stopped.lower()
    assert b" 400 " in answer  # taken in and read: what is missing is the page's token


@pytest.fixture(scope="module")
def endless(tls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same server with content that has no end."""
    server = Server(tls, tmp_path_factory.mktemp("endless") / "log", [str(Path(__file__).parents[1] / "endless_page.py")])
    yield server
    server.close()


def counts(server: Server) -> dict[str, int]:
    found: dict[str, int] = json.loads(server.ask("/counts")[1])
    return found


def test_eight_clients_that_read_nothing_neither_fill_the_memory_nor_keep_anybody_waiting(endless: Server) -> None:
    before = counts(endless)
    unread = [endless.connect(f"GET /endless HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode()) for _ in range(8)]
    wait_for(lambda: counts(endless)["begun"] == before["begun"] + 8, "all eight to begin")
    settled = wait_for(lambda: _settled(endless), "the streams to stand still")
    begun_s = time.monotonic()
    assert endless.ask("/sign-in")[0] == 200
    assert time.monotonic() - begun_s < 1
    assert settled["blocks"] - before["blocks"] < 8 * 24
    assert settled["rss_kb"] - before["rss_kb"] < 80_000
    for connection in unread:
        connection.close()
    wait_for(lambda: counts(endless)["closed"] == before["closed"] + 8, "every stream to be closed")


def _settled(server: Server) -> dict[str, int] | None:
    first = counts(server)
    time.sleep(0.3)
    second = counts(server)
    return second if first["blocks"] == second["blocks"] else None


def test_a_stream_that_fails_ends_its_connection_short_and_is_closed(endless: Server) -> None:
    before = counts(endless)
    with pytest.raises(http.client.IncompleteRead):
        endless.ask("/failing")
    wait_for(lambda: counts(endless)["closed"] == before["closed"] + 1, "the stream to be closed")


def test_a_stream_that_ends_early_is_never_taken_for_the_whole_and_leaves_no_trace(endless: Server) -> None:
    said = endless.log.read_text()
    with pytest.raises(http.client.IncompleteRead):
        endless.ask("/ending")
    assert "Traceback" not in endless.log.read_text().removeprefix(said)


def test_a_box_without_its_daemon_still_answers_and_says_so(server: Server) -> None:
    status, text = server.ask("/")
    assert status == 503
    assert b"The box does not answer" in text


@pytest.fixture
def hung(tls: Path, tmp_path: Path) -> Iterator[Server]:
    """A server whose daemon takes every question in and answers none."""
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    daemon.bind(str(tmp_path / "capture.sock"))
    daemon.listen(64)
    server = Server(tls, tmp_path / "log", ["-m", "webui", "--socket", str(tmp_path / "capture.sock")])
    yield server
    server.close()
    daemon.close()


def test_a_daemon_that_hangs_keeps_no_other_page_waiting_and_is_told_soon(hung: Server) -> None:
    begun_s = time.monotonic()
    with ThreadPoolExecutor(40) as pages:
        asked = [pages.submit(hung.ask, "/live", 10) for _ in range(40)]
        wait_for(lambda: sum(one.done() for one in asked) >= 40 - LOOKING, "the many to be told at once", 3)
        assert hung.ask("/sign-in", 1)[0] == 200
        stopping = hung.connect(f"POST /stop HTTP/1.1\r\nHost: {ADDRESS}:{hung.port}\r\n\r\n".encode())
        stopping.settimeout(PATIENCE_S + 2)
        assert b" 503 " in stopping.recv(100)
        stopping.close()
        answers = [one.result() for one in asked]
    assert {status for status, _ in answers} == {503}
    assert time.monotonic() - begun_s < PATIENCE_S + 3


def test_an_older_tls_than_1_3_is_not_spoken(server: Server) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection((ADDRESS, server.port), timeout=5) as raw,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(raw)


def test_plain_http_gets_nothing(server: Server) -> None:
    with socket.create_connection((ADDRESS, server.port), timeout=5) as raw:
        raw.sendall(f"GET / HTTP/1.1\r\nHost: {ADDRESS}:{server.port}\r\n\r\n".encode())
        assert b"HTTP/1.1 200" not in raw.recv(4096)


def test_the_log_has_route_templates_and_no_address(server: Server) -> None:
    server.ask("/cases/VIG-7F3K?who=Planted")
    said = server.log.read_text()
    assert "GET /cases/<code> 303" in said
    assert "Planted" not in said
    assert ADDRESS not in said


def test_sigterm_ends_it_cleanly_with_a_connection_still_open(mortal: Server) -> None:
    idle = mortal.connect()
    mortal.process.send_signal(signal.SIGTERM)
    assert mortal.process.wait(8) == 0
    idle.close()


def test_the_worker_dies_with_its_supervisor(mortal: Server) -> None:
    worker = mortal.worker()
    mortal.process.kill()
    mortal.process.wait()
    wait_for(lambda: not Path(f"/proc/{worker}").exists() or _is_zombie(worker), "the worker's end", 5)


def test_the_supervisor_ends_with_its_worker(mortal: Server) -> None:
    os.kill(mortal.worker(), signal.SIGKILL)
    assert mortal.process.wait(8) != 0


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--socket", "s"], "--tls"),
        (["--socket", "s", "--cert", "{file}"], "--cert"),
        (["--socket", "s", "--tls", "{empty}"], "no leaf"),
        (["--tls", "{empty}"], "--socket"),
    ],
)
def test_wrong_use_is_told_in_words(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    filled = [argument.format(file=tmp_path / "file", empty=tmp_path / "empty") for argument in arguments]
    done = subprocess.run([sys.executable, "-m", "webui", *filled], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in {1, 2}
    assert words in done.stderr
    assert "Traceback" not in done.stderr
