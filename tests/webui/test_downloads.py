"""The bytes of a real recording from a real daemon: ranges, conditions, hashes, transfer; every descriptor is given back."""

from __future__ import annotations

import gc
import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import av
import pytest
from web_box import BASE, Browser, RealBox, open_descriptors, wait_for

from capture.container import index
from capture.container.index import SampleIndex
from capture.errors import NotNow
from capture.seal.stream import PlainReader
from webui import movies
from webui.movies import IDLE_S, Key, Lease


@pytest.fixture(scope="session")
def whole(practitioner: Browser, box: RealBox, recording: str) -> bytes:
    practitioner.stay_signed_in(box)
    return practitioner.get(f"/recordings/{recording}/video.mp4").data


def test_what_is_served_is_an_ordinary_film_with_sound(whole: bytes) -> None:
    with av.open(io.BytesIO(whole)) as film:
        assert {stream.type for stream in film.streams} == {"video", "audio"}
        assert sum(1 for _ in film.decode(video=0)) > 30


def test_the_whole_film_says_how_long_it_is_and_that_ranges_work(signed_in: Browser, recording: str, whole: bytes) -> None:
    answer = signed_in.get(f"/recordings/{recording}/video.mp4")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(whole)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    ("header", "span"),
    [("bytes=0-1", slice(0, 2)), ("bytes=1000-300000", slice(1000, 300_001)), ("bytes=70000-", slice(70_000, None))],
)
def test_a_range_is_exactly_those_bytes(signed_in: Browser, recording: str, whole: bytes, header: str, span: slice) -> None:
    answer = signed_in.get(f"/recordings/{recording}/video.mp4", Range=header)
    wanted = whole[span]
    assert answer.status_code == 206
    assert answer.data == wanted
    assert answer.headers["Content-Range"] == f"bytes {span.start}-{span.start + len(wanted) - 1}/{len(whole)}"
    assert int(answer.headers["Content-Length"]) == len(wanted)


def test_the_end_of_the_film_comes_by_a_suffix(signed_in: Browser, recording: str, whole: bytes) -> None:
    assert signed_in.get(f"/recordings/{recording}/video.mp4", Range="bytes=-5000").data == whole[-5000:]


def test_a_range_past_the_end_is_416_with_the_length(signed_in: Browser, recording: str, whole: bytes) -> None:
    answer = signed_in.get(f"/recordings/{recording}/video.mp4", Range=f"bytes={len(whole)}-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
    assert not answer.data


def test_several_ranges_at_once_are_answered_with_the_whole(signed_in: Browser, recording: str, whole: bytes) -> None:
    answer = signed_in.get(f"/recordings/{recording}/video.mp4", Range="bytes=0-1,5-6")
    assert (answer.status_code, len(answer.data)) == (200, len(whole))


def test_conditions_are_kept(signed_in: Browser, recording: str) -> None:
    path = f"/recordings/{recording}/video.mp4"
    etag = signed_in.head(path).headers["ETag"]
    assert signed_in.get(path, If_None_Match=etag).status_code == 304
    assert signed_in.get(path, If_Match='"other"').status_code == 412
    assert signed_in.get(path, Range="bytes=0-9", If_Range=etag).status_code == 206
    assert signed_in.get(path, Range="bytes=0-9", If_Range='"other"').status_code == 200


def test_head_tells_the_same_and_sends_nothing(signed_in: Browser, recording: str, whole: bytes) -> None:
    answer = signed_in.head(f"/recordings/{recording}/video.mp4", Range="bytes=0-1")
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(whole)


def test_a_download_to_keep_has_the_recordings_code_as_its_name(signed_in: Browser, recording: str) -> None:
    answer = signed_in.get(f"/recordings/{recording}/video.mp4?download=1", Range="bytes=0-1")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{recording}.mp4"'


def test_the_sealed_file_is_what_lies_in_the_vault(signed_in: Browser, recording: str, box: RealBox) -> None:
    there = (box.folder / "vault" / f"{recording}.mp4.age").read_bytes()
    path = f"/recordings/{recording}/sealed.age"
    answer = signed_in.get(path)
    assert answer.data == there
    assert answer.headers["ETag"] == f'"{hashlib.sha256(there).hexdigest()}"'
    assert signed_in.get(path, Range="bytes=100-199").data == there[100:200]


def test_the_hash_is_that_of_the_bytes_served(signed_in: Browser, recording: str, whole: bytes) -> None:
    for _ in range(2):
        found = signed_in.get(f"/recordings/{recording}/hash").json
        assert (found["mp4_sha256"], found["mp4_bytes"]) == (hashlib.sha256(whole).hexdigest(), len(whole))
        assert len(found["sealed_sha256"]) == 64


def test_another_hash_or_length_is_no_transfer(signed_in: Browser, recording: str, whole: bytes) -> None:
    good = hashlib.sha256(whole).hexdigest()
    for fields in (
        {"mp4_sha256": "0" * 64, "received_bytes": len(whole)},
        {"mp4_sha256": good, "received_bytes": len(whole) - 1},
    ):
        answer = signed_in.post(f"/recordings/{recording}/taken-over", fields)
        assert answer.status_code == 409
        assert "not what the box holds" in answer.text
    assert "Yes, checked" not in signed_in.get(f"/recordings/{recording}").text


def test_an_equal_hash_is_a_transfer(signed_in: Browser, recording: str, whole: bytes) -> None:
    fields = {"mp4_sha256": hashlib.sha256(whole).hexdigest().upper(), "received_bytes": len(whole)}
    assert signed_in.post(f"/recordings/{recording}/taken-over", fields).status_code == 303
    assert "Yes, checked" in signed_in.get(f"/recordings/{recording}").text


def test_a_recording_that_is_not_there_is_not_found(signed_in: Browser) -> None:
    for path in ("", "/video.mp4", "/sealed.age", "/hash", "/erase"):
        assert signed_in.get(f"/recordings/rec-aaaaaaaaaaaaaaaa{path}").status_code == 404
    assert signed_in.get("/recordings/..%2f..%2fdevice.key/video.mp4").status_code in {400, 404}


def test_a_transfer_that_is_broken_off_or_never_begun_gives_its_file_back(
    signed_in: Browser, recording: str, box: RealBox
) -> None:
    path = f"/recordings/{recording}/video.mp4"
    held = signed_in.app.extensions["vigcam"].movies
    for reads in (0, 1):
        answer = signed_in.client.get(path, base_url=BASE, buffered=False)
        for _ in range(reads):
            next(answer.iter_encoded())
        answer.close()
    assert all(not file.users for file in held._files.values())
    held.drop_recording(recording)
    gc.collect()
    assert open_descriptors(box) == 0


def test_what_nobody_reads_for_two_minutes_is_closed(
    signed_in: Browser, recording: str, box: RealBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = signed_in.app.extensions["vigcam"].movies
    assert signed_in.get(f"/recordings/{recording}/video.mp4", Range="bytes=0-1").status_code == 206
    assert open_descriptors(box) >= 1
    now_s = held._boottime_s()
    monkeypatch.setattr(held, "_boottime_s", lambda: now_s + IDLE_S + 1)
    held.sweep()
    assert open_descriptors(box) == 0


def test_it_is_closed_also_where_nobody_asks_anything_any_more(
    visitor: Browser, signed_in: Browser, recording: str, box: RealBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movies, "IDLE_S", -0.9)
    signed_in.app.extensions["vigcam"].movies.drop_recording(recording)
    visitor.sign_in(box)
    assert visitor.get(f"/recordings/{recording}/video.mp4", Range="bytes=0-1").status_code == 206
    wait_for(lambda: open_descriptors(box) == 0, "the film to be closed")


def test_a_film_dropped_while_it_streams_ends_there_and_is_closed_then(signed_in: Browser, recording: str, box: RealBox) -> None:
    found = signed_in.app.extensions["vigcam"]
    who = next(one.signed_in for one in signed_in.app.session_interface._by_id.values() if one.signed_in)
    lease = found.movies.lease(Key(who.session, recording, "review"))
    found.movies.drop_session(who.session)
    assert open_descriptors(box) == 1
    with pytest.raises(NotNow):
        lease.movie()
    lease.close()
    lease.close()
    assert open_descriptors(box) == 0


def test_past_the_limit_of_readers_the_box_says_that_it_is_busy(signed_in: Browser, recording: str) -> None:
    path = f"/recordings/{recording}/video.mp4"
    under_way = [signed_in.client.get(path, base_url=BASE, buffered=False) for _ in range(8)]
    refused = signed_in.get(path)
    for answer in under_way:
        answer.close()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert signed_in.get(path, Range="bytes=0-1").status_code == 206


def test_a_player_that_asks_for_many_parts_at_once_gets_all_by_one_opening_and_one_index(
    visitor: Browser, signed_in: Browser, box: RealBox, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def load_index(reader: PlainReader) -> SampleIndex:
        loaded.append(reader)
        return index.load_index(reader)

    monkeypatch.setattr(movies, "load_index", load_index)
    visitor.sign_in(box)
    mine = visitor.app.extensions["vigcam"].movies
    who = next(one.signed_in for one in visitor.app.session_interface._by_id.values() if one.signed_in)
    ready = threading.Barrier(6)

    def open_it() -> Lease:
        ready.wait()
        lease = mine.lease(Key(who.session, recording, "review"))
        assert lease.movie().read_at(0, 2) == lease.movie().read_at(0, 2)
        return lease

    with ThreadPoolExecutor(6) as players:
        leases = [one.result() for one in [players.submit(open_it) for _ in range(6)]]
    assert len({lease.fd for lease in leases}) == 1
    assert len({id(lease.movie()) for lease in leases}) == 6
    assert len(loaded) == 1
    for lease in leases:
        lease.close()
    mine.drop_session(who.session)
