"""A camera that is made of software: paints or plays a source in real time and encodes it, behind `ports.Camera`. Writes no file.

Its sensor makes a frame each 1/fps s of boot time. The thread that draws and encodes may fall behind by up to two seconds, then
draws what it owes with the right time-stamps; only past that is a frame lost, and its number is missing (P11). `stop` closes the
sensor and waits for nothing; what was due until then is still drawn and encoded, which `drain` waits for, but not for ever.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av
import cv2

from device.encoder import AudioEncoder, VideoEncoder
from device.errors import CameraUnavailable, DeviceError
from device.ports import CameraReport, Clock, PacketSink, PictureSink, Profile
from device.scene import I420, to_bgr
from device.sound import Samples

_log = logging.getLogger(__name__)

_MAY_OWE_S = 2
_DRAIN_S = 20.0
"""Many times what may be owed: a source that has not given it by then gives nothing more, and what it had to give is lost."""
_GIVE_BACK_S = 2.0
"""The control thread opens the sensor, and the watchdog ends a control thread that has not turned for four seconds."""
_STILLS_A_SECOND = 5
_STILL_WIDTH = 640
_STILL_QUALITY = 80


class Source(Protocol):
    """What stands before the lens: pictures by frame number, sound by sample number, both rising. One thread asks."""

    @property
    def has_sound(self) -> bool: ...

    def picture(self, frame_number: int) -> I420:
        """May be overwritten by the next call."""

    def sound(self, start: int, count: int) -> Samples: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Session:
    """One opening of the sensor, from start to stop."""

    source: Source
    began_ns: int
    closed_ns: int | None = None
    next_frame: int = 0
    last_frame: int = -1


class PacedCamera:
    """`ports.Camera` over a `Source`, which is opened anew for each take by `open_source` (raises DeviceError or ValueError)."""

    def __init__(self, profile: Profile, clock: Clock, open_source: Callable[[], Source], *, drain_s: float = _DRAIN_S) -> None:
        self._profile, self._drain_s = profile, drain_s
        self._clock = clock
        self._open_source = open_source
        self._session: _Session | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._orders = threading.Lock()
        self._is_open = False

    @property
    def profile(self) -> Profile:
        """What it delivers."""
        return self._profile

    @property
    def is_open(self) -> bool:
        """Whether the sensor makes frames now."""
        return self._is_open

    def start_filming(self, sink: PacketSink) -> None:
        """Open source and encoders and begin. Raises CameraUnavailable."""
        with self._orders:
            session = self._begin()
            try:
                video = VideoEncoder(self._profile)
                audio = AudioEncoder(self._profile, session.began_ns // 1000) if session.source.has_sound else None
            except (av.FFmpegError, ValueError) as error:
                session.source.close()
                raise CameraUnavailable(f"encoder: {error}") from error
            self._run(session, lambda: self._film(session, video, audio, sink), sink.failed)

    def start_framing(self, pictures: PictureSink) -> None:
        """Open the source and deliver stills; no sound is asked for. Raises CameraUnavailable."""
        with self._orders:
            session = self._begin()
            self._run(session, lambda: self._frame(session, pictures), pictures.failed)

    def stop(self) -> None:
        """Close the sensor, and return at once. Safe when closed, and twice."""
        with self._orders:
            if self._session is not None and self._session.closed_ns is None:
                self._session.closed_ns = self._clock.boottime_ns()
                self._is_open = False
                self._closing.set()

    def drain(self) -> CameraReport:
        """Return once what was due until `stop` is encoded; from a source that hangs, once nothing more is to be hoped for: then
        the report counts what the sensor made, and the rest of it shows as lost. Nothing is opened while it hangs."""
        with self._orders:
            assert not self._is_open, "drained before it was stopped"
            session = self._session
            if session is None:
                return CameraReport(0)
            if self._has_ended(self._drain_s):
                return CameraReport(session.last_frame + 1)
            _log.error("the camera's source hangs")
            return CameraReport(self._made(session))

    def _has_ended(self, patience_s: float) -> bool:
        """Whether the thread of the last opening ends within that time; then it is forgotten."""
        if self._thread is not None:
            self._thread.join(patience_s)
            if self._thread.is_alive():
                return False
        self._session = self._thread = None
        return True

    def _made(self, session: _Session) -> int:
        """How many frames the sensor made until it closed, whatever became of them."""
        closed_ns = self._clock.boottime_ns() if session.closed_ns is None else session.closed_ns
        return (closed_ns - session.began_ns) * self._profile.fps // 1_000_000_000 + 1

    def _begin(self) -> _Session:
        if self._is_open:
            raise CameraUnavailable("open already")
        if not self._has_ended(_GIVE_BACK_S):  # stopped, or it failed: it is only closing its source
            raise CameraUnavailable("the last take's source hangs")
        try:
            source = self._open_source()
        except (DeviceError, ValueError) as error:
            raise CameraUnavailable(str(error)) from error
        return _Session(source, began_ns=self._clock.boottime_ns())

    def _run(self, session: _Session, work: Callable[[], None], failed: Callable[[str], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever breaks in a camera, the recorder must hear that it broke
                _log.warning("camera failed: %s", type(error).__name__)
                failed(CameraUnavailable.code)
            finally:
                self._is_open = False
                session.source.close()

        self._closing.clear()
        self._session, self._is_open = session, True
        self._thread = threading.Thread(target=guarded, name="camera", daemon=True)
        self._thread.start()

    def _film(self, session: _Session, video: VideoEncoder, audio: AudioEncoder | None, sink: PacketSink) -> None:
        if audio is not None:
            sink.audio_format(audio.format)
        while self._next_is_due(session):
            picture = session.source.picture(session.next_frame)
            time_us = self._due_ns(session, session.next_frame) // 1000
            for packet in video.encode(picture, session.next_frame, time_us):
                sink.video(packet)
            session.last_frame = session.next_frame
            session.next_frame += 1
            if audio is not None:
                self._hear(session, audio, sink)
        for packet in video.flush():
            sink.video(packet)
        if audio is not None:
            for sound in audio.flush():
                sink.audio(sound)

    def _hear(self, session: _Session, audio: AudioEncoder, sink: PacketSink) -> None:
        """Encode the sound up to the end of the newest frame: a microphone goes on through lost frames."""
        until = session.next_frame * self._profile.audio_rate // self._profile.fps
        while audio.position < until:
            samples = session.source.sound(audio.position, min(self._profile.audio_rate, until - audio.position))
            for packet in audio.encode(samples):
                sink.audio(packet)

    def _frame(self, session: _Session, pictures: PictureSink) -> None:
        step = max(1, self._profile.fps // _STILLS_A_SECOND)
        width, height = _STILL_WIDTH, self._profile.height * _STILL_WIDTH // self._profile.width
        while self._next_is_due(session) and self._is_open:
            small = cv2.resize(to_bgr(session.source.picture(session.next_frame)), (width, height), interpolation=cv2.INTER_AREA)
            is_encoded, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _STILL_QUALITY])
            if is_encoded:
                pictures.picture(jpeg.tobytes())
            session.last_frame = session.next_frame
            session.next_frame += step

    def _next_is_due(self, session: _Session) -> bool:
        """Wait until the next frame is due; False once the sensor closed before it. Steps over frames that are lost."""
        while True:
            due_ns = self._due_ns(session, session.next_frame)
            closed_ns = session.closed_ns
            # Past its closing the sensor makes no frames: nothing more is owed, however long the rest takes.
            early_ns = due_ns - (self._clock.boottime_ns() if closed_ns is None else closed_ns)
            if early_ns > 0:
                if closed_ns is not None:
                    return False
                self._closing.wait(early_ns / 1e9)
                continue
            owed = -early_ns * self._profile.fps // 1_000_000_000
            session.next_frame += max(0, owed - _MAY_OWE_S * self._profile.fps)
            return True

    def _due_ns(self, session: _Session, frame_number: int) -> int:
        return session.began_ns + frame_number * 1_000_000_000 // self._profile.fps
