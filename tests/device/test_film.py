"""Rules of the film camera, on films made here."""

from __future__ import annotations

import shutil
import struct
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from camera_kit import SMALL, CollectingSink, decode_luma, decode_sound, end, write_film

from device.clock import SystemClock
from device.errors import FilmUnreadable
from device.film import FilmCamera, FilmSource
from device.film_file import probe, stills
from device.letterbox import fit
from device.ports import Profile
from device.scene import read_counter

WIDE = Profile(width=640, height=360, fps=30, bitrate=1_000_000)


def _source(path: Path, profile: Profile = SMALL) -> FilmSource:
    return FilmSource(probe(path), profile)


def _film_counters(path: Path, profile: Profile, frames: int) -> list[int | None]:
    source = _source(path, profile)
    counters = [read_counter(source.picture(number)[: profile.height]) for number in range(frames)]
    source.close()
    return counters


@pytest.mark.parametrize("film_fps", [12, 24, 25, 30, 50])
def test_each_frame_shows_what_the_film_shows_at_its_time(tmp_path, film_fps):
    path = write_film(tmp_path / "film.mp4", seconds=1, fps=film_fps, sound=None)
    expected = [min(number * film_fps // 30, film_fps - 1) for number in range(36)]
    assert _film_counters(path, SMALL, 36) == expected


def test_a_film_of_odd_size_is_scaled_to_the_profile(tmp_path):
    path = write_film(tmp_path / "film.mkv", seconds=0.4, width=321, height=181, sound="mono")
    assert _film_counters(path, WIDE, 10)[9] == 7


def test_a_tall_film_stands_between_black_bars(tmp_path):
    path = write_film(tmp_path / "film.mp4", seconds=0.2, width=120, height=240, sound=None)
    still = next(stills(probe(path), WIDE)).picture
    luma = still[:360]
    assert luma[:, :220].max() == luma[:, 420:].max() == 16
    assert luma[100:300, 240:400].mean() > 180  # the first frame is a flash
    assert read_counter(np.ascontiguousarray(luma[:, 230:410])) == 0


def test_a_film_turned_by_its_own_matrix_is_shown_upright(tmp_path):
    lying = write_film(tmp_path / "film.mp4", seconds=0.2, width=320, height=240, sound=None)
    data = bytearray(lying.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # version 0 of ISO/IEC 14496-12, 8.3.2
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 240 << 16, 0, 1 << 30)
    lying.write_bytes(data)
    still = next(stills(probe(lying), Profile(width=480, height=640, fps=30, bitrate=1))).picture
    # Turned a quarter clockwise, the cells' top edge stands at the right.
    assert read_counter(np.ascontiguousarray(np.rot90(still[:640], 1))) == 0


@pytest.mark.parametrize(("shape", "place"), [(16 / 9, (640, 360)), (4 / 3, (480, 360)), (9 / 16, (202, 360)), (3.0, (640, 214))])
def test_the_fit_keeps_the_shape_and_is_even(shape, place):
    found = fit(shape, WIDE)
    assert (found.width, found.height) == place
    assert found.left % 2 == found.top % 2 == 0
    assert 0 <= found.left <= 640 - found.width
    assert 0 <= found.top <= 360 - found.height


@pytest.mark.parametrize(("sound", "rate"), [("mono", 44_100), ("stereo", 44_100), ("stereo", 48_000)])
def test_sound_of_any_kind_comes_as_mono_at_the_profiles_rate_in_its_place(tmp_path, sound, rate):
    source = _source(write_film(tmp_path / "film.mp4", seconds=1.4, sound=sound, rate=rate))
    heard = np.concatenate([source.sound(start, 1600) for start in range(0, 96_000, 1600)])
    source.close()
    loud = np.flatnonzero(np.abs(heard) > 0.15)
    assert loud[0] < 48
    assert abs(loud[loud > 24_000][0] - 48_000) < 48
    assert 0.4 < np.abs(heard).max() < 0.6
    assert not heard[80_000:].any()


def test_a_film_without_sound_has_none(tmp_path):
    camera, sink = FilmCamera(write_film(tmp_path / "film.mp4", seconds=0.3, sound=None), SMALL, SystemClock()), CollectingSink()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 5)
    end(camera)
    assert sink.formats == sink.audios == []


@pytest.mark.promise("P11")
def test_a_film_is_played_in_real_time_and_again_from_its_beginning(tmp_path):
    camera = FilmCamera(write_film(tmp_path / "film.mp4", seconds=1.2), SMALL, SystemClock())
    assert camera.duration_s == pytest.approx(1.2, abs=0.05)
    for _ in range(2):
        sink = CollectingSink()
        camera.start_filming(sink)
        sink.wait_until(lambda: len(sink.videos) > 40)  # noqa: B023 - called before the next round
        generated = end(camera)
        assert sink.failures == []
        assert [video.frame_number for video in sink.videos] == list(range(generated))
        pictures = decode_luma(sink.videos)
        assert [read_counter(picture) for picture in pictures] == [min(n * 25 // 30, 29) for n in range(generated)]
        assert np.flatnonzero(np.abs(decode_sound(sink)) > 0.15)[0] < 240
    assert not {"film-pictures", "film-sound"} & {thread.name for thread in threading.enumerate()}


def test_past_its_end_the_last_picture_stands_in_silence(tmp_path):
    source = _source(write_film(tmp_path / "film.mp4", seconds=0.4))
    last = source.picture(11).copy()
    assert np.array_equal(source.picture(300), last)
    assert not source.sound(40_000, 48_000).any()
    source.close()


def test_closing_in_the_middle_of_a_film_ends_its_threads(tmp_path):
    source = _source(write_film(tmp_path / "film.mp4", seconds=4))
    source.picture(3)
    source.close()
    assert not {"film-pictures", "film-sound"} & {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "noise", "sound only", "header only"])
def test_what_is_no_film_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "film.txt"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "text":
            path.write_text("no film at all\n" * 100)
        case "noise":
            path.write_bytes(np.random.default_rng(1).bytes(100_000))
        case "sound only":
            _write_sound_only(path := tmp_path / "film.m4a")
        case "header only":
            whole = write_film(tmp_path / "whole.mp4", seconds=0.3)
            path.write_bytes(whole.read_bytes()[:2000])
        case _:
            pass
    with pytest.raises(FilmUnreadable):
        FilmCamera(path, SMALL, SystemClock())


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    shutil.copy(write_film(tmp_path / "film.mp4", seconds=0.2, sound=None), tmp_path / "http:film.mp4")
    monkeypatch.chdir(tmp_path)
    assert FilmCamera(Path("http:film.mp4"), SMALL, SystemClock()).duration_s > 0


def _write_sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
