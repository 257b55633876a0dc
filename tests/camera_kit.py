"""Stand-ins for the far side of the device's ports, and films to play. Holds no test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from device.ports import AudioFormat, AudioPacket, Camera, Profile, VideoPacket
from device.scene import Scene, to_bgr
from device.sound import beeps

SMALL = Profile(width=320, height=240, fps=30, bitrate=500_000)


class CollectingSink:
    """A `PacketSink` and `PictureSink` that keeps everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.formats: list[AudioFormat] = []
        self.videos: list[VideoPacket] = []
        self.audios: list[AudioPacket] = []
        self.pictures: list[bytes] = []
        self.failures: list[str] = []
        self.order: list[str] = []
        """The kinds of all that came, in order."""
        self._changed = threading.Condition()

    def audio_format(self, audio: AudioFormat) -> None:
        self._keep(self.formats, audio)

    def video(self, packet: VideoPacket) -> None:
        self._keep(self.videos, packet)

    def audio(self, packet: AudioPacket) -> None:
        self._keep(self.audios, packet)

    def picture(self, jpeg: bytes) -> None:
        self._keep(self.pictures, jpeg)

    def failed(self, code: str) -> None:
        self._keep(self.failures, code)

    def wait_until(self, is_enough: Callable[[], bool], timeout_s: float = 20) -> None:
        with self._changed:
            assert self._changed.wait_for(is_enough, timeout_s), "the camera did not deliver"

    def _keep(self, kept: list, item: object) -> None:
        with self._changed:
            kept.append(item)
            self.order.append(type(item).__name__)
            self._changed.notify_all()


def end(camera: Camera) -> int:
    """Stop it and have all that it filmed handed over; returns how many frames its sensor made."""
    camera.stop()
    return camera.drain().frames_generated


def decode_luma(videos: list[VideoPacket]) -> list[np.ndarray]:
    """Each picture's luma, in the order of the decoder."""
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for video in videos for frame in decoder.decode(av.Packet(video.data))] + list(decoder.decode(None))
    return [frame.to_ndarray(format="gray") for frame in frames]


def decode_sound(sink: CollectingSink) -> np.ndarray:
    """The samples, the encoder's delay cut off."""
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = sink.formats[0].config
    decoder.sample_rate, decoder.layout = sink.formats[0].sample_rate, "mono"
    frames = [frame for packet in sink.audios for frame in decoder.decode(av.Packet(packet.data))]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])[sink.formats[0].priming_samples :]


def write_film(
    path: Path,
    *,
    seconds: float = 1.5,
    width: int = 320,
    height: int = 240,
    fps: int = 25,
    sound: str | None = "stereo",
    rate: int = 44_100,
    codec: str = "libx264",
) -> Path:
    """A film of the test scene, its own frames counted at its own rate; `sound` is a channel layout, or None."""
    even = Profile(width=width + width % 2, height=height + height % 2, fps=fps, bitrate=1_000_000)
    scene = Scene(even)
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=fps)
        video.width, video.height, video.bit_rate = width, height, 1_000_000
        video.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        audio = None
        if sound is not None:
            audio = container.add_stream("aac", rate=rate)
            audio.layout = sound
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(to_bgr(scene.paint(number))[:height, :width], format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            samples = beeps(0, round(seconds * rate), rate)
            channels = 2 if sound == "stereo" else 1
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.tile(samples, (channels, 1))), format="fltp", layout=sound)
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path
