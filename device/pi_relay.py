"""Turns what picamera2's encoders hand out into our packets. Imports no picamera2, writes nothing, and never raises.

It is called in the encoder's own threads, under the encoder's lock: it only wraps and passes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from device.errors import CameraUnavailable
from device.ports import AudioFormat, AudioPacket, PacketSink, VideoPacket

_log = logging.getLogger(__name__)

_START_CODE = b"\0\0\1"
_PICTURE_NALS = frozenset({1, 5})
"""Slice of a non-IDR and of an IDR picture (source: ITU-T H.264 table 7-1)."""

_AAC_FRAME = 1024


class PacketRelay:
    """One take's way from encoder to sink.

    `origin_us` gives the sensor time of the encoder's first picture: picamera2 hands out times from there, and the sink wants
    the sensor's own. Frame numbers are counted by those times: where one is missing, its number is. `sound` is how the encoder
    was asked to code what the microphone hears, if there is one.
    """

    def __init__(self, sink: PacketSink, fps: int, origin_us: Callable[[], int], sound: AudioFormat | None = None) -> None:
        self._sink = sink
        self._fps = fps
        self._origin_us = origin_us
        self._headers = b""
        self._last_time_us: int | None = None
        self._last_frame = -1
        self._untold = sound
        self._has_failed = False

    @property
    def frames_generated(self) -> int:
        """How many pictures the sensor made, as its times tell."""
        return self._last_frame + 1

    def frame(self, data: bytes | None, is_keyframe: bool, time_us: int, packet: Any, is_audio: bool) -> None:  # noqa: ANN401 - picamera2's signature
        """One encoded frame of picture or sound, as `Output.outputframe` gets it."""
        if self._has_failed:
            return
        try:
            self._tell_format()
            if is_audio:
                self._relay_sound(bytes(packet), packet.duration or _AAC_FRAME, time_us)
            elif data is not None:
                self._relay_picture(bytes(data), is_keyframe, time_us)
        except Exception as error:  # noqa: BLE001 - raised here it would end the encoder's thread and nobody would hear of it
            self._has_failed = True
            _log.warning("relay failed: %s", type(error).__name__)
            self._sink.failed(CameraUnavailable.code)

    def _tell_format(self) -> None:
        untold, self._untold = self._untold, None
        if untold is not None:
            self._sink.audio_format(untold)

    def _relay_picture(self, data: bytes, is_keyframe: bool, time_us: int) -> None:
        if not _has_picture(data):
            self._headers += data  # parameter sets in a buffer of their own belong before the picture that follows
            return
        step = 1 if self._last_time_us is None else max(1, round((time_us - self._last_time_us) * self._fps / 1_000_000))
        self._last_frame += step
        self._last_time_us = time_us
        whole, self._headers = self._headers + data, b""
        self._sink.video(VideoPacket(whole, self._origin_us() + time_us, self._last_frame, is_keyframe))

    def _relay_sound(self, data: bytes, samples: int, time_us: int) -> None:
        self._sink.audio(AudioPacket(data, self._origin_us() + time_us, samples))


def _has_picture(data: bytes) -> bool:
    """Whether Annex-B `data` holds a coded picture, and not only parameter sets."""
    at = data.find(_START_CODE)
    while 0 <= at < len(data) - len(_START_CODE):
        if data[at + len(_START_CODE)] & 0x1F in _PICTURE_NALS:
            return True
        at = data.find(_START_CODE, at + len(_START_CODE))
    return False
