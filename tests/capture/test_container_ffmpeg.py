"""What ffmpeg, an implementation of its own, makes of a recording: no complaint, and what went in, at its own time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ffmpeg_view import Seen, run, see_film, see_packets
from movies import BytesReader
from odd_takes import TAKES, announced_of, muxed

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from device.ports import AudioPacket, VideoPacket

FORMS = ("progressive", "fragmented")
EVERY_TAKE = pytest.mark.parametrize("name", TAKES)
BOTH_FORMS = pytest.mark.parametrize("form", FORMS)


def written(name: str, form: str, path: Path) -> Path:
    """A take as a file in one of the two forms."""
    fragmented = muxed(TAKES[name], announced_of(name))
    reader = BytesReader(fragmented)
    view = ProgressiveMp4(reader, load_index(reader))
    path.write_bytes(view.read_at(0, view.size) if form == "progressive" else fragmented)
    return path


def has_sound(name: str) -> bool:
    return load_index(BytesReader(muxed(TAKES[name], announced_of(name)))).audio is not None


@cache
def film(name: str, form: str) -> Seen:
    """A take in one of the two forms, decoded without a warning."""
    with TemporaryDirectory() as folder:
        return see_film(written(name, form, Path(folder) / "film.mp4"), has_sound=has_sound(name))


@cache
def source(name: str) -> Seen:
    with TemporaryDirectory() as folder:
        return see_packets(TAKES[name], announced_of(name), Path(folder))


@BOTH_FORMS
@pytest.mark.parametrize("name", ["sound", "silence", "late_sound", "early_sound"])
def test_probing_brings_no_warning(tmp_path: Path, name: str, form: str) -> None:
    assert run("ffprobe", written(name, form, tmp_path / "film.mp4")) == ""


@BOTH_FORMS
@EVERY_TAKE
def test_every_picture_that_went_in_is_there_bit_by_bit_and_no_other(name: str, form: str) -> None:
    seen, given = film(name, form), source(name)
    assert [frame.md5 for frame in seen.packets] == [frame.md5 for frame in given.packets]
    assert seen.parameters == given.parameters
    assert [frame.md5 for frame in seen.pictures] == [frame.md5 for frame in given.pictures]


@BOTH_FORMS
@EVERY_TAKE
def test_every_picture_stands_at_the_sensor_s_own_time(name: str, form: str) -> None:
    times_us = [packet.time_us for packet in TAKES[name] if isinstance(packet, VideoPacket)]
    wanted = [round((time_us - times_us[0]) * 0.09) for time_us in times_us]
    packets = film(name, form).packets
    assert [frame.time for frame in packets] == wanted
    assert [frame.time for frame in film(name, form).pictures] == wanted


@EVERY_TAKE
def test_every_picture_lasts_until_the_next(name: str) -> None:
    # Of fragments ffmpeg takes the rate for the duration, whatever they say.
    packets = film(name, "progressive").packets
    ends = [*(frame.time for frame in packets[1:]), packets[-1].time + 3_000]
    assert [frame.time + frame.duration for frame in packets] == pytest.approx(ends, abs=1)


@BOTH_FORMS
@EVERY_TAKE
def test_every_packet_of_sound_from_the_first_picture_on_is_there_bit_by_bit_at_its_time(name: str, form: str) -> None:
    seen, given = film(name, form), source(name)
    zero_us = next(packet.time_us for packet in TAKES[name] if isinstance(packet, VideoPacket))
    sound = [packet for packet in TAKES[name] if isinstance(packet, AudioPacket)]
    kept = len(seen.sound)
    assert kept >= sum(packet.time_us >= zero_us for packet in sound) or not kept
    first = len(sound) - kept
    assert [frame.md5 for frame in seen.sound] == [frame.md5 for frame in given.sound[first:]]
    wanted = [(packet.time_us - zero_us) * 0.048 for packet in sound[first:]]
    assert [frame.time for frame in seen.sound] == pytest.approx(wanted, abs=1.5)


@pytest.mark.parametrize("name", [name for name in TAKES if name not in {"early_sound", "lost_pictures"}])
def test_sound_decodes_to_the_same_waves(name: str) -> None:
    # But for sound whose beginning is cut off: AAC's noise comes from a generator that runs on from packet to packet.
    waves = [frame.md5 for frame in film(name, "progressive").heard]
    assert waves == [frame.md5 for frame in source(name).heard][: len(waves)]
