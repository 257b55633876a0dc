"""A killed process, a cut file: what is left, and how little is lost at the worst moment. `sweep.py` cuts at random."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import factory
import pytest
from torn_takes import Torn, film

from capture.container.movie import open_movie
from capture.container.progressive import ProgressiveMp4
from capture.errors import Truncated
from capture.seal.stream import open_header
from device.ports import Profile


def cut(torn: Torn, size: int) -> ProgressiveMp4:
    """What plays of the file's first `size` bytes."""
    copy = torn.path.with_name("cut")
    shutil.copyfile(torn.path, copy)
    os.truncate(copy, size)
    fd = os.open(copy, os.O_RDONLY)
    file_key, payload_offset = open_header(os.pread(fd, 4_096, 0), torn.identity)
    return open_movie(fd, file_key, payload_offset, is_sealed=False)


def left_s(torn: Torn, size: int) -> float:
    """Seconds of film that a cut there leaves."""
    try:
        return cut(torn, size).index.duration_ms / 1000
    except Truncated:
        return 0.0


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("bitrate", "most_s"), [(8_000_000, 0.6), (2_000_000, 1.0), (500_000, 1.0), (250_000, 1.0)])
@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "silent"])
def test_killed_process_costs_little_film(tmp_path: Path, bitrate: int, most_s: float, has_sound: bool) -> None:
    encoded = factory.encode(Profile(320, 180, 30, bitrate, audio_bitrate=48_000), has_sound=has_sound)
    torn = film(tmp_path, encoded=encoded, seconds=20)
    # The worst moment is the last one before more reaches the disk: later entries of the same size replace earlier ones.
    worst = {size: time for time, size in torn.moments}
    # The encoder may hold a picture or two more than the writer was given.
    lost = [time + 1 / 30 - left_s(torn, size) for size, time in worst.items()]
    assert max(lost) <= most_s


def test_zeros_or_garbage_at_the_end_are_left_out(tmp_path: Path) -> None:
    torn = film(tmp_path, encoded=factory.encode(), seconds=6)
    clean = cut(torn, torn.path.stat().st_size).index.frames
    with torn.path.open("ab") as file:
        file.write(bytes(200_000) + random.Random(1).randbytes(70_000))
    assert cut(torn, torn.path.stat().st_size).index.frames == clean


def test_file_that_ends_before_its_first_picture_is_truncated(tmp_path: Path) -> None:
    torn = film(tmp_path, encoded=factory.encode(), seconds=2)
    with pytest.raises(Truncated):
        cut(torn, torn.moments[0][1])


def test_reading_an_interrupted_file_never_alters_it(tmp_path: Path) -> None:
    torn = film(tmp_path, encoded=factory.encode(), seconds=3)
    before = torn.path.read_bytes()
    fd = os.open(torn.path, os.O_RDONLY)
    file_key, payload_offset = open_header(before[:4_096], torn.identity)
    open_movie(fd, file_key, payload_offset, is_sealed=False)
    assert torn.path.read_bytes() == before


def test_padding_costs_next_to_nothing_at_8_mbit_and_a_third_at_the_most_at_half_a_mbit(tmp_path: Path) -> None:
    for bitrate, most in ((8_000_000, 0.005), (500_000, 0.33)):
        folder = tmp_path / str(bitrate)
        folder.mkdir()
        torn = film(folder, encoded=factory.encode(Profile(320, 180, 30, bitrate, audio_bitrate=48_000)), seconds=30)
        movie = cut(torn, torn.path.stat().st_size)
        overhead = torn.path.stat().st_size / movie.size - 1
        assert overhead < most
