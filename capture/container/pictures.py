"""The pictures of a take on their way into fragments: parameter sets, order, durations, gaps. Decodes nothing.

Source: ITU-T H.264, 7.4.1.2 (order of NAL units); ISO/IEC 14496-15, 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from capture.container.fragment import KEYFRAME, NO_KEYFRAME, Run
from capture.container.h264 import AccessUnit, ParameterSets, access_unit, avcc
from capture.container.samples import SampleTable
from capture.container.sps import picture_format
from capture.container.tracks import LONGEST_S, MEDIA_TICKS, TrackSetup, video_setup
from capture.errors import FormatUnsupported
from device.ports import VideoPacket


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The newest picture: how long it lasts is known when the next one comes."""

    unit: AccessUnit
    time_us: int
    number: int


class PictureTrack:
    """The one track of H.264, without B-frames and with the same parameter sets throughout."""

    def __init__(self, fps: int) -> None:
        self.nominal_us = 1_000_000 // fps
        self.setup: TrackSetup | None = None
        self.zero_us = 0
        self.table = SampleTable()
        self.lost_between = 0
        """Pictures that the frame numbers say were lost between two that came."""
        self._parameters = ParameterSets((), ())
        self._waiting: _Waiting | None = None
        self._run: Run | None = None
        self._end_ticks = 0

    @property
    def count(self) -> int:
        """Pictures taken in, the newest included."""
        return len(self.table) + int(self._waiting is not None)

    @property
    def newest_us(self) -> int:
        """The newest picture's time on the sensor's clock."""
        return self._waiting.time_us if self._waiting else self.zero_us

    @property
    def newest_bytes(self) -> int:
        """Size of the newest picture, which goes into a fragment when the next one comes."""
        return len(self._waiting.unit.data) if self._waiting else 0

    @property
    def run_bytes(self) -> int:
        """What `take_run` would give now, in bytes."""
        return self._run.size if self._run else 0

    @property
    def duration_us(self) -> int:
        """From the first picture to the end of the newest, which lasts the nominal time; 0 before the first."""
        if self._waiting is None:
            return self._end_ticks * 1_000_000 // MEDIA_TICKS
        return self._waiting.time_us + self.nominal_us - self.zero_us

    def add(self, packet: VideoPacket) -> bool:
        """Take one picture; False where none could be decoded yet, because no keyframe has come. Raises FormatUnsupported."""
        unit = access_unit(packet.data)
        if self.setup is None:
            if not (unit.is_idr and unit.parameters.sps and unit.parameters.pps):
                return False
            self._begin(unit.parameters, packet.time_us)
        else:
            self._check(unit.parameters, packet)
            self._settle(packet.time_us)
        if self._waiting is not None:
            self.lost_between += packet.frame_number - self._waiting.number - 1
        self._waiting = _Waiting(unit, packet.time_us, packet.frame_number)
        return True

    def settle_last(self) -> None:
        """The take is over: the last picture lasts the nominal time."""
        self._settle(self.newest_us + self.nominal_us)
        self._waiting = None

    def take_run(self) -> Run:
        """The pictures whose duration is known since the last call."""
        assert self.setup is not None
        assert self._run is not None
        run, self._run = self._run, Run(self.setup, self._end_ticks)
        return run

    def _begin(self, parameters: ParameterSets, time_us: int) -> None:
        picture = picture_format(parameters.sps[0])
        self.setup = video_setup(avcc(parameters, picture), picture)
        self._parameters = parameters
        self._run = Run(self.setup, 0)
        self.zero_us = time_us

    def _check(self, parameters: ParameterSets, packet: VideoPacket) -> None:
        known = self._parameters
        if (parameters.sps and parameters.sps != known.sps) or (parameters.pps and parameters.pps != known.pps):
            raise FormatUnsupported(_change(known, parameters))
        if self._waiting is None:
            return
        # Also what is later by less than a tick: a sample must last some time.
        is_later = self._ticks(packet.time_us) > self._ticks(self._waiting.time_us)
        if not is_later or packet.frame_number <= self._waiting.number:
            raise FormatUnsupported("pictures out of order")
        if packet.time_us + self.nominal_us - self.zero_us > LONGEST_S * 1_000_000:
            raise FormatUnsupported("a film longer than can be opened")

    def _settle(self, until_us: int) -> None:
        """The waiting picture lasts until then. Reckoned from zero each time, so that rounding never adds up."""
        if self._waiting is None or self._run is None:
            return
        end = self._ticks(until_us)
        unit, ticks = self._waiting.unit, end - self._end_ticks
        self._run.samples.append(unit.data)
        self._run.ticks.append(ticks)
        self._run.flags.append(KEYFRAME if unit.is_idr else NO_KEYFRAME)
        if unit.is_idr:
            self.table.add_keyframe(len(unit.data), ticks)
        else:
            self.table.add(len(unit.data), ticks)
        self._end_ticks = end

    def _ticks(self, time_us: int) -> int:
        return round((time_us - self.zero_us) * MEDIA_TICKS / 1_000_000)


def _change(known: ParameterSets, now: ParameterSets) -> str:
    """What another set of parameters says of the camera. Raises FormatUnsupported if it says nothing that can be read."""
    sizes = [f"{picture.width}x{picture.height}" for picture in map(picture_format, (known.sps[0], *now.sps))]
    other = next((size for size in sizes if size != sizes[0]), None)
    return f"the resolution changed from {sizes[0]} to {other}" if other else "the encoder changed its parameter sets"
