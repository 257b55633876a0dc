"""A film as it comes over the wire from a real box: any range, conditions, a transfer broken off and taken up again, its end."""

from __future__ import annotations

import hashlib
import http.client
import io
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from capture_box import wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served_films import film_moments, make_film, replace_film
from whole_box import WholeBox
from wire import Wire

from capture.ids import RecordingId
from webui.serving import THREADS

FILM_S = 24.0
"""Two dozen megabytes: more than all the buffers between the vault and a client hold."""
CUT_BYTES = 3_333_333
"""How much of the interrupted film reached the card: the cut lies within a chunk."""
DOWNLOADS = ("film", "interrupted", "sealed")


@dataclass(frozen=True, slots=True)
class Served:
    """A box with one sealed and one interrupted film. `paths` by what is asked for; `wholes` what came when all was asked for."""

    box: WholeBox
    paths: dict[str, str]
    wholes: dict[str, bytes]
    etags: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    box = WholeBox(tmp_path_factory.mktemp("wire") / "box")
    try:
        box.ready()
        film, interrupted = film_moments(box, 1)[0], cut_off(box)
        replace_film(box, film, FILM_S)
        paths = {
            "film": f"/recordings/{film}/video.mp4",
            "interrupted": f"/recordings/{interrupted}/video.mp4",
            "sealed": f"/recordings/{film}/sealed.age",
        }
        with Wire(box) as wire:
            answers = {what: wire.ask(path) for what, path in paths.items()}
        assert {answer.status for answer in answers.values()} == {200}
        wholes = {what: answer.body for what, answer in answers.items()}
        yield Served(box, paths, wholes, {what: answer.headers["ETag"] for what, answer in answers.items()})
    finally:
        box.close()


def cut_off(box: WholeBox) -> RecordingId:
    """Film, kill the daemon, sign in again; the take's file is then the beginning of a longer one."""
    time.sleep(1.1)  # a new hold counts from a second after the stop
    box.capture.down()
    lost = RecordingId(wait_until(lambda: box.capture.status().recording_id))
    box.capture.kill()
    part = box.capture.folder / "vault" / f"{lost}.mp4.age.part"
    part.write_bytes(make_film(box, lost, FILM_S).read_bytes()[:CUT_BYTES])
    box.capture.start()
    box.laptop = box.new_laptop()
    box.sign_in()
    return lost


@pytest.fixture(scope="module")
def wire(served: Served) -> Iterator[Wire]:
    with Wire(served.box) as open_wire:
        yield open_wire


def worker_descriptors(box: WholeBox) -> int:
    """Of the web process's worker, on the box's vault."""
    vault = box.capture.folder / "vault"
    links = []
    for path in Path(f"/proc/{box.web_pids()[-1]}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            links.append(path.readlink())
    return sum(link.is_relative_to(vault) for link in links)


@pytest.mark.parametrize("what", DOWNLOADS)
def test_the_whole_is_as_long_as_it_said_and_can_be_asked_for_in_parts(served: Served, wire: Wire, what: str) -> None:
    head = wire.ask(served.paths[what], "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.length == len(served.wholes[what])
    assert head.headers["Accept-Ranges"] == "bytes"
    assert head.headers["ETag"] == served.etags[what]
    assert served.etags[what].startswith('"')


@pytest.mark.parametrize("what", ["film", "interrupted"])
def test_what_comes_is_an_ordinary_film(served: Served, what: str) -> None:
    with av.open(io.BytesIO(served.wholes[what])) as film:
        assert {stream.type for stream in film.streams} == {"video", "audio"}
        assert film.duration / 1e6 == pytest.approx(FILM_S if what == "film" else CUT_BYTES * 8 / 8.1e6, rel=0.2)
        next(film.decode(video=0))


@pytest.mark.parametrize("what", DOWNLOADS)
def test_any_range_is_exactly_those_bytes(served: Served, wire: Wire, what: str) -> None:
    whole = served.wholes[what]
    size = len(whole)
    place = st.integers(0, size - 1) | st.integers(0, 100_000) | st.integers(size - 5, size + 5)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(place, st.none() | st.integers(0, 1 << 20) | st.integers(0, 2))
    def any_range(start: int, more: int | None) -> None:
        stop = size if more is None else start + more + 1
        check(f"bytes={start}-{'' if more is None else stop - 1}", start, stop)

    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 1 << 20) | st.integers(1, 3) | st.integers(size - 1, size + 10))
    def any_suffix(length: int) -> None:
        check(f"bytes=-{length}", max(0, size - length), size)

    def check(header: str, start: int, stop: int) -> None:
        answer = wire.ask(served.paths[what], Range=header)
        if start >= size:
            assert (answer.status, answer.body) == (416, b"")
            assert answer.headers["Content-Range"] == f"bytes */{size}"
            return
        wanted = whole[start:stop]
        assert answer.status == 206
        assert answer.length == len(wanted)
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(wanted) - 1}/{size}"
        assert answer.headers["ETag"] == served.etags[what]
        assert answer.body == wanted

    any_range()
    any_suffix()


@pytest.mark.parametrize("what", DOWNLOADS)
def test_the_first_two_bytes_are_answered_as_a_player_tries_them(served: Served, wire: Wire, what: str) -> None:
    answer = wire.ask(served.paths[what], Range="bytes=0-1")
    assert (answer.status, answer.length, answer.body) == (206, 2, served.wholes[what][:2])


@pytest.mark.parametrize("what", DOWNLOADS)
def test_a_transfer_broken_off_is_taken_up_where_it_ended(served: Served, what: str) -> None:
    whole, half = served.wholes[what], len(served.wholes[what]) // 2
    with Wire(served.box) as first:
        begun = first.begin(served.paths[what])
        got = begun.read(half)
    with Wire(served.box) as second:
        rest = second.ask(served.paths[what], Range=f"bytes={half}-", If_Range=begun.headers["ETag"])
    assert rest.status == 206
    assert hashlib.sha256(got + rest.body).digest() == hashlib.sha256(whole).digest()


@pytest.mark.parametrize("make", [lambda _: '"other"', lambda etag: f"W/{etag}", lambda _: "Mon, 23 Nov 2026 04:00:00 GMT"])
def test_another_version_a_weak_one_and_a_date_give_the_whole_anew(
    served: Served, wire: Wire, make: Callable[[str], str]
) -> None:
    path = served.paths["interrupted"]
    answer = wire.ask(path, Range="bytes=5-9", If_Range=make(served.etags["interrupted"]))
    assert (answer.status, answer.length) == (200, len(served.wholes["interrupted"]))
    assert "Content-Range" not in answer.headers


def test_several_ranges_are_answered_with_the_whole_and_no_multipart(served: Served, wire: Wire) -> None:
    answer = wire.ask(served.paths["interrupted"], Range="bytes=0-1,100-200")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    assert answer.body == served.wholes["interrupted"]


def test_clients_that_break_off_and_clients_that_never_read_leave_nothing_open(served: Served, wire: Wire) -> None:
    before = worker_descriptors(served.box)
    for _ in range(THREADS // 8 + 1):  # more than the server has threads: none is held by who is gone
        gone = [Wire(served.box) for _ in range(8)]
        begun = [one.begin(served.paths["film"]) for one in gone]
        assert begun[0].read(1_000_000) == served.wholes["film"][:1_000_000]
        assert wire.ask(served.paths["film"], Range="bytes=0-1").status == 503  # eight may read at a time
        for one in gone:
            one.close()
        wait_until(lambda: wire.ask(served.paths["film"], Range="bytes=0-1").status == 206)
    assert worker_descriptors(served.box) <= before


def test_signing_out_ends_a_transfer_under_way(served: Served) -> None:
    """The last test of this file: who comes after it must sign in."""
    with Wire(served.box) as wire:
        begun = wire.begin(served.paths["film"])
        got = len(begun.read(1_000_000))
        served.box.laptop.get("/")
        served.box.laptop.post("/sign-out", {})
        with pytest.raises(http.client.IncompleteRead) as short:
            begun.read()
    assert got + len(short.value.partial) < len(served.wholes["film"])
    wait_until(lambda: worker_descriptors(served.box) == 0)
