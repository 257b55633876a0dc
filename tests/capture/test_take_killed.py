"""A real process, really killed while it films: what it costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import take_to_kill
from movies import decode

from capture.container.movie import open_movie
from capture.seal.keys import Identity
from capture.seal.stream import open_header

SLACK_S = 0.15
"""From the line that says a picture was given to the kill: the scheduler of a busy machine, not the film's loss."""


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("bitrate", "most_s", "killed_at_s"), [(8_000_000, 0.6, 2.9), (500_000, 1.0, 3.4)])
def test_killed_process_loses_no_more_than_promised(tmp_path: Path, bitrate: int, most_s: float, killed_at_s: float) -> None:
    identity = Identity.generate()
    process = subprocess.Popen(
        [sys.executable, take_to_kill.__file__, tmp_path, identity.recipient.encode(), str(bitrate)],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    assert process.stdout is not None
    filmed_s = 0.0
    while filmed_s < killed_at_s:
        filmed_s = float(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    for line in process.stdout:
        filmed_s = float(line)
    assert process.wait(10) == -signal.SIGKILL
    [path] = tmp_path.glob("*.mp4.age.part")
    fd = os.open(path, os.O_RDONLY)
    file_key, payload_offset = open_header(os.pread(fd, 4_096, 0), identity)
    movie = open_movie(fd, file_key, payload_offset, is_sealed=False)
    seen = decode(movie.read_at(0, movie.size))
    os.close(fd)
    assert filmed_s - movie.index.duration_ms / 1000 <= most_s + SLACK_S
    assert seen.numbers == [number % 60 for number in range(movie.index.frames)]
