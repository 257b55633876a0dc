"""What filming costs: processor time of the take's writer while footage comes at the speed of the world, onto a real disk."""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from factory import encode, repeated
from figures import Figure

from capture.container.muxer import FragmentMuxer
from capture.ids import new_recording_id
from capture.seal.keys import Identity
from capture.seal.stream import ChunkSealer, new_file_key
from capture.take.take import Take, TakeSummary
from capture.vault import Vault
from device.clock import SystemClock
from device.disk import SystemDisk
from device.ports import AudioPacket, CameraReport, Profile, VideoPacket

PROFILE = Profile(1280, 720, 30, 8_000_000)
FILM_S = 8
ROUNDS = 5
GOAL_PERCENT = 0.5


class _Listener:
    """Keeps the summary; a take that fails is no figure."""

    def __init__(self) -> None:
        self.summary: TakeSummary | None = None

    def first_frame(self) -> None:
        pass

    def frame_seen(self, boottime_ns: int) -> None:
        pass

    def take_failed(self, code: str) -> None:
        raise SystemExit(f"the take failed: {code}")

    def take_finished(self, summary: TakeSummary) -> None:
        self.summary = summary


def writer_figures(folder: Path, profile: Profile = PROFILE, film_s: int = FILM_S, rounds: int = ROUNDS) -> Iterator[Figure]:
    vault = Vault(folder, SystemDisk())
    took = [_filmed(vault, profile, film_s) for _ in range(rounds)]
    writing, handing = (100 * statistics.median(seconds) / film_s for seconds in zip(*took, strict=True))
    note = (
        f"of one core, user and system; {rounds} takes of {film_s} s of {profile.height}p30 at {profile.bitrate / 1e6:g} Mbit/s, "
        f"with sound and at their own speed, muxed, sealed, hashed, written, synced; the camera's thread: {handing:.2f} %"
    )
    yield _share("filming: the writer's processor", writing, note)
    alone = 100 * statistics.median(_muxed_and_sealed(profile, film_s) for _ in range(rounds)) / film_s
    note = (
        "of one core; of the line above what is neither disk, hash and queue nor waking cold: as fast as it goes, without a disk"
    )
    yield _share("filming: muxing and sealing alone", alone, note)


def _share(name: str, percent: float, note: str) -> Figure:
    return Figure(name, percent, "%", goal_max=GOAL_PERCENT, met=percent <= GOAL_PERCENT, note=note)


def _muxed_and_sealed(profile: Profile, film_s: int) -> float:
    """Processor seconds of muxer and sealer, whose chunks go nowhere."""
    encoded = encode(profile)
    packets = list(repeated(encoded, film_s))
    muxer = FragmentMuxer(profile)
    assert encoded.audio_format is not None
    muxer.audio_format(encoded.audio_format)
    sealer = ChunkSealer(new_file_key(), len)
    gc.collect()
    before_s = time.thread_time()
    for packet in packets:
        if isinstance(packet, AudioPacket):
            muxer.audio(packet)
        elif muxer.video(packet):
            sealer.write(b"".join(muxer.fragment()))
    buffers, trailer = muxer.close(muxer.frames_kept, 0, ())
    sealer.write(b"".join(buffers))
    sealer.finish(trailer)
    return time.thread_time() - before_s


def _filmed(vault: Vault, profile: Profile, film_s: int) -> tuple[float, float]:
    """Processor seconds of the writer's thread, and of the camera's for handing over."""
    encoded = encode(profile)
    # One picture more: with it the last fragment is due.
    packets = list(repeated(encoded, film_s + 1 / profile.fps))
    disk, clock, listener = SystemDisk(), SystemClock(), _Listener()
    part = vault.begin(new_recording_id(), [Identity.generate().recipient])
    others = set(threading.enumerate())
    take = Take(part, profile, disk, clock, listener, floor_bytes=0)
    (writer,) = set(threading.enumerate()) - others
    assert writer.ident is not None
    writers_clock = time.pthread_getcpuclockid(writer.ident)
    gc.collect()  # what the bench itself has made is not the writer's to look through
    before_s = time.clock_gettime(writers_clock)
    assert encoded.audio_format is not None
    take.audio_format(encoded.audio_format)
    handing_s = 0.0
    begun = time.monotonic()
    for packet in packets:
        time.sleep(max(0.0, begun + packet.time_us / 1e6 - time.monotonic()))
        mine_s = time.thread_time()
        if isinstance(packet, VideoPacket):
            take.video(packet)
        else:
            take.audio(packet)
        handing_s += time.thread_time() - mine_s
    time.sleep(0.3)  # the last fragment is written and synced meanwhile
    writing_s = time.clock_gettime(writers_clock) - before_s
    take.finish(CameraReport(frames_generated=film_s * profile.fps + 1))
    assert take.wait(30)
    assert listener.summary is not None
    assert listener.summary.frames_kept == film_s * profile.fps + 1
    vault.publish(part)
    vault.erase(part.recording)
    return writing_s, handing_s
