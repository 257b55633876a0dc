"""Takes as a box may meet them, good and odd: what a sensor loses, sound that comes early, late, in part. Muxed without a disk.

Every name says what is odd. `takes()` draws any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import factory
from hypothesis import strategies as st
from movies import take_of

from capture.container.muxer import FragmentMuxer
from device.ports import AudioFormat, AudioPacket, VideoPacket

Packets = list[VideoPacket | AudioPacket]

ENCODED = factory.encode()
FORMAT = ENCODED.audio_format
assert FORMAT is not None
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
    "half_a_minute_between_two_pictures": [pictures(PLAIN)[0], replace(pictures(PLAIN)[1], time_us=30_000_000)],
    "a_sensor_clock_long_running": [replace(packet, time_us=packet.time_us + 10**15) for packet in PLAIN],
}


def announced_of(name: str) -> AudioFormat | None:
    """What the take of that name says of its sound before it begins."""
    return None if name == "silence" else FORMAT


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
