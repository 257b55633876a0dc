"""What stands behind the ports of a `FilmingBox`: a camera that plays encoded packets and a panel of plain flags, both strict:
each notes what would break a promise. Holds no test.
"""

from __future__ import annotations

import threading

from factory import Encoded, repeated

from device.errors import CameraUnavailable, LampFault
from device.ports import CameraReport, LampPattern, PacketSink, PanelListener, PictureSink, Profile, Tone, VideoPacket


class FlagPanel:
    """A `ports.Panel` of flags. `wrongs` gathers each moment at which the tally was dark over an open sensor."""

    def __init__(self) -> None:
        self.tally = LampPattern.OFF
        self.is_lamp_good = True
        self.wrongs: list[str] = []
        self.camera: PacketCamera | None = None
        self.heard = threading.Event()
        self.listener: PanelListener | None = None

    def listen(self, listener: PanelListener) -> None:
        self.listener = listener
        self.heard.set()

    def is_button_down(self) -> bool:
        return False

    def show_tally(self, pattern: LampPattern) -> None:
        if pattern is LampPattern.OFF and self.camera is not None and self.camera.is_open:
            self.wrongs.append("dark over an open sensor")
        if not self.is_lamp_good:
            raise LampFault("as the test wants it")
        self.tally = pattern

    def show_ready(self, pattern: LampPattern) -> None:
        pass

    def play(self, tone: Tone) -> None:
        pass

    def close(self) -> None:
        pass


class PacketCamera:
    """A `ports.Camera` that delivers `seconds` of encoded film as soon as it opens. `trouble` says what it throws, and where."""

    def __init__(self, panel: FlagPanel, encoded: Encoded, seconds: float = 1.5) -> None:
        self.encoded = encoded
        self.profile: Profile = self.encoded.profile
        self.seconds = seconds
        self.is_open = False
        self.openings = 0
        self.trouble: dict[str, list[Exception]] = {"start": [], "stop": [], "drain": []}
        self._panel = panel
        self._report = CameraReport(0)
        self.draining = threading.Event()
        """Cleared: the encoder is busy, and what was filmed is not handed over yet."""
        self.draining.set()
        panel.camera = self

    def start_filming(self, sink: PacketSink) -> None:
        self._open()
        if self.encoded.audio_format is not None:
            sink.audio_format(self.encoded.audio_format)
        frames = 0
        for packet in repeated(self.encoded, self.seconds):
            if isinstance(packet, VideoPacket):
                frames += 1
                sink.video(packet)
            else:
                sink.audio(packet)
        self._report = CameraReport(frames)

    def start_framing(self, pictures: PictureSink) -> None:
        self._open()
        pictures.picture(b"\xff\xd8")

    def stop(self) -> None:
        if self.trouble["stop"]:
            raise self.trouble["stop"].pop(0)
        self.is_open = False

    def drain(self) -> CameraReport:
        assert not self.is_open
        self.draining.wait()
        if self.trouble["drain"]:
            raise self.trouble["drain"].pop(0)
        report, self._report = self._report, CameraReport(0)
        return report

    def _open(self) -> None:
        if self.trouble["start"]:
            raise self.trouble["start"].pop(0)
        if self.is_open:
            raise CameraUnavailable("open already")
        if self._panel.tally is LampPattern.OFF:
            self._panel.wrongs.append("opened in the dark")
        self.is_open = True
        self.openings += 1


class StillsInRam:
    """A `ports.PictureSink` that keeps nothing."""

    def picture(self, jpeg: bytes) -> None:
        pass

    def failed(self, code: str) -> None:
        pass
