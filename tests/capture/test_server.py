"""The daemon's door under bad weather: silent crowds, slow answers, no descriptors left, callers that are gone."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from capture_box import wait_until

from capture.client import CaptureClient
from capture.errors import DaemonUnreachable, NotNow, VigcamError
from capture.listening import listen
from capture.messages import CaseFound, Done, GetPicture, GetStatus, KeepAlive, Picture, Stop, Verb, encode
from capture.model import Case, Confidence, WallTime
from capture.server import Peers, Reply, Server

_SESSION = "s" * 43


@contextmanager
def serving(path: Path, answer: Callable[[Verb], Reply]) -> Iterator[CaptureClient]:
    server = Server(listen(path), Peers(page=frozenset({os.getuid()}), operators=frozenset()), answer, lambda _uid: None)
    server.start()
    try:
        yield CaptureClient(path, timeout_s=5)
    finally:
        server.close()


def _silent(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(path))
    return connection


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.promise("P5")
def test_two_hundred_peers_that_say_nothing_hold_up_no_stop(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path, lambda _: Reply(Done())) as client, ExitStack() as crowd:
        for _ in range(200):
            crowd.enter_context(_silent(path))
        began = time.monotonic()
        assert client.call(Stop(), Done) == Done()
        assert time.monotonic() - began < 1


@pytest.mark.promise("P5")
def test_a_stop_waits_for_no_question_that_waits_for_a_disk(tmp_path: Path) -> None:
    path, disk = tmp_path / "s", threading.Event()

    def answer(verb: Verb) -> Reply:
        if not isinstance(verb, Stop):
            disk.wait(10)
        return Reply(Done())

    with serving(path, answer) as client:
        verbs: list[Verb] = [KeepAlive(session=_SESSION)] * 40 + [GetStatus()] * 10
        askers = [threading.Thread(target=client.call, args=(verb, Done)) for verb in verbs]
        for asker in askers:
            asker.start()
        time.sleep(0.2)  # they are all in
        began = time.monotonic()
        assert client.call(Stop(), Done) == Done()
        took_s = time.monotonic() - began
        disk.set()
        for asker in askers:
            asker.join()
    assert took_s < 1


def test_more_questions_than_can_wait_are_refused_at_once(tmp_path: Path) -> None:
    path, disk = tmp_path / "s", threading.Event()

    def answer(_: Verb) -> Reply:
        disk.wait(10)
        return Reply(Done())

    refused: list[str] = []

    def ask(client: CaptureClient) -> None:
        try:
            client.call(KeepAlive(session=_SESSION), Done)
        except NotNow as error:
            refused.append(error.detail)

    with serving(path, answer) as client:
        askers = [threading.Thread(target=ask, args=(client,)) for _ in range(80)]
        for asker in askers:
            asker.start()
        wait_until(lambda: len(refused) == 80 - 64)
        disk.set()
        for asker in askers:
            asker.join()
        assert len(refused) == 16
        assert client.call(KeepAlive(session=_SESSION), Done) == Done()


def test_a_daemon_that_ran_out_of_descriptors_hears_again_once_it_has_some(tmp_path: Path) -> None:
    path = tmp_path / "s"
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(path, lambda _: Reply(Done())) as client, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as waiting:
        newest = os.open(os.devnull, os.O_RDONLY)
        os.close(newest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (newest, limits[1]))
        try:
            waiting.connect(str(path))
            time.sleep(0.3)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert client.call(Stop(), Done) == Done()


def test_no_descriptor_is_left_over_whether_the_caller_takes_it_or_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "s"

    def answer(_: Verb) -> Reply:
        return Reply(Picture(size=0), os.open(os.devnull, os.O_RDONLY))

    question = encode(GetPicture(session=_SESSION))
    with serving(path, answer) as client:
        client.call(GetPicture(session=_SESSION), Picture)
        before = _descriptors()
        for number in range(1_000):
            if number % 2:
                _, descriptor = client.call_with_descriptor(GetPicture(session=_SESSION), Picture)
                os.close(descriptor)
            else:
                with _silent(path) as gone:
                    gone.send(question)
        wait_until(lambda: _descriptors() <= before, timeout_s=7)
        assert threading.active_count() < 40


def test_an_answer_that_is_too_long_is_an_error_and_not_a_silence(tmp_path: Path) -> None:
    at = WallTime(ms=1, confidence=Confidence.BROWSER)
    long = CaseFound(case=Case(code="VIG-2222", opened=at, retention="therapeutic_transient", notes=b"x" * 70_000))  # type: ignore[arg-type]
    with serving(tmp_path / "s", lambda _: Reply(long)) as client, pytest.raises(VigcamError) as refused:
        client.call(KeepAlive(session=_SESSION), CaseFound)
    assert not isinstance(refused.value, DaemonUnreachable)


def test_a_server_closes_at_once_though_peers_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with ExitStack() as crowd:
        with serving(path, lambda _: Reply(Done())):
            for _ in range(30):
                crowd.enter_context(_silent(path))
            time.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < 1
