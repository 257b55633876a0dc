"""Rules of the witness, on films made here."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from camera_kit import SMALL, write_film

from device.errors import FilmUnreadable
from device.scene import Scene, to_bgr
from device.witness import examine, main


def _film_of(path: Path, numbers: list[int]) -> Path:
    """A film of these frames of the scene, one after the other."""
    scene = Scene(SMALL)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        for at, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(to_bgr(scene.paint(number)), format="bgr24")
            frame.pts, frame.time_base = at, Fraction(1, 30)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _remux(source: Path, target: Path, sound_later_s: Fraction) -> Path:
    with av.open(str(source)) as read, av.open(str(target), "w") as write:
        streams = {stream: write.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                packet.pts += int(sound_later_s / packet.time_base)
                packet.dts += int(sound_later_s / packet.time_base)
            packet.stream = streams[packet.stream]
            write.mux(packet)
    return target


def test_the_whole_scene_is_seen_once_and_in_order(tmp_path):
    seen = examine(write_film(tmp_path / "film.mp4", seconds=3))
    assert (seen.frames, seen.counters_ok, seen.first_counter, seen.last_counter, seen.missing) == (75, True, 0, 74, 0)
    assert (seen.width, seen.height, seen.has_sound, seen.flashes, seen.beeps) == (320, 240, True, 3, 3)
    assert seen.seconds == pytest.approx(3, abs=0.05)
    assert seen.av_offset_ms == pytest.approx(0, abs=2)


@pytest.mark.promise("P11")
def test_missing_frames_are_counted(tmp_path):
    seen = examine(_film_of(tmp_path / "film.mp4", [*range(5, 20), *range(24, 40)]))
    assert (seen.counters_ok, seen.first_counter, seen.last_counter, seen.missing) == (True, 5, 39, 4)


@pytest.mark.parametrize("numbers", [[0, 1, 1, 2], [0, 2, 1, 3]], ids=["twice", "out of order"])
def test_a_frame_twice_or_out_of_order_is_not_ok(tmp_path, numbers):
    assert not examine(_film_of(tmp_path / "film.mp4", numbers)).counters_ok


@pytest.mark.parametrize("later_ms", [60, 150])
def test_sound_that_is_late_is_measured(tmp_path, later_ms):
    late = _remux(write_film(tmp_path / "film.mp4", seconds=3), tmp_path / "late.mp4", Fraction(later_ms, 1000))
    assert examine(late).av_offset_ms == pytest.approx(later_ms, abs=3)


def test_without_sound_there_is_no_offset(tmp_path):
    seen = examine(write_film(tmp_path / "film.mp4", seconds=2, sound=None))
    assert seen.av_offset_ms is None
    assert not seen.has_sound


@pytest.mark.parametrize("damage", ["cut", "noise inside"])
def test_a_damaged_film_is_undecodable(tmp_path, damage):
    path = write_film(tmp_path / "film.mp4", seconds=2)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    else:
        begin = data.index(b"mdat") + 3000
        data[begin : begin + 4000] = bytes(4000)
    path.write_bytes(data)
    with pytest.raises(FilmUnreadable):
        examine(path)


def test_the_command_prints_one_line_of_json_and_says_by_its_code_what_it_found(tmp_path, capsys):
    whole, gap = write_film(tmp_path / "film.mp4", seconds=1), _film_of(tmp_path / "gap.mp4", [0, 1, 5])
    assert main([str(whole), "--json", "--expect-scene"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 25
    assert main([str(gap)]) == 0
    assert main([str(gap), "--expect-scene"]) == 3
    (tmp_path / "torn.mp4").write_bytes(whole.read_bytes()[:5000])
    assert main([str(tmp_path / "torn.mp4")]) == 3
    assert main([str(tmp_path / "none.mp4")]) == 1


def test_it_runs_as_a_module(tmp_path):
    path = write_film(tmp_path / "film.mp4", seconds=0.4)
    ran = subprocess.run([sys.executable, "-m", "device.witness", str(path)], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["frames"] == 10
    assert len(ran.stdout.splitlines()) == 1
