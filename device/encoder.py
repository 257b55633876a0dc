"""The laptop's encoders: pictures to H.264, sound to AAC, by PyAV. Hold no file, no clock and no thread.

H.264 comes in Annex-B form, without B-frames, one packet for each picture, SPS and PPS before each keyframe, one keyframe for
each second of the scene. Source: ITU-T H.264 Annex B; ISO/IEC 14496-3 (AAC-LC).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
from av.video.frame import PictureType

from device.aac import mono
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket
from device.scene import I420
from device.sound import Samples

_THREADS = 2
"""The laptop's camera leaves room for the seal and the server; two slices a picture hold 1080p30."""


class VideoEncoder:
    """libx264, tuned for latency: every picture that goes in comes out. Raises av.FFmpegError (and so does every method)."""

    def __init__(self, profile: Profile) -> None:
        self._fps = profile.fps
        self._times_us: dict[int, int] = {}
        self._key_second = -1
        codec = av.VideoCodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = profile.width, profile.height, "yuv420p"
        codec.time_base, codec.framerate = Fraction(1, profile.fps), Fraction(profile.fps)
        codec.bit_rate = profile.bitrate
        codec.gop_size, codec.max_b_frames = profile.fps, 0
        codec.thread_count = _THREADS
        codec.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": f"scenecut=0:vbv-maxrate={profile.bitrate // 1000}:vbv-bufsize={profile.bitrate // 1000}",
        }
        codec.open()
        self._codec = codec

    def encode(self, picture: I420, frame_number: int, time_us: int) -> list[VideoPacket]:
        """`picture` is copied. Frame numbers rise and may jump; the first picture of each second becomes a keyframe."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = frame_number, Fraction(1, self._fps)
        if frame_number // self._fps != self._key_second:
            self._key_second = frame_number // self._fps
            frame.pict_type = PictureType.I
        self._times_us[frame_number] = time_us
        return self._packets(self._codec.encode(frame))

    def flush(self) -> list[VideoPacket]:
        """What was still inside; nothing may be encoded after it."""
        return self._packets(self._codec.encode(None))

    def _packets(self, packets: Iterable[av.Packet[Any]]) -> list[VideoPacket]:
        found = []
        for packet in packets:
            assert packet.pts is not None, "libx264 gives every packet its picture's time"
            time_us = self._times_us.pop(packet.pts)
            found.append(VideoPacket(bytes(packet), time_us=time_us, frame_number=packet.pts, is_keyframe=packet.is_keyframe))
        return found


class AudioEncoder:
    """AAC-LC, mono. Sample 0 is at `start_us`. Raises av.FFmpegError (and so does every method)."""

    def __init__(self, profile: Profile, start_us: int) -> None:
        self._rate = profile.audio_rate
        self._start_us = start_us
        self._position = 0
        codec = av.AudioCodecContext.create("aac", "w")
        codec.sample_rate, codec.layout, codec.format = profile.audio_rate, "mono", "fltp"
        codec.bit_rate, codec.time_base = profile.audio_bitrate, Fraction(1, profile.audio_rate)
        codec.open()
        self._codec = codec
        self.format: AudioFormat = mono(profile.audio_rate)
        """How the sound is coded."""

    @property
    def position(self) -> int:
        """How many samples went in."""
        return self._position

    def encode(self, samples: Samples) -> list[AudioPacket]:
        """The next samples, any number of them."""
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._position, Fraction(1, self._rate)
        self._position += samples.size
        return self._packets(self._codec.encode(frame))

    def flush(self) -> list[AudioPacket]:
        """What was still inside; nothing may be encoded after it."""
        return self._packets(self._codec.encode(None))

    def _packets(self, packets: Iterable[av.Packet[Any]]) -> list[AudioPacket]:
        found = []
        for packet in packets:
            assert packet.pts is not None, "the AAC encoder gives every packet its time"
            # The encoder stamps its first packet with minus its own delay.
            assert packet.pts >= -self.format.priming_samples, "an encoder with another delay"
            time_us = self._start_us + packet.pts * 1_000_000 // self._rate
            found.append(AudioPacket(bytes(packet), time_us=time_us, samples=packet.duration or 1024))
        return found
