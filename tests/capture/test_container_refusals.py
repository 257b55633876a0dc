"""What a take cannot hold is refused by name, the take can still be closed, and what was closed can always be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import factory
import pytest
from movies import BytesReader, mux, take_of
from odd_takes import FORMAT

from capture.container.h264 import split_annex_b
from capture.container.index import SampleIndex, load_index
from capture.container.muxer import FragmentMuxer
from capture.container.tracks import LONGEST_S
from capture.errors import FormatUnsupported
from device.ports import AudioPacket, Profile, VideoPacket

ENCODED = factory.encode()
PICTURES = [packet for packet in take_of(ENCODED, 2) if isinstance(packet, VideoPacket)]
LONGEST_US = LONGEST_S * 1_000_000


def closed(muxer: FragmentMuxer, before: Sequence[bytes] = ()) -> SampleIndex:
    """The take closed and opened; `before` is what the muxer gave already."""
    parts, trailer = muxer.close(muxer.frames_kept, 0, ())
    return load_index(BytesReader(b"".join((*before, *parts, trailer))))


def with_another_pps(packet: VideoPacket) -> VideoPacket:
    """The same keyframe, its picture parameter set one byte longer."""
    units = [unit + b"\x80" if unit[0] & 0x1F == 8 else unit for unit in split_annex_b(packet.data)]
    return replace(packet, data=b"".join(b"\0\0\0\1" + unit for unit in units))


FIRST, SECOND = PICTURES[:2]
REFUSED = {
    "parameter_sets_that_change": with_another_pps(PICTURES[30]),
    "another_resolution": replace(factory.encode(Profile(160, 96, 30, 200_000)).video[0], time_us=40_000, frame_number=2),
    "b_frames": VideoPacket(b"\0\0\0\1\x01\xa8\x80\x40", 40_000, 2, is_keyframe=False),
    "no_picture": VideoPacket(b"\0\0\0\1\x06\x05\x01\x55\x80", 40_000, 2, is_keyframe=False),
    "the_same_time": replace(PICTURES[2], time_us=SECOND.time_us),
    "a_time_before": replace(PICTURES[2], time_us=SECOND.time_us - 1),
    "too_soon_for_the_clock_of_the_film": replace(PICTURES[2], time_us=SECOND.time_us + 3),
    "the_same_number": replace(PICTURES[2], frame_number=SECOND.frame_number),
    "later_than_any_film_is_long": replace(PICTURES[2], time_us=LONGEST_US),
    "a_time_that_no_sample_can_last_to": replace(PICTURES[2], time_us=1 << 62),
}


@pytest.mark.parametrize("name", REFUSED)
def test_picture_that_the_file_cannot_hold_is_refused_and_what_came_before_is_kept(name: str) -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.video(FIRST)
    muxer.video(SECOND)
    with pytest.raises(FormatUnsupported):
        muxer.video(REFUSED[name])
    assert closed(muxer).frames == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("another_resolution", "the resolution changed from 320x180 to 160x96"),
        ("parameter_sets_that_change", "the encoder changed its parameter sets"),
        ("b_frames", "B-frames"),
    ],
)
def test_refusal_says_what_the_camera_did(name: str, words: str) -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.video(FIRST)
    with pytest.raises(FormatUnsupported, match=f"^{words}$"):
        muxer.video(REFUSED[name])


@pytest.mark.parametrize("name", ["b_frames", "no_picture"])
def test_a_take_that_begins_with_what_cannot_be_held_is_refused(name: str) -> None:
    with pytest.raises(FormatUnsupported):
        FragmentMuxer(ENCODED.profile).video(REFUSED[name])


def test_the_longest_take_that_is_taken_can_be_opened() -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.audio_format(FORMAT)
    muxer.video(FIRST)
    muxer.video(replace(SECOND, time_us=LONGEST_US - 33_333))
    assert closed(muxer).duration_ms == LONGEST_US // 1_000


@pytest.mark.parametrize("fps", [5, 15, 24, 25, 60, 120])
def test_a_camera_at_another_rate_than_it_said_keeps_its_own_times(fps: int) -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    assert ENCODED.profile.fps == 30
    parts: list[bytes] = []
    due_at = [0]
    for number, picture in enumerate(PICTURES):
        if muxer.video(replace(picture, time_us=number * 1_000_000 // fps)):
            parts += muxer.fragment()
            due_at.append(number)
    assert all(later - earlier <= 0.5 * fps + 0.5 for earlier, later in pairwise(due_at))
    assert closed(muxer, parts).duration_ms == pytest.approx((len(PICTURES) - 1) * 1_000 / fps + 33, abs=1)


@pytest.mark.parametrize("jump_us", [11_000_000, 600_000_000])
def test_a_packet_of_sound_far_ahead_of_the_pictures_is_lost_and_those_behind_it_keep_their_place(jump_us: int) -> None:
    packets = [
        replace(packet, time_us=packet.time_us + jump_us)
        if isinstance(packet, AudioPacket) and 1_500_000 < packet.time_us < 1_521_000
        else packet
        for packet in take_of(ENCODED, 3)
    ]
    index = load_index(BytesReader(mux(ENCODED, packets, FORMAT)))
    assert index.closing is not None
    assert index.closing.audio_packets_lost == 1
    assert index.audio is not None
    assert index.audio.samples.duration_ticks / 48_000 == pytest.approx(3.02, abs=0.03)
