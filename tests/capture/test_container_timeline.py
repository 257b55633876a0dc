"""Whatever the camera loses and however its clocks wander, each sample stands in the file at the time it says of itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import factory
from hypothesis import given
from hypothesis import strategies as st
from movies import BytesReader, mux

from capture.container.index import SampleIndex, load_index
from capture.container.samples import SampleTable
from device.ports import AudioPacket, VideoPacket

ENCODED = factory.encode()
FORMAT = ENCODED.audio_format
assert FORMAT is not None
MOST_US = 3_600_000_000


def starts(table: SampleTable) -> list[int]:
    """When each sample begins, in ticks from the track's beginning."""
    ticks = [run for count, run in zip(table.run_counts, table.run_ticks, strict=True) for _ in range(count)]
    return list(accumulate(ticks, initial=0))[:-1]


def index_of(packets: list[VideoPacket | AudioPacket], *, is_closed: bool) -> SampleIndex:
    data = mux(ENCODED, packets, FORMAT)
    return load_index(BytesReader(data if is_closed else data[:-1]))


# Nearer than a tick of the film's clock two pictures cannot be told apart, and the second is refused.
@given(st.lists(st.integers(12, 2_000_000), min_size=1, max_size=40), st.integers(-MOST_US, MOST_US), st.booleans())
def test_every_picture_stands_at_its_own_time(gaps_us: list[int], zero_us: int, is_closed: bool) -> None:
    times_us = list(accumulate([zero_us, *gaps_us]))
    packets = [
        VideoPacket(ENCODED.video[number % 60].data, time_us, number, is_keyframe=number % 30 == 0)
        for number, time_us in enumerate(times_us)
    ]
    index = index_of(list(packets), is_closed=is_closed)
    for found, time_us in zip(starts(index.video.samples), times_us, strict=True):
        assert abs(found / 90_000 - (time_us - zero_us) / 1e6) <= 1 / 90_000


@given(
    st.integers(-2_000_000, 2_000_000),
    st.floats(-0.01, 0.01),
    st.lists(st.booleans(), min_size=60, max_size=60),
    st.lists(st.integers(-5_000, 5_000), min_size=60, max_size=60),
    st.booleans(),
)
def test_every_packet_of_sound_stands_within_the_tolerance_of_its_time(
    offset_us: int, drift: float, kept: list[bool], jitter_us: list[int], is_closed: bool
) -> None:
    sound = [
        replace(packet, time_us=round(packet.time_us * (1 + drift)) + offset_us + late_us)
        for packet, is_kept, late_us in zip(ENCODED.audio, kept, jitter_us, strict=False)
        if is_kept
    ]
    packets = sorted([*ENCODED.video, *sound], key=lambda packet: packet.time_us)
    index = index_of(packets, is_closed=is_closed)
    if index.audio is None:
        return
    edit = index.audio.edit
    heard = [edit.empty_ticks / 90_000 + (start - edit.media_time) / 48_000 for start in starts(index.audio.samples)]
    # Sound from before the first picture is left out, so the last ones are compared.
    wanted = [packet.time_us / 1e6 for packet in sound][-len(heard) :]
    assert all(abs(found - time_s) < 0.0152 for found, time_s in zip(heard, wanted, strict=True))
