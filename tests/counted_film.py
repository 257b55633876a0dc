"""A long film of the test scene in which every picture carries its own number, put in a real box in the place of one just filmed.

Small pictures, a few a second, so that ten minutes are encoded in seconds; data that decoders skip makes the film weigh what a
real one might. Only the vault's file is another: row, log and opening are the box's own.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from enum import Enum
from pathlib import Path

import factory
from factory import Encoded, UnsyncedDisk, make_recording, repeated

from capture.ids import RecordingId
from capture.seal.keys import Recipient
from capture.take.writer import TakeWriter
from capture.vault import Vault
from device.clock import SystemClock
from device.encoder import VideoEncoder
from device.ports import Profile, VideoPacket
from device.scene import Scene

FPS = 5
PROFILE = Profile(320, 180, FPS, 300_000, audio_bitrate=48_000)
_HEAVIER_BYTES = 20_000


class Kind(Enum):
    """What became of a take."""

    SOUND = "sound"
    SILENT = "silent"
    INTERRUPTED = "interrupted"


def encode_counted(seconds: int) -> Encoded:
    """Every picture of so many seconds, its number in its pixels; the sound beeps with each flash."""
    scene, encoder = Scene(PROFILE), VideoEncoder(PROFILE)
    packets: list[VideoPacket] = []
    for number in range(seconds * FPS):
        packets += encoder.encode(scene.paint(number), number, number * 1_000_000 // FPS)
    packets += encoder.flush()
    heavier = tuple(replace(packet, data=_skipped(_HEAVIER_BYTES) + packet.data) for packet in packets)
    return replace(factory.encode(PROFILE), video=heavier)


def _skipped(size: int) -> bytes:
    """A NAL unit of supplemental data that nobody registered (ITU-T H.264, D.1.7): every decoder skips it."""
    full, rest = divmod(size, 255)
    return b"\0\0\0\1\x06\x05" + b"\xff" * full + bytes((rest,)) + b"\x55" * size + b"\x80"


def put_in_place_of(folder: Path, recording: RecordingId, encoded: Encoded, seconds: float, kind: Kind) -> None:
    """Let the box's recording be this film, sealed to the same people."""
    workshop = folder.parent / "workshop"
    workshop.mkdir(exist_ok=True)
    vault, place = Vault(workshop, UnsyncedDisk()), folder / "vault"
    if kind is Kind.SILENT:
        encoded = replace(encoded, audio_format=None, audio=())
    (place / f"{recording}.mp4.age").unlink()
    if kind is not Kind.INTERRUPTED:
        make_recording(vault, recipients(folder), seconds, encoded, recording)
        (workshop / f"{recording}.mp4.age").rename(place / f"{recording}.mp4.age")
        return
    part = vault.begin(recording, recipients(folder))
    writer = TakeWriter(part, encoded.profile, SystemClock())
    assert encoded.audio_format is not None
    writer.audio_format(encoded.audio_format)
    for packet in repeated(encoded, seconds):
        if isinstance(packet, VideoPacket):
            writer.video(packet)
        else:
            writer.audio(packet)
    part.abandon()
    # Power was cut: the last chunk is torn, and the card shows zeros where it had only made room.
    os.truncate(part.path, part.sealed_bytes - 5_000)
    os.truncate(part.path, part.sealed_bytes + 3_000)
    part.path.rename(place / part.path.name)


def recipients(folder: Path) -> list[Recipient]:
    """Those that the box seals to, as its own signed files name them."""
    files = sorted((folder / "recipients").glob("*.json"))
    return [Recipient.parse(json.loads(json.loads(path.read_text())["signed"])["recipient"]) for path in files]
