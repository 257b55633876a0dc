"""Sound stands beside the pictures to within a millisecond, whenever the microphone opened: found again by its waves, decoded."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import factory
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of
from numpy.typing import NDArray

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from device.encoder import AudioEncoder
from device.ports import AudioPacket, VideoPacket

Waves = NDArray[np.float32]

ENCODED = factory.encode()
RATE = ENCODED.profile.audio_rate
SECONDS = 3
SOUGHT = RATE // 20
"""How far around its place the sound is looked for: 50 ms."""


@cache
def noise() -> Waves:
    """Sound that is like itself at no other place: its true position cannot be mistaken."""
    waves = np.random.default_rng(4).normal(0, 0.2, (SECONDS + 4) * RATE)
    return np.convolve(waves, np.ones(4) / 4, "same").astype(np.float32)


def film(start_us: int, zero_us: int) -> bytes:
    """The fragmented form of a film whose microphone opened `start_us` after the first picture (or before it)."""
    encoder = AudioEncoder(ENCODED.profile, zero_us + start_us)
    sound = [*encoder.encode(noise()), *encoder.flush()]
    shown = [replace(p, time_us=p.time_us + zero_us) for p in take_of(ENCODED, SECONDS) if isinstance(p, VideoPacket)]
    end_us = shown[-1].time_us
    packets: list[VideoPacket | AudioPacket] = [*shown, *(packet for packet in sound if packet.time_us < end_us)]
    return mux(ENCODED, sorted(packets, key=lambda packet: packet.time_us), encoder.format)


def progressive(fragmented: bytes) -> bytes:
    reader = BytesReader(fragmented)
    view = ProgressiveMp4(reader, load_index(reader))
    return view.read_at(0, view.size)


def heard(mp4: bytes) -> Waves:
    """What PyAV decodes, each frame at its own time from the film's beginning."""
    waves = np.zeros((SECONDS + 1) * RATE, np.float32)
    with av.open(io.BytesIO(mp4)) as container:
        for frame in container.decode(audio=0):
            at = round(frame.time * RATE)
            samples = frame.to_ndarray()[0][max(0, -at) :]
            at = max(0, at)
            waves[at : at + len(samples)] = samples[: len(waves) - at]
    return waves


def late_by(waves: Waves, start_us: int) -> int:
    """By how many samples the sound comes later than it should."""
    # A second from the middle of what must be there.
    first = max(RATE // 4, round(start_us * RATE / 1e6) + RATE // 4)
    source = first - round(start_us * RATE / 1e6)
    sought = noise()[source : source + RATE // 2]
    place = waves[first - SOUGHT : first + len(sought) + SOUGHT]
    return int(np.argmax(np.correlate(place, sought, "valid"))) - SOUGHT


@settings(max_examples=15, deadline=None)
@given(st.integers(-3_000_000, 2_000_000), st.integers(0, 10**12))
@example(0, 0)
@example(-1, 5)
@example(21_333, 0)
@example(-21_334, 0)
def test_sound_is_within_a_millisecond_of_where_it_was_heard(start_us: int, zero_us: int) -> None:
    fragmented = film(start_us, zero_us)
    for mp4 in (progressive(fragmented), fragmented):
        assert abs(late_by(heard(mp4), start_us)) <= RATE // 1_000


@pytest.mark.parametrize("start_us", [-1_234_567, -30_000, -7, 0, 19_999, 456_789, 1_700_001])
def test_ffmpeg_hears_it_at_the_same_place(tmp_path: Path, start_us: int) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(progressive(film(start_us, 77)))
    # Silence is put where nothing is heard, from the film's own zero on.
    wanted = ["-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    command = ["/usr/bin/ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", "0:a", *wanted]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    waves = np.zeros((SECONDS + 1) * RATE, np.float32)
    found = np.frombuffer(done.stdout, np.float32)[: len(waves)]
    waves[: len(found)] = found
    assert abs(late_by(waves, start_us)) <= RATE // 1_000
