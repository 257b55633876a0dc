"""Whatever is filmed, both forms of it obey the standards: read by a strict reader that shares no code with ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import factory
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of
from strict_fragments import read_fragmented
from strict_movies import Strict, read_progressive
from strict_samples import check_samples

from capture.container.index import load_index
from capture.container.muxer import FragmentMuxer
from capture.container.progressive import ProgressiveMp4
from capture.errors import Truncated
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket

Packets = list[VideoPacket | AudioPacket]

ENCODED = factory.encode()
FORMAT = ENCODED.audio_format
assert FORMAT is not None
OTHER = factory.encode(Profile(98, 50, 15, 200_000, audio_bitrate=32_000, audio_rate=32_000))
PLAIN = take_of(ENCODED, 3)


def pictures(packets: Packets) -> Packets:
    return [packet for packet in packets if isinstance(packet, VideoPacket)]


def lost_pictures() -> Packets:
    """A sensor that loses one picture in seven before the encoder."""
    numbers = [number for number in range(200) if number % 7]
    lost = [
        VideoPacket(ENCODED.video[place % 60].data, number * 1_000_000 // 30, number, place % 30 == 0)
        for place, number in enumerate(numbers[:90])
    ]
    return [*lost, *(packet for packet in take_of(ENCODED, 3) if isinstance(packet, AudioPacket))]


TAKES: dict[str, Packets] = {
    "sound": PLAIN,
    "silence": pictures(PLAIN),
    "late_sound": take_of(ENCODED, 5, 1_700_003),
    "sound_within_the_first_fragment": take_of(ENCODED, 3, 123_456),
    "sound_in_the_middle": [packet for packet in PLAIN if isinstance(packet, VideoPacket) or packet.time_us > 1_600_000],
    "early_sound": take_of(ENCODED, 3, -1_234_567),
    "sound_a_little_early": take_of(ENCODED, 3, -11_111),
    "sound_that_stops": [packet for packet in PLAIN if isinstance(packet, VideoPacket) or packet.time_us < 900_000],
    "a_single_packet_of_sound": [
        packet for packet in PLAIN if isinstance(packet, VideoPacket) or 500_000 < packet.time_us < 521_000
    ],
    "nothing_but_the_encoders_delay": [packet for packet in PLAIN if isinstance(packet, VideoPacket) or packet.time_us < -10_000],
    "gap_in_the_sound": [
        packet for packet in PLAIN if isinstance(packet, VideoPacket) or not 1_000_000 < packet.time_us < 2_000_000
    ],
    "lost_pictures": sorted(lost_pictures(), key=lambda packet: packet.time_us),
    "one_picture": pictures(PLAIN)[:1],
    "one_picture_and_sound": [packet for packet in PLAIN if packet.time_us < 30_000],
    "an_hour_between_two_pictures": [pictures(PLAIN)[0], replace(pictures(PLAIN)[1], time_us=3_600_000_000)],
    "a_sensor_clock_long_running": [replace(packet, time_us=packet.time_us + 10**15) for packet in PLAIN],
}


def muxed(packets: Packets, announced: AudioFormat | None = FORMAT, paddings: Sequence[int] = ()) -> bytes:
    """The whole fragmented MP4, with padding behind the first fragments."""
    muxer = FragmentMuxer(ENCODED.profile)
    if announced is not None:
        muxer.audio_format(announced)
    parts: list[bytes] = []
    left = list(paddings)
    for packet in packets:
        if isinstance(packet, AudioPacket):
            muxer.audio(packet)
        elif muxer.video(packet):
            parts += muxer.fragment()
            if left:
                parts.append(muxer.padding(left.pop()))
    generated = 1 + max(packet.frame_number for packet in packets if isinstance(packet, VideoPacket))
    last, trailer = muxer.close(generated, 2, (100, 200, 300))
    return b"".join((*parts, *last, trailer))


def progressive_of(fragmented: bytes) -> tuple[ProgressiveMp4, Strict]:
    reader = BytesReader(fragmented)
    view = ProgressiveMp4(reader, load_index(reader))
    whole = BytesReader(view.read_at(0, view.size))
    strict = read_progressive(whole)
    check_samples(whole, strict)
    return view, strict


def check_both(fragmented: bytes) -> None:
    """Both forms are legal, and speak of the same samples at the same times."""
    reader = BytesReader(fragmented)
    raw = read_fragmented(reader)
    check_samples(reader, raw)
    view, strict = progressive_of(fragmented)
    whole = view.read_at(0, view.size)
    for before, after in zip(raw.samples, strict.samples, strict=False):
        assert [(one.size, one.ticks, one.is_sync) for one in before] == [(one.size, one.ticks, one.is_sync) for one in after]
        for one, other in zip(before, after, strict=True):
            assert fragmented[one.offset : one.offset + one.size] == whole[other.offset : other.offset + other.size]
    if len(strict.samples) == 2:
        heard = [raw.heard_s(one) for one in raw.samples[1]]
        # An empty edit counts in the movie's ticks.
        assert [strict.heard_s(one) for one in strict.samples[1]] == pytest.approx(heard, abs=1 / 90_000)


@pytest.mark.parametrize("name", TAKES)
def test_both_forms_obey_the_standards(name: str) -> None:
    check_both(muxed(TAKES[name], None if name == "silence" else FORMAT))


def test_other_sizes_and_rates_obey_the_standards() -> None:
    check_both(mux(OTHER, take_of(OTHER, 3, 400_000), OTHER.audio_format))


@pytest.mark.parametrize("paddings", [[8], [9, 70_000], [65_536, 8, 8, 8, 8]], ids=str)
def test_padding_between_fragments_obeys_the_standards(paddings: list[int]) -> None:
    check_both(muxed(PLAIN, paddings=paddings))


GAPS_US = st.one_of(st.integers(30_000, 36_000), st.integers(12, 900_000))


@st.composite
def takes(draw: st.DrawFn) -> Packets:
    """Pictures at any distance, sound from before to long after their beginning, packets lost, a clock that drifts."""
    gaps = draw(st.lists(GAPS_US, min_size=0, max_size=70))
    zero_us = draw(st.integers(-(10**12), 10**12))
    times = list(accumulate([zero_us, *gaps]))
    shown: Packets = [VideoPacket(ENCODED.video[n % 60].data, time_us, n, n % 30 == 0) for n, time_us in enumerate(times)]
    offset_us = draw(st.integers(-3_000_000, 3_000_000))
    drift = draw(st.sampled_from((0.0, 0.0, 0.001, -0.02, 0.02)))
    lost = draw(st.sets(st.integers(0, 119), max_size=40))
    first, count = draw(st.integers(0, 60)), draw(st.integers(0, 120))
    heard = [
        replace(packet, time_us=zero_us + round(packet.time_us * (1 + drift)) + offset_us)
        for number, packet in enumerate(ENCODED.audio[first : first + count])
        if number not in lost
    ]
    return sorted([*shown, *heard], key=lambda packet: packet.time_us)


@settings(max_examples=150, deadline=None)
@given(takes(), st.lists(st.integers(8, 70_000), max_size=4))
def test_any_take_obeys_the_standards(packets: Packets, paddings: list[int]) -> None:
    check_both(muxed(packets, paddings=paddings))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TAKES)), st.floats(0, 1))
def test_what_is_left_of_a_cut_take_obeys_the_standards(name: str, share: float) -> None:
    fragmented = muxed(TAKES[name])
    try:
        progressive_of(fragmented[: round(share * (len(fragmented) - 1))])
    except Truncated:
        assert share < 0.99
