"""Rules of the laptop's encoders."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from camera_kit import SMALL

from device.aac import mono
from device.encoder import AudioEncoder, VideoEncoder
from device.ports import VideoPacket
from device.scene import Scene
from device.sound import beeps

_PARAMETER_SETS = [7, 8]
_IDR, _SLICE = 5, 1


def _nal_types(data: bytes) -> Iterator[int]:
    for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        yield unit[0] & 0x1F


@pytest.fixture(scope="module")
def videos() -> list[VideoPacket]:
    scene, encoder = Scene(SMALL), VideoEncoder(SMALL)
    numbers = [n for n in range(100) if not 40 <= n < 75]  # a gap over a full second
    packets = [packet for n in numbers for packet in encoder.encode(scene.paint(n), n, 1_000_000 + n * 33_333)]
    return packets + encoder.flush()


def test_every_picture_gives_one_packet_in_order_with_its_own_time(videos):
    assert [video.frame_number for video in videos] == [*range(40), *range(75, 100)]
    assert all(video.time_us == 1_000_000 + video.frame_number * 33_333 for video in videos)


def test_each_second_begins_with_a_keyframe_even_after_a_gap(videos):
    assert [video.frame_number for video in videos if video.is_keyframe] == [0, 30, 75, 90]


def test_parameter_sets_stand_before_each_keyframe_and_nowhere_else(videos):
    for video in videos:
        kinds = [kind for kind in _nal_types(video.data) if kind in {*_PARAMETER_SETS, _IDR, _SLICE}]
        assert kinds[:2] == (_PARAMETER_SETS if video.is_keyframe else kinds[:2])
        assert set(kinds[2 if video.is_keyframe else 0 :]) == {_IDR if video.is_keyframe else _SLICE}


def test_there_are_no_b_frames(videos):
    decoder = av.CodecContext.create("h264", "r")
    kinds = {frame.pict_type for video in videos for frame in decoder.decode(av.Packet(video.data))}
    kinds |= {frame.pict_type for frame in decoder.decode(None)}
    assert kinds == {PictureType.I, PictureType.P}


def test_the_bit_rate_is_about_what_was_asked_for():
    scene, encoder = Scene(SMALL), VideoEncoder(SMALL)
    packets = [packet for n in range(150) for packet in encoder.encode(scene.paint(n), n, n)]
    assert sum(len(packet.data) for packet in packets) * 8 / 5 == pytest.approx(SMALL.bitrate, rel=0.3)


def test_sound_packets_follow_each_other_without_gap_from_before_the_first_sample():
    encoder = AudioEncoder(SMALL, start_us=7_000_000)
    packets = [packet for start in range(0, 48_000, 1600) for packet in encoder.encode(beeps(start, 1600, 48_000))]
    packets += encoder.flush()
    audio = encoder.format
    assert (audio.sample_rate, audio.channels) == (48_000, 1)
    begins = 7_000_000 - audio.priming_samples * 1_000_000 // 48_000
    at = np.cumsum([0] + [packet.samples for packet in packets])
    assert sum(packet.samples for packet in packets) == 48_000 + audio.priming_samples
    assert all(
        abs(packet.time_us - (begins + before * 1_000_000 / 48_000)) <= 1 for packet, before in zip(packets, at, strict=False)
    )


@pytest.mark.parametrize("rate", [96_000, 48_000, 44_100, 16_000, 8_000])
def test_the_sounds_format_known_beforehand_is_what_the_encoder_says_of_itself(rate):
    codec = av.AudioCodecContext.create("aac", "w")
    codec.sample_rate, codec.layout, codec.format = rate, "mono", "fltp"
    codec.open()
    known = mono(rate)
    # Behind the two bytes libavcodec adds that there is no extension.
    assert codec.extradata is not None
    assert codec.extradata[:2] == known.config
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 4_096), np.float32), format="fltp", layout="mono")
    silence.sample_rate, silence.pts = rate, 0
    assert codec.encode(silence)[0].pts == -known.priming_samples
