"""docs/unseal.py and a recording that was altered, forged or torn: nothing comes out but what was filmed, no file is harmed."""

from __future__ import annotations

import contextlib
import io
import os
import random
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factory import SMALL, encode
from family_laptop import FamilyLaptop, family_laptop
from movies import mux, take_of
from unseal_script import SCRIPT, opened_by_vigcam, packets, script

from capture.container.boxes import free_box
from capture.seal.small import seal_bytes
from capture.seal.stream import ChunkSealer, make_header, new_file_key

TOLD_TO_END = """
import os, runpy, sys
script, number = sys.argv.pop(1), int(sys.argv.pop(1))
fsync = os.fsync
def end_and_sync(fd):
    os.kill(os.getpid(), number)
    fsync(fd)
os.fsync = end_and_sync
runpy.run_path(script, run_name="__main__")
"""
"""The script, told to end when the whole film lies there unnamed."""


@pytest.fixture
def laptop(tmp_path: Path) -> FamilyLaptop:
    return family_laptop(tmp_path)


def flip(data: bytearray, chunk: slice) -> None:
    data[chunk.start + 777] ^= 1


def swap(data: bytearray, chunk: slice) -> None:
    length = chunk.stop - chunk.start
    data[chunk.start : chunk.stop + length] = data[chunk.stop : chunk.stop + length] + data[chunk]


def drop(data: bytearray, chunk: slice) -> None:
    del data[chunk]


def double(data: bytearray, chunk: slice) -> None:
    data[chunk.start : chunk.start] = data[chunk]


def blank(data: bytearray, chunk: slice) -> None:
    data[chunk] = bytes(chunk.stop - chunk.start)


IN_PLACE = (flip, swap, blank)
"""What leaves the chunks behind it where they were, so that the harm shows as such. After the others nothing authenticates."""


@pytest.mark.parametrize("harm", IN_PLACE)
def test_closed_recording_harmed_in_the_middle_is_refused(laptop: FamilyLaptop, harm: Callable[..., object]) -> None:
    for number in range(laptop.chunks - 2):
        before, chunk = laptop.recording.read_bytes(), laptop.chunk(number)
        laptop.change(lambda data, chunk=chunk: harm(data, chunk))
        assert f"damaged at byte {chunk.start} " in laptop.refusal()
        laptop.recording.write_bytes(before)
    assert laptop.run().code == 0


@pytest.mark.promise("P8")
@pytest.mark.parametrize("harm", [*IN_PLACE, drop, double])
def test_interrupted_recording_ends_before_its_first_hole_as_vigcam_has_it(
    laptop: FamilyLaptop, harm: Callable[..., object]
) -> None:
    whole = packets(laptop.film())
    laptop = laptop.as_interrupted()
    before = laptop.recording.read_bytes()
    for number in range(1, laptop.chunks - 1):
        chunk = laptop.chunk(number)
        laptop.recording.write_bytes(before)
        laptop.change(lambda data, chunk=chunk: harm(data, chunk))
        assert laptop.run().code == 3
        kept = packets(laptop.out.read_bytes())
        assert 0 < len(kept) < len(whole)
        assert all(packet in whole for packet in kept)
        film = opened_by_vigcam(laptop.recording, laptop.identity)
        assert film is not None
        assert kept == packets(film)
        laptop.out.unlink()


def test_closed_recording_without_its_last_byte_is_not_called_complete(laptop: FamilyLaptop) -> None:
    laptop.change(bytearray.pop)
    ending = laptop.run()
    assert ending.code == 3
    assert "cut at its end" in ending.words


def test_renaming_that_was_lost_makes_no_recording_incomplete(laptop: FamilyLaptop) -> None:
    assert laptop.as_interrupted().run().code == 0


def test_what_follows_the_final_chunk_is_not_taken_for_film(laptop: FamilyLaptop) -> None:
    film = laptop.film()
    laptop.change(lambda data: data.extend(bytes(200_000)))
    assert laptop.run().code == 3
    assert film.startswith(laptop.out.read_bytes()[: len(film) // 2])


def test_hole_further_back_than_a_power_cut_reaches_is_damage(laptop: FamilyLaptop) -> None:
    """Nine megabytes, of which most is padding: the hole lies 128 chunks before the last that is good, or one fewer."""
    encoded, file_key = encode(SMALL), new_file_key()
    film = mux(encoded, take_of(encoded, 4), encoded.audio_format)
    film = film[: film.rindex(b"uuid") - 4] + free_box(132 * 65_536)
    pieces = [make_header(file_key, [laptop.identity.recipient])]
    ChunkSealer(file_key, lambda data: pieces.append(bytes(data))).write(film)
    laptop = laptop.as_interrupted()
    for distance, code in ((128, 1), (127, 3)):
        laptop.recording.write_bytes(b"".join(pieces))
        hole = laptop.chunk(laptop.chunks - 1 - distance)
        laptop.change(lambda data, hole=hole: flip(data, hole))
        assert laptop.run().code == code


def test_film_sealed_anew_without_its_trailer_is_not_called_complete(laptop: FamilyLaptop) -> None:
    film = laptop.film()
    laptop.recording.write_bytes(seal_bytes(film[: film.rindex(b"uuid") - 4], [laptop.identity.recipient]))
    assert laptop.run().code == 3


@pytest.mark.parametrize("plain", [b"a note to the family", b"\xff\xd8\xff\xe0" + bytes(70_000)], ids=["note", "still"])
def test_what_is_sealed_and_no_film_is_named_as_such(laptop: FamilyLaptop, plain: bytes) -> None:
    laptop.recording.write_bytes(seal_bytes(plain, [laptop.identity.recipient]))
    assert "no recording of a vigcam" in laptop.refusal()


def test_film_that_somebody_wrote_by_hand_ends_in_a_refusal_or_a_cut_and_never_in_an_error() -> None:
    encoded, rng = encode(SMALL), random.Random(3)
    good = mux(encoded, take_of(encoded, 1), encoded.audio_format)
    places = [place for place in range(len(good)) if good[place : place + 4] in (b"moof", b"traf", b"trun", b"mdat", b"mfra")]
    for _ in range(400):
        data = bytearray(good[: rng.choice((len(good), rng.randrange(len(good))))])
        for _ in range(rng.randrange(1, 4)):
            place = max(0, rng.choice(places) + rng.randrange(-6, 40))
            data[place : place + 2] = rng.randbytes(2)
        with contextlib.suppress(SystemExit):  # a refusal
            end, _, _ = script().keep_whole_samples(io.BytesIO(data), len(data))
            assert 0 <= end <= len(data)


@pytest.mark.parametrize("end", ["00000008 7472756e", "00000007 6d6f6f66", "00000000 6d646174", "00000014 7472756e" + "0" * 24])
def test_film_that_ends_in_a_box_too_short_for_its_kind_is_refused(end: str) -> None:
    film = bytes.fromhex("00000008 66747970" + end)
    with pytest.raises(SystemExit, match="no recording"):
        script().keep_whole_samples(io.BytesIO(film), len(film))


def test_half_a_film_lies_nowhere_but_beside_the_film(laptop: FamilyLaptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert laptop.run().code == 0


def test_film_is_its_readers_alone_whatever_the_umask(laptop: FamilyLaptop) -> None:
    before = os.umask(0)
    try:
        laptop.run()
    finally:
        os.umask(before)
    assert stat.S_IMODE(laptop.out.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["file", "folder", "link"]
)
def test_name_that_is_taken_is_left_as_it_is(laptop: FamilyLaptop, make: Callable[[Path], object]) -> None:
    make(laptop.out)
    assert "exists" in laptop.refusal()


def test_full_disk_leaves_no_half_of_a_film(laptop: FamilyLaptop) -> None:
    command = [sys.executable, SCRIPT, laptop.recording, laptop.identity_file, laptop.out]
    limit = (200_000, 200_000)
    ended = subprocess.run(
        command, capture_output=True, check=False, timeout=60, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    )
    assert (ended.returncode, ended.stderr) == (1, b"[Errno 27] File too large\n")
    assert list(laptop.films.iterdir()) == []


def test_run_that_its_user_breaks_off_leaves_no_half_of_a_film(laptop: FamilyLaptop, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(script(), "keep_whole_samples", break_off)
    with pytest.raises(KeyboardInterrupt):
        laptop.run()
    assert list(laptop.films.iterdir()) == []


def told_to_end(laptop: FamilyLaptop, number: signal.Signals, before: signal.Handlers) -> tuple[int, str]:
    """How it ends, with what its parent had set for the signal."""
    command = [sys.executable, "-c", TOLD_TO_END, SCRIPT, str(number.value), laptop.recording, laptop.identity_file, laptop.out]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, preexec_fn=lambda: signal.signal(number, before)
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_run_that_is_told_to_end_leaves_no_half_of_a_film(laptop: FamilyLaptop, number: signal.Signals) -> None:
    code, words = told_to_end(laptop, number, signal.SIG_DFL)
    assert list(laptop.films.iterdir()) == []
    assert (code, words) == (1, "it was told to end, and has left nothing behind\n")


def test_run_that_may_outlive_its_terminal_goes_on(laptop: FamilyLaptop) -> None:
    assert told_to_end(laptop, signal.SIGHUP, signal.SIG_IGN)[0] == 0
    assert len(packets(laptop.out.read_bytes())) > 200
