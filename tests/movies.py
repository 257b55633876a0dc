"""What the container's tests share: plaintext in RAM as a reader, a take muxed without disk or seal, what a decoder sees."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import av
import numpy as np
from factory import Encoded, read_number, repeated

from capture.container.muxer import FragmentMuxer
from device.ports import AudioFormat, AudioPacket, VideoPacket


class BytesReader:
    """`PlainReader` over bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def read_into(self, offset: int, out: memoryview) -> int:
        found = self.read_at(offset, len(out))
        out[: len(found)] = found
        return len(found)


@dataclass(frozen=True, slots=True)
class Seen:
    """What decoding gave: each picture's number and time, when flashes and beeps begin; times in seconds."""

    numbers: list[int]
    times: list[float]
    flashes: list[float]
    beeps: list[float]


def mux(encoded: Encoded, packets: Iterable[VideoPacket | AudioPacket], announced: AudioFormat | None) -> bytes:
    """The whole fragmented MP4 of a take, trailer included."""
    muxer = FragmentMuxer(encoded.profile)
    if announced is not None:
        muxer.audio_format(announced)
    parts: list[bytes] = []
    for packet in packets:
        if isinstance(packet, AudioPacket):
            muxer.audio(packet)
        elif muxer.video(packet):
            parts += muxer.fragment()
    last, trailer = muxer.close(muxer.frames_kept, 0, ())
    return b"".join((*parts, *last, trailer))


def take_of(encoded: Encoded, seconds: float, sound_offset_us: int = 0) -> list[VideoPacket | AudioPacket]:
    """Packets in order of time, the sound's time-stamps moved by `sound_offset_us`."""
    return [
        replace(packet, time_us=packet.time_us + sound_offset_us) if isinstance(packet, AudioPacket) else packet
        for packet in repeated(encoded, seconds)
    ]


def decode(mp4: bytes) -> Seen:
    """Decode every picture and all sound."""
    numbers, times, flashes = [], [], []
    with av.open(io.BytesIO(mp4)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="gray")
            numbers.append(read_number(picture))
            times.append(frame.time)
            if picture[picture.shape[0] // 4 :].mean() > 180 and numbers[-1] % 30 == 0:
                flashes.append(frame.time)
    return Seen(numbers, times, flashes, _beeps(mp4))


def _beeps(mp4: bytes) -> list[float]:
    with av.open(io.BytesIO(mp4)) as container:
        if not container.streams.audio:
            return []
        last = -1.0
        beeps = []
        for frame in container.decode(audio=0):
            loud = np.nonzero(np.abs(frame.to_ndarray()[0]) > 0.2)[0]
            for position in loud:
                time = frame.time + position / frame.sample_rate
                if time - last > 0.3:
                    beeps.append(time)
                last = time
        return beeps
