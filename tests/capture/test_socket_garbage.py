"""Whatever bytes come in at the socket, the answer is one clear refusal and the next question is answered."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.client import CaptureClient
from capture.listening import listen
from capture.messages import AnyAnswer, Done, Refused, Stop
from capture.server import Peers, Reply, Server


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("run") / "capture.sock"
    mine = frozenset({os.getuid()})
    server = Server(listen(place), Peers(page=mine, operators=frozenset()), lambda _verb: Reply(Done()), lambda _uid: None)
    server.start()
    yield place
    server.close()


def ask(path: Path, data: bytes) -> object:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.send(data)
        return msgspec.msgpack.decode(connection.recv(65_536), type=AnyAnswer)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(min_size=1, max_size=300))
def test_random_bytes_are_a_bad_request(path: Path, data: bytes) -> None:
    answer = ask(path, data)
    assert isinstance(answer, Refused)
    assert answer.code == "bad_request"


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\xa4verb\xa3\xff\xff\xff",
        b"\x82\xa4verb\xa7SignOut\xa7session\xb9" + b"\xff" * 25,
        b"\x91" * 60_000,
        b"\x81\xa4verb\xa5Never",
    ],
)
def test_broken_text_deep_nesting_and_unknown_verbs_are_a_bad_request(path: Path, data: bytes) -> None:
    answer = ask(path, data)
    assert isinstance(answer, Refused)
    assert answer.code == "bad_request"
    assert CaptureClient(path).call(Stop(), Done) == Done()
