"""A program that films into a folder in real time until it is killed; says on stdout how much film it has been given, in seconds.

Run by the test that kills it: `python tests/take_to_kill.py FOLDER RECIPIENT BITRATE`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import factory

from capture.ids import new_recording_id
from capture.seal.keys import Recipient
from capture.take.take import Take, TakeSummary
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import Profile, VideoPacket


class Deaf:
    """Nobody listens: the process is to die."""

    def first_frame(self) -> None: ...

    def frame_seen(self, boottime_ns: int) -> None: ...

    def take_failed(self, code: str) -> None: ...

    def take_finished(self, summary: TakeSummary) -> None: ...


def main(folder: Path, recipient: Recipient, bitrate: int) -> None:
    encoded = factory.encode(Profile(320, 180, 30, bitrate, audio_bitrate=48_000))
    assert encoded.audio_format is not None
    disk, clock = SystemDisk(), SystemClock()
    part = Vault(folder, disk).begin(new_recording_id(), [recipient])
    take = Take(part, encoded.profile, disk, clock, Deaf(), 0)
    take.audio_format(encoded.audio_format)
    begun_s = time.monotonic()
    for packet in factory.repeated(encoded, 60):
        if isinstance(packet, VideoPacket):
            time.sleep(max(0.0, begun_s + packet.time_us / 1e6 - time.monotonic()))
            take.video(packet)
            sys.stdout.write(f"{packet.time_us / 1e6:.3f}\n")
            sys.stdout.flush()
        else:
            take.audio(packet)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Recipient.parse(sys.argv[2]), int(sys.argv[3]))
