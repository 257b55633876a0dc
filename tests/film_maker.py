"""Makes small film files for tests: a moving square and a steady note. Every film is drawn anew; nothing is stored."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_RATE = 44_100
_BLOCK = 1_024


def make_film(path: Path, *, seconds: int, fps: int = 25, width: int = 640, height: int = 360) -> Path:
    """An MP4 with H.264 and AAC of so many seconds, in other figures than the box's own: it must be scaled and resampled."""
    with av.open(str(path), "w") as film:
        video = film.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = film.add_stream("aac", rate=_RATE)
        audio.layout = "mono"
        for number in range(seconds * fps):
            picture = np.full((height, width, 3), 40, np.uint8)
            left = number * 4 % (width - 60)
            picture[height // 3 : height // 2, left : left + 60] = (30, 200, 240)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            film.mux(video.encode(frame))
        film.mux(video.encode(None))
        note = (0.2 * np.sin(2 * np.pi * 440 * np.arange(seconds * _RATE) / _RATE)).astype(np.float32)
        for start in range(0, note.size, _BLOCK):
            sound = av.AudioFrame.from_ndarray(note[np.newaxis, start : start + _BLOCK], format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = _RATE, start, Fraction(1, _RATE)
            film.mux(audio.encode(sound))
        film.mux(audio.encode(None))
    return path
