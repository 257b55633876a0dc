"""The sound of a take on its way into fragments: where it begins, how long each packet lasts, what drifted. Decodes nothing.

A microphone has a clock of its own. The track keeps to its sample count, so that players hear no joints, and is corrected
against the packets' time-stamps once both are further apart than `_TOLERANCE_US`; what is missing becomes a longer packet.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from capture.container.fragment import Run
from capture.container.samples import SampleTable
from capture.container.tracks import LONGEST_S, MEDIA_TICKS, Edit, TrackSetup, audio_setup
from device.ports import AudioFormat, AudioPacket

_TOLERANCE_US = 15_000
"""Well below the 40 ms at which lips and voice part, well above the jitter of a sound card's time-stamps."""

_HELD_BEFORE_PICTURES = 256
"""Packets kept while no picture has come yet: some five seconds of 1,024 samples."""


@dataclass(slots=True)
class _Waiting:
    packet: AudioPacket
    at: int
    """Media time in samples, corrected for drift."""


class SoundTrack:
    """At most one track of AAC. `begin` fixes its place in the movie once, when the first fragment is written."""

    def __init__(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._format: AudioFormat | None = None
        self._held: deque[AudioPacket] = deque()
        self._setup: TrackSetup | None = None
        self._zero_us = 0
        self._shift = 0
        self._waiting: _Waiting | None = None
        self._run: Run | None = None
        self.table = SampleTable()
        self.start = 0
        """Media time of the first sample, in samples."""
        self.packets_lost = 0

    @property
    def run_bytes(self) -> int:
        """What `take_run` would give now, in bytes."""
        return self._run.size if self._run else 0

    def announce(self, audio: AudioFormat) -> None:
        self._format = audio

    def add(self, packet: AudioPacket) -> None:
        """Take one packet. Without a track to go to it is counted as lost."""
        if self._setup is not None:
            self._place(packet)
        elif self._format is None:
            self.packets_lost += 1
        else:
            self._held.append(packet)
            if len(self._held) > _HELD_BEFORE_PICTURES:
                self._held.popleft()  # far before the first picture: never part of the movie

    def begin(self, zero_us: int) -> tuple[TrackSetup, Edit] | None:
        """Fix the track: `zero_us` is the first picture's time. None where no sound was announced."""
        if self._format is None:
            return None
        self._zero_us = zero_us
        self._setup = audio_setup(self._format, self._bitrate)
        self._run = Run(self._setup, 0)
        priming = self._format.priming_samples
        packets = self._from_zero_on()
        if not packets:
            # Sound may still come: it is then placed by its decode time, and its priming cut off here.
            self._shift = priming
            return self._setup, Edit(0, priming)
        start = self._samples_from_zero(packets[0])
        self._shift = -start
        for packet in packets:
            self._place(packet)
        if start + priming > 0:
            return self._setup, Edit((start + priming) * MEDIA_TICKS // self._setup.ticks, priming)
        return self._setup, Edit(0, -start)

    def settle_last(self) -> None:
        """The take is over: the last packet lasts as long as it says."""
        if self._waiting is not None:
            self._settle(self._waiting.packet.samples)
            self._waiting = None

    def take_run(self) -> Run | None:
        """The packets whose duration is known since the last call; None where there is no track or nothing new."""
        run = self._run
        if run is None or self._setup is None or not run.samples:
            return None
        self._run = Run(self._setup, run.decode_time + sum(run.ticks))
        return run

    def _from_zero_on(self) -> list[AudioPacket]:
        """What sounds after the first picture's time, and one packet more: AAC decodes each with the one before it."""
        assert self._format is not None
        packets = [packet for packet in self._held if not self._is_of_another_time(self._samples_from_zero(packet))]
        self.packets_lost += len(self._held) - len(packets)
        self._held.clear()
        for number, packet in enumerate(packets):
            if self._samples_from_zero(packet) + packet.samples > 0:
                return packets[max(0, number - 1) :]
        return packets[-1:]

    def _samples_from_zero(self, packet: AudioPacket) -> int:
        assert self._format is not None
        return round((packet.time_us - self._zero_us) * self._format.sample_rate / 1_000_000)

    def _is_of_another_time(self, at: int) -> bool:
        """Whether that many samples from the first picture no film can be: the microphone's clock jumped."""
        assert self._format is not None
        return abs(at) > (LONGEST_S - 1) * self._format.sample_rate

    def _place(self, packet: AudioPacket) -> None:
        assert self._format is not None
        at = self._samples_from_zero(packet) + self._shift
        if self._is_of_another_time(at + packet.samples):
            self.packets_lost += 1
            return
        if self._waiting is None:
            if at < 0 or self._run is None:
                self.packets_lost += 1
                return
            self.start = self._run.decode_time = at
        else:
            length = self._waiting.packet.samples
            drift = at - self._waiting.at - length
            if abs(drift) * 1_000_000 > _TOLERANCE_US * self._format.sample_rate:
                length += drift
            if length <= 0:
                self.packets_lost += 1  # it would begin before the one that is already there
                return
            at = self._waiting.at + length
            self._settle(length)
        self._waiting = _Waiting(packet, at)

    def _settle(self, ticks: int) -> None:
        assert self._waiting is not None
        assert self._run is not None
        data = self._waiting.packet.data
        self._run.samples.append(data)
        self._run.ticks.append(ticks)
        self.table.add(len(data), ticks)
