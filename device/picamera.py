"""The Pi's camera and microphone through picamera2, with an output of our own. Writes no file and keeps no picture.

Sensor and microphone are opened at start and given back at stop: between takes neither is held. Each take has a new encoder,
because picamera2 never resets an encoder's first audio time. Written against picamera2 0.3.38.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import cv2

from device.aac import mono
from device.errors import CameraUnavailable
from device.pi_parts import EncoderKind, PiParts, capped, load_parts
from device.pi_relay import PacketRelay
from device.ports import CameraReport, PacketSink, PictureSink, Profile

_log = logging.getLogger(__name__)

_STILL_WIDTH = 640
_STILL_EVERY_S = 0.2
_STILL_TIMEOUT_S = 2.0
_STILL_QUALITY = 80

_SOUND_LAG_US = 100_000
"""How much later a sound's stamp is than its picture's: picamera2's own figure, to be measured for each microphone."""


class PiCamera:
    """`ports.Camera` on picamera2. `microphone` is an ALSA device (`hw:1,0`), or None for no sound."""

    def __init__(self, profile: Profile, microphone: str | None, parts: PiParts | None = None) -> None:
        self._parts = parts or load_parts()
        self._profile = capped(profile, self._parts.kind)
        self._microphone = microphone
        self._orders = threading.Lock()
        self._camera: Any = None
        self._encoder: Any = None
        self._relay: PacketRelay | None = None
        self._stills: threading.Thread | None = None
        self._closing = threading.Event()
        self._is_open = False

    @property
    def profile(self) -> Profile:
        """What it delivers: capped to what this Pi's encoder can hold."""
        return self._profile

    @property
    def is_open(self) -> bool:
        """True from before the first of sensor and microphone opens until after the last of them closed."""
        return self._is_open

    def start_filming(self, sink: PacketSink) -> None:
        """Open both and begin. Raises CameraUnavailable; then neither is open."""
        with self._orders:
            self._open(lambda: self._begin_filming(sink))

    def start_framing(self, pictures: PictureSink) -> None:
        """Open the sensor alone and deliver stills. Raises CameraUnavailable."""
        with self._orders:
            self._open(lambda: self._begin_framing(pictures))

    def stop(self) -> None:
        """Sensor off, then microphone off. The encoder closes with the microphone and is flushed here too: only the few pictures
        for which picamera2 has buffers wait in it. Safe when closed, and twice."""
        with self._orders:
            if self._is_open:
                self._give_back()

    def drain(self) -> CameraReport:
        """How many pictures the sensor made; `stop` left nothing to encode."""
        with self._orders:
            assert not self._is_open, "drained before it was stopped"
            relay, self._relay = self._relay, None
            return CameraReport(0 if relay is None else relay.frames_generated)

    def _open(self, begin: Callable[[], None]) -> None:
        if self._is_open:
            raise CameraUnavailable("open already")
        self._is_open = True
        self._relay = None
        try:
            self._camera = self._parts.camera()
            begin()
        except Exception as error:  # whatever picamera2 throws: a half-open camera must be given back
            self._give_back()
            raise CameraUnavailable(f"{type(error).__name__}: {error}") from error

    def _begin_filming(self, sink: PacketSink) -> None:
        size = (self._profile.width, self._profile.height)
        self._configure({"size": size, "format": self._parts.picture_format})
        # iperiod and repeat: a keyframe each second, with the parameter sets before each.
        encoder = self._parts.encoder(bitrate=self._profile.bitrate, repeat=True, iperiod=self._profile.fps)
        if self._parts.kind is EncoderKind.SOFTWARE:
            encoder.framerate = self._profile.fps
        sound = None if self._microphone is None else mono(self._profile.audio_rate)
        relay = PacketRelay(sink, self._profile.fps, lambda: encoder.firsttimestamp or 0, sound)
        if self._microphone is not None:
            rate = str(self._profile.audio_rate)
            encoder.audio = True
            encoder.audio_input = {
                "file": self._microphone,
                "format": "alsa",
                "options": {"channels": "1", "sample_rate": rate},
            }
            encoder.audio_output = {
                "codec_name": "aac",
                "rate": self._profile.audio_rate,
                "bit_rate": self._profile.audio_bitrate,
                "layout": "mono",
            }
            encoder.audio_sync = -_SOUND_LAG_US
        encoder.output = _output(self._parts.output, relay)
        self._relay = relay
        self._encoder = encoder
        self._camera.start_encoder(encoder)
        self._camera.start()

    def _begin_framing(self, pictures: PictureSink) -> None:
        height = self._profile.height * _STILL_WIDTH // self._profile.width // 2 * 2
        self._configure({"size": (_STILL_WIDTH, height), "format": self._parts.picture_format})
        self._camera.start()
        self._closing.clear()
        self._stills = threading.Thread(target=self._frame, args=(pictures, height), name="framing", daemon=True)
        self._stills.start()

    def _configure(self, main: dict[str, object]) -> None:
        duration_us = 1_000_000 // self._profile.fps
        controls = {"FrameDurationLimits": (duration_us, duration_us)}
        self._camera.configure(self._camera.create_video_configuration(main=main, controls=controls))

    def _frame(self, pictures: PictureSink, height: int) -> None:
        to_bgr = cv2.COLOR_YUV2BGR_NV12 if self._parts.picture_format == "NV12" else cv2.COLOR_YUV2BGR_I420
        try:
            while not self._closing.wait(_STILL_EVERY_S):
                planes = self._camera.capture_array("main", wait=_STILL_TIMEOUT_S)
                # libcamera pads each line to what the hardware likes.
                bgr = cv2.cvtColor(planes, to_bgr)[:height, :_STILL_WIDTH]
                is_encoded, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _STILL_QUALITY])
                if is_encoded:
                    pictures.picture(jpeg.tobytes())
        except Exception as error:  # noqa: BLE001 - whatever breaks in a camera, the recorder must hear that it broke
            if not self._closing.is_set():
                _log.warning("framing failed: %s", type(error).__name__)
                pictures.failed(CameraUnavailable.code)

    def _give_back(self) -> None:
        """Everything off, the sensor first, whatever part of it fails: a second failure must not keep the next part open."""
        self._closing.set()
        camera, encoder, stills = self._camera, self._encoder, self._stills
        steps: list[Callable[[], None]] = []
        if camera is not None:
            steps.append(camera.stop)
            if encoder is not None:
                steps.append(lambda: camera.stop_encoder(encoder))
            if stills is not None:
                steps.append(stills.join)
            steps.append(camera.close)
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - see above
                _log.warning("closing the camera: %s", type(error).__name__)
        self._camera = self._encoder = self._stills = None
        self._is_open = False


def _output(base: type[Any], relay: PacketRelay) -> Any:  # noqa: ANN401 - an instance of picamera2's own Output
    """An `Output` that hands everything to `relay`; made here because its base exists only on a Pi."""

    class PacketOutput(base):  # type: ignore[misc] # picamera2 is published without types
        def outputframe(
            self,
            frame: bytes | None,
            keyframe: bool = True,
            timestamp: int | None = None,
            packet: Any = None,  # noqa: ANN401
            audio: bool = False,
        ) -> None:
            relay.frame(frame, keyframe, timestamp or 0, packet, audio)

        def _add_stream(self, encoder_stream: Any, codec_name: str, **_settings: object) -> None:  # noqa: ANN401
            """Nothing to learn from it: the sound is coded as it was asked for."""

    return PacketOutput()
