"""The simulated sensor with a witness beside it: its power is noted, its troubles are the test's. Films nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum

from moved_clock import NS
from power_witness import Sight, Witness

from device.errors import CameraUnavailable, FilmUnreadable
from device.paced import PacedCamera
from device.ports import AudioFormat, AudioPacket, Clock, PacketSink, PictureSink, Profile, VideoPacket
from device.scene import I420
from device.simulated import SceneSource


class Trouble(Enum):
    """What may be wrong with a camera."""

    NONE = "none"
    MISSING = "missing"
    BREAKS = "breaks"
    MUTE = "mute"


class _Scene(SceneSource):
    """The test scene, which breaks off where the camera is in trouble."""

    def __init__(self, profile: Profile, trouble: Callable[[], Trouble]) -> None:
        super().__init__(profile)
        self._trouble = trouble

    def picture(self, frame_number: int) -> I420:
        if self._trouble() is Trouble.BREAKS:
            raise FilmUnreadable("as the test wants it")
        return super().picture(frame_number)


class _Sink:
    """Counts what goes to the real sink, and lets nothing through of a mute camera."""

    def __init__(self, camera: WitnessedCamera, sink: PacketSink) -> None:
        self._camera, self._sink = camera, sink

    def audio_format(self, audio: AudioFormat) -> None:
        self._sink.audio_format(audio)

    def video(self, packet: VideoPacket) -> None:
        if self._camera.trouble is not Trouble.MUTE:
            self._sink.video(packet)
        self._camera.count()

    def audio(self, packet: AudioPacket) -> None:
        self._sink.audio(packet)

    def failed(self, code: str) -> None:
        self._sink.failed(code)


class _Pictures:
    """As `_Sink`, for checking the picture."""

    def __init__(self, camera: WitnessedCamera, pictures: PictureSink) -> None:
        self._camera, self._pictures = camera, pictures

    def picture(self, jpeg: bytes) -> None:
        if self._camera.trouble is not Trouble.MUTE:
            self._pictures.picture(jpeg)
        self._camera.count()

    def failed(self, code: str) -> None:
        self._pictures.failed(code)


class WitnessedCamera(PacedCamera):
    """The simulated sensor. `trouble` takes effect at the next opening, or the next picture."""

    def __init__(self, profile: Profile, clock: Clock, witness: Witness) -> None:
        super().__init__(profile, clock, lambda: _Scene(profile, lambda: self.trouble))
        self.trouble = Trouble.NONE
        self._witness = witness
        self._counted = threading.Condition()
        self._frames = 0
        self._began_ns = 0

    def start_filming(self, sink: PacketSink) -> None:
        self._open(lambda: super(WitnessedCamera, self).start_filming(_Sink(self, sink)))

    def start_framing(self, pictures: PictureSink) -> None:
        self._open(lambda: super(WitnessedCamera, self).start_framing(_Pictures(self, pictures)))

    def stop(self) -> None:
        super().stop()
        if self._witness.is_on:
            self._witness.note(Sight.OFF)

    def count(self) -> None:
        with self._counted:
            self._frames += 1
            self._counted.notify_all()

    def catch_up(self) -> None:
        """Wait until it has made the pictures that are due by now."""
        due = (self._clock.boottime_ns() - self._began_ns) * self._profile.fps // NS
        with self._counted:
            while self.is_open and self._frames < due:
                self._closing.set()  # its thread sleeps by the machine's clock: have it look at the box's
                self._closing.clear()
                if not self._counted.wait(0.25):
                    return

    def _open(self, start: Callable[[], None]) -> None:
        self._witness.note(Sight.ON)
        self._frames, self._began_ns = 0, self._clock.boottime_ns()
        try:
            if self.trouble is Trouble.MISSING:
                raise CameraUnavailable("as the test wants it")
            start()
        except BaseException:
            self._witness.note(Sight.OFF)
            raise
