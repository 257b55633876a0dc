"""Makes recordings for tests and benches, faster than real time: encodes two real seconds once, repeats them with running
time-stamps through the real muxer, seal and vault. Opens no camera.

As a program: `python tests/factory.py --minutes 60 --bitrate 8000000 --dir DIR` leaves the recording and the identity for it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

if __name__ == "__main__":  # run from anywhere, installed or not
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from capture.ids import RecordingId, new_recording_id
from capture.seal.keys import Identity, Recipient
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket

SMALL = Profile(width=320, height=180, fps=30, bitrate=500_000, audio_bitrate=48_000)
LOOP_S = 8
"""Sound repeats without a seam after 8 s: 375 packets of 1,024 samples at 48 kHz."""
FLASH_FRAMES = 3
BEEP_HZ = 1_000
COUNTER_BITS = 16
_PACKET_SAMPLES = 1_024


@dataclass(frozen=True, slots=True)
class Encoded:
    """Some seconds of pictures and, if any, sound, to be repeated. The first packet of sound begins before the first picture."""

    profile: Profile
    video: tuple[VideoPacket, ...]
    audio_format: AudioFormat | None
    audio: tuple[AudioPacket, ...]


class UnsyncedDisk(SystemDisk):
    """The real disk, but nothing waits for it: a factory's goods may be lost in a power cut."""

    def sync_data(self, fd: int) -> None:
        pass

    def sync(self, fd: int) -> None:
        pass


def draw(number: int, profile: Profile, noise: np.random.Generator) -> np.ndarray:
    """One grey picture: noise, a flash at each second's beginning, and `number` in blocks along the top."""
    picture = noise.integers(60, 120, (profile.height, profile.width), dtype=np.uint8)
    if number % profile.fps < FLASH_FRAMES:
        picture[:] = 235
    block = profile.width // COUNTER_BITS
    for bit in range(COUNTER_BITS):
        picture[: profile.height // 8, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 16
    return picture


def read_number(picture: np.ndarray) -> int:
    """The number that `draw` put into a decoded grey picture."""
    height, width = picture.shape
    block = width // COUNTER_BITS
    middles = [picture[height // 16, bit * block + block // 2] for bit in range(COUNTER_BITS)]
    return sum((value > 128) << bit for bit, value in enumerate(middles))


@cache
def encode(profile: Profile = SMALL, seconds: int = 2, has_sound: bool = True) -> Encoded:
    """Encode real pictures (a keyframe each second, no B-frames) and real sound (a beep with each flash)."""
    audio_format, audio = _encode_sound(profile) if has_sound else (None, ())
    return Encoded(profile, tuple(_encode_pictures(profile, seconds)), audio_format, audio)


def _encode_pictures(profile: Profile, seconds: int) -> Iterator[VideoPacket]:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = profile.width, profile.height, "yuv420p"
    codec.framerate, codec.time_base = profile.fps, Fraction(1, profile.fps)
    codec.bit_rate = profile.bitrate
    codec.gop_size, codec.max_b_frames = profile.fps, 0
    rate = profile.bitrate // 1000
    codec.options = {
        "preset": "ultrafast",
        "x264-params": f"annexb=1:repeat-headers=1:scenecut=0:keyint={profile.fps}:nal-hrd=none:bframes=0:rc-lookahead=0"
        f":vbv-maxrate={rate}:vbv-bufsize={rate}:sync-lookahead=0:sliced-threads=0:threads=2",
    }
    noise = np.random.default_rng(1)
    chroma = np.full((profile.height // 2, profile.width), 128, np.uint8)
    packets = []
    # A first second is encoded and left out: only then has the rate control settled.
    for number in range((seconds + 1) * profile.fps):
        picture = draw((number - profile.fps) % (seconds * profile.fps), profile, noise)
        frame = av.VideoFrame.from_ndarray(np.vstack((picture, chroma)), format="yuv420p")
        frame.pts = number
        packets += codec.encode(frame)
    packets += codec.encode(None)
    for number, packet in enumerate(packets[profile.fps :]):
        assert packet.pts == number + profile.fps
        yield VideoPacket(bytes(packet), number * 1_000_000 // profile.fps, number, packet.is_keyframe)


def _encode_sound(profile: Profile) -> tuple[AudioFormat, tuple[AudioPacket, ...]]:
    rate = profile.audio_rate
    codec = av.CodecContext.create("aac", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = rate, "mono", "fltp"
    codec.bit_rate, codec.time_base = profile.audio_bitrate, Fraction(1, rate)
    second = np.zeros(rate, np.float32)
    length = rate * FLASH_FRAMES // profile.fps
    second[:length] = 0.6 * np.sin(2 * np.pi * BEEP_HZ * np.arange(length) / rate)
    # Twice the loop, of which the second half is taken: there the encoder has settled.
    samples = np.tile(second, 2 * LOOP_S + 1)
    found = []
    for start in range(0, len(samples) - _PACKET_SAMPLES, _PACKET_SAMPLES):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + _PACKET_SAMPLES], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        found += codec.encode(frame)
    found += codec.encode(None)
    priming = _PACKET_SAMPLES
    first = LOOP_S * rate - priming
    audio_format = AudioFormat(rate, 1, bytes(codec.extradata or b""), priming)
    loop = [packet for packet in found if packet.pts is not None and first <= packet.pts < first + LOOP_S * rate]
    assert len(loop) * _PACKET_SAMPLES == LOOP_S * rate
    return audio_format, tuple(
        AudioPacket(bytes(packet), (packet.pts - LOOP_S * rate) * 1_000_000 // rate, _PACKET_SAMPLES) for packet in loop
    )


def repeated(encoded: Encoded, seconds: float) -> Iterator[VideoPacket | AudioPacket]:
    """The encoded seconds over and over, in order of time, with running time-stamps and frame numbers."""
    count = round(seconds * encoded.profile.fps)
    audio = _repeated_sound(encoded, seconds)
    sound = next(audio, None)
    loop = len(encoded.video)
    for number in range(count):
        packet = encoded.video[number % loop]
        time_us = number * 1_000_000 // encoded.profile.fps
        while sound is not None and sound.time_us <= time_us:
            yield sound
            sound = next(audio, None)
        yield VideoPacket(packet.data, time_us, number, packet.is_keyframe)
    while sound is not None:
        yield sound
        sound = next(audio, None)


def _repeated_sound(encoded: Encoded, seconds: float) -> Iterator[AudioPacket]:
    if not encoded.audio:
        return
    for number in range(int(seconds) // LOOP_S + 1):
        for packet in encoded.audio:
            time_us = packet.time_us + number * LOOP_S * 1_000_000
            if time_us >= seconds * 1_000_000:
                return
            yield AudioPacket(packet.data, time_us, packet.samples)


def make_recording(
    vault: Vault, recipients: Sequence[Recipient], seconds: float, encoded: Encoded, recording: RecordingId | None = None
) -> RecordingId:
    """Put a finished, published recording into a vault."""
    part = vault.begin(recording or new_recording_id(), recipients)
    writer = TakeWriter(part, encoded.profile, SystemClock())
    if encoded.audio_format is not None:
        writer.audio_format(encoded.audio_format)
    for packet in repeated(encoded, seconds):
        if isinstance(packet, VideoPacket):
            writer.video(packet)
        else:
            writer.audio(packet)
    writer.finish(writer.muxer.frames_kept)
    vault.publish(part)
    return part.recording


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a long recording quickly.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--bitrate", type=int, default=8_000_000, help="bit/s of the pictures")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--dir", type=Path, required=True, help="where the recording and its identity go")
    asked = parser.parse_args()
    asked.dir.mkdir(parents=True, exist_ok=True)
    identity = Identity.generate()
    begun = time.monotonic()
    encoded = encode(Profile(width=asked.width, height=asked.height, fps=30, bitrate=asked.bitrate))
    encoded_s = time.monotonic() - begun
    recording = make_recording(Vault(asked.dir.resolve(), UnsyncedDisk()), [identity.recipient], asked.minutes * 60, encoded)
    path = asked.dir / f"{recording}.mp4.age"
    (asked.dir / "identity.txt").write_text(identity.encode() + "\n")
    size = path.stat().st_size
    made_s = time.monotonic() - begun - encoded_s
    rate = size * 8 / asked.minutes / 60e6
    sys.stderr.write(f"{path}: {size} bytes, {rate:.2f} Mbit/s, encoded in {encoded_s:.1f} s, made in {made_s:.1f} s\n")


if __name__ == "__main__":
    main()
