"""Clocks that jump: a take with any times at all can be closed, and what was written can be read again, pictures first of all."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import accumulate

import factory
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader

from capture.container.index import load_index
from capture.container.muxer import FragmentMuxer
from capture.container.progressive import ProgressiveMp4
from capture.errors import FormatUnsupported
from device.ports import AudioPacket, VideoPacket

ENCODED = factory.encode()
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
jumps = st.sampled_from(
    [0, 0, 1, 33_333, -33_333, HOUR_US, -HOUR_US, 3 * HOUR_US, 20 * DAY_US, -20 * DAY_US, 1 << 51, -(1 << 51)]
)


def mux(packets: list[VideoPacket | AudioPacket]) -> tuple[int, bytes, bytes]:
    """How many pictures were taken in, and the film without and with its trailer."""
    muxer, parts = FragmentMuxer(ENCODED.profile), []
    muxer.audio_format(ENCODED.audio_format)
    for packet in packets:
        if isinstance(packet, AudioPacket):
            muxer.audio(packet)
            continue
        with suppress(FormatUnsupported):
            if muxer.video(packet):
                parts += muxer.fragment()
    kept = muxer.frames_kept
    last, trailer = muxer.close(kept, 0, ())
    fragments = b"".join((*parts, *last))
    return kept, fragments, fragments + trailer


def check_readable(packets: list[VideoPacket | AudioPacket]) -> None:
    kept, *films = mux(packets)
    for data in films:
        reader = BytesReader(data)
        movie = ProgressiveMp4(reader, load_index(reader))
        assert movie.index.frames == kept
        assert len(movie.read_at(0, movie.size)) == movie.size


def pictures(gaps_us: list[int], zero_us: int) -> list[VideoPacket]:
    times = accumulate(gaps_us, initial=zero_us)
    return [replace(ENCODED.video[number], time_us=time, frame_number=number) for number, time in enumerate(times)]


@settings(deadline=None)
@given(st.integers(-(1 << 52), 1 << 52), jumps, st.lists(st.tuples(jumps, jumps), max_size=12))
def test_take_with_any_times_can_be_read(zero_us: int, sound_us: int, steps: list[tuple[int, int]]) -> None:
    shown = pictures([33_333 + picture for picture, _ in steps], zero_us)
    times = list(accumulate((21_333 + sound for _, sound in steps), initial=zero_us + sound_us))
    sound = [replace(packet, time_us=time) for packet, time in zip(ENCODED.audio, times, strict=False)]
    check_readable([packet for pair in zip(sound, shown, strict=True) for packet in pair])


@pytest.mark.parametrize("off_us", [20 * DAY_US, -20 * DAY_US, 1 << 51, -(1 << 51)])
def test_sound_of_another_clock_altogether_is_counted_as_lost(off_us: int) -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.audio_format(ENCODED.audio_format)
    for packet in ENCODED.audio[:10]:
        muxer.audio(replace(packet, time_us=packet.time_us + off_us))
    for picture in ENCODED.video[:20]:
        if muxer.video(picture):
            muxer.fragment()
    for packet in ENCODED.audio[10:20]:
        muxer.audio(replace(packet, time_us=packet.time_us + off_us))
    muxer.close(20, 0, ())
    assert muxer.audio_packets_lost == 20
