"""Rules of the test scene: what is painted can be read back after any encoder."""

from __future__ import annotations

import numpy as np
import pytest
from camera_kit import decode_luma
from hypothesis import given, settings
from hypothesis import strategies as st

from device.encoder import VideoEncoder
from device.ports import Profile
from device.scene import COUNTER_BITS, Scene, draw, is_flash, is_flash_frame, read_counter
from device.sound import BEEP_S, beeps

LOW = Profile(width=1280, height=720, fps=30, bitrate=500_000)
TINY = Profile(width=160, height=120, fps=30, bitrate=150_000)


@given(st.integers(0, 2**COUNTER_BITS - 1))
@settings(max_examples=60, deadline=None)
def test_every_counter_is_read_back_from_a_drawn_frame(number):
    assert read_counter(draw(number, TINY)) == number


@given(st.integers(0, 2**COUNTER_BITS - 8))
@settings(max_examples=8, deadline=None)
def test_every_counter_is_read_back_after_h264_at_half_a_megabit(first):
    scene, encoder = Scene(LOW), VideoEncoder(LOW)
    packets = [packet for n in range(first, first + 8) for packet in encoder.encode(scene.paint(n), n, n)]
    pictures = decode_luma(packets + encoder.flush())
    assert [read_counter(picture) for picture in pictures] == list(range(first, first + 8))
    assert [is_flash(picture) for picture in pictures] == [is_flash_frame(n, LOW.fps) for n in range(first, first + 8)]


@given(st.integers(0, 2**COUNTER_BITS - 1), st.integers(0, 31), st.integers(0, 31))
@settings(max_examples=60, deadline=None)
def test_a_counter_with_a_wrong_cell_or_two_is_not_believed(number, one, other):
    picture = draw(number, TINY).copy()
    for bit in {one, other}:
        top, left = bit // 16 * 10, bit % 16 * 10
        picture[top : top + 10, left : left + 10] = 255 - picture[top : top + 10, left : left + 10]
    assert read_counter(picture) is None


@pytest.mark.parametrize("shade", [0, 16, 128, 235, 255])
def test_a_plain_picture_carries_no_counter(shade):
    assert read_counter(np.full((720, 1280), shade, np.uint8)) is None


def test_the_scene_flashes_for_three_frames_from_each_full_second():
    assert [n for n in range(91) if is_flash(draw(n, TINY))] == [0, 1, 2, 30, 31, 32, 60, 61, 62, 90]


def test_the_scene_moves():
    assert np.abs(draw(10, TINY).astype(int) - draw(20, TINY)).max() > 50


def test_an_odd_side_is_refused():
    with pytest.raises(ValueError, match="even"):
        Scene(Profile(width=321, height=240, fps=30, bitrate=1))


def test_each_beep_begins_with_its_second_and_lasts_a_tenth():
    samples = beeps(0, 3 * 48_000, 48_000)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    for second in range(3):
        inside = loud[(loud >= second * 48_000) & (loud < (second + 1) * 48_000)] - second * 48_000
        assert inside[0] <= 1
        assert BEEP_S * 48_000 - 50 < inside[-1] < BEEP_S * 48_000


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
@settings(deadline=None)
def test_the_sound_is_the_same_however_it_is_cut(counts):
    pieces, at = [], 0
    for count in counts:
        pieces.append(beeps(at, count, 48_000))
        at += count
    assert np.array_equal(np.concatenate(pieces), beeps(0, at, 48_000))
