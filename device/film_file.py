"""Reads a film file: what it is, its pictures and its sound, in order. Keeps no time and fits nothing to real time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from device.errors import FilmUnreadable
from device.letterbox import letterbox
from device.ports import Profile
from device.scene import I420
from device.sound import Samples

_NO_FILM = frozenset({"tty"})
"""libav reads any text as a film of itself; nobody means that."""

_FULL_SCALE = np.float32(32_768)

_JUMP_S = 0.05
"""A film's sound stamps jitter by a few milliseconds; only a real hole is filled or a real overlap cut."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a film file holds. `began_s` is its first picture's time-stamp; `sound` the index of the audio track, if any."""

    path: Path
    duration_s: float
    began_s: float
    pixel_shape: float
    sound: int | None


@dataclass(frozen=True, slots=True)
class Still:
    """One picture, to be shown from `from_frame` (in the profile's frames) until the next one's."""

    from_frame: int
    picture: I420


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some sound; `start` is the first sample's number from the film's beginning and may be negative."""

    start: int
    samples: Samples


def probe(path: Path) -> Film:
    """Look into the file and decode the first of its pictures and of its sound. Raises FilmUnreadable."""
    if not path.is_file():
        raise FilmUnreadable(f"no such file: {path}")
    try:
        with _open(path) as container:
            if container.format.name in _NO_FILM or not container.streams.video:
                raise FilmUnreadable(f"no moving picture in {path}")
            first = next(_pictures(container), None)
            if first is None or first.time is None:
                raise FilmUnreadable(f"no picture of {path} can be decoded")
            stream = container.streams.video[0]
            return Film(
                path=path,
                duration_s=_duration_s(container, path),
                began_s=first.time,
                pixel_shape=float(stream.sample_aspect_ratio or 1),
                sound=_sound_track(path, len(container.streams.audio)),
            )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise FilmUnreadable(f"{path}: {error}") from error


def stills(film: Film, profile: Profile) -> Iterator[Still]:
    """The pictures, fitted to the profile. One that no frame of the profile falls on is left out unscaled."""
    with _open(film.path) as container:
        container.streams.video[0].thread_type = "AUTO"
        waiting: tuple[int, av.VideoFrame] | None = None
        for frame in _pictures(container):
            time_s = 0.0 if frame.time is None else frame.time - film.began_s
            from_frame = _ceil(time_s * profile.fps)
            if waiting is not None and waiting[0] < from_frame:
                yield Still(waiting[0], letterbox(waiting[1], profile, film.pixel_shape))
            waiting = from_frame, frame
        if waiting is not None:
            yield Still(waiting[0], letterbox(waiting[1], profile, film.pixel_shape))


def chunks(film: Film, profile: Profile) -> Iterator[Chunk]:
    """The sound as mono at the profile's rate, each chunk at its place."""
    rate = profile.audio_rate
    # Mixed as integers: libav weighs the channels then so that a loud stereo film does not clip; as floats it does not.
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    with _open(film.path) as container:
        position: int | None = None
        for frame in _sounds(container, film.sound or 0):
            if frame.time is not None:
                stamped = round((frame.time - film.began_s) * rate)
                if position is None or abs(stamped - position) > _JUMP_S * rate:
                    position = stamped
            for resampled in resampler.resample(frame):
                samples = resampled.to_ndarray().reshape(-1).astype(np.float32) / _FULL_SCALE
                position = position or 0
                yield Chunk(position, samples)
                position += samples.size


def _open(path: Path) -> InputContainer:
    # With its protocol named, a file called "https:…" stays a file.
    return av.open(f"file:{path}")


def _pictures(container: InputContainer) -> Iterator[av.VideoFrame]:
    for packet in container.demux(container.streams.video[0]):
        with contextlib.suppress(av.InvalidDataError):  # one bad packet is passed over, as every player does
            yield from packet.decode()


def _sounds(container: InputContainer, track: int) -> Iterator[av.AudioFrame]:
    for packet in container.demux(container.streams.audio[track]):
        with contextlib.suppress(av.InvalidDataError):
            yield from packet.decode()


def _sound_track(path: Path, tracks: int) -> int | None:
    """The first audio track that can be decoded; None where there is none. Raises FilmUnreadable where none of several can."""
    for track in range(tracks):
        with _open(path) as container:
            stream = container.streams.audio[track]
            # A codec unknown to libav has no context; an empty track has no frame.
            if stream.codec_context is not None and next(_sounds(container, track), None) is not None:
                return track
    if tracks:
        raise FilmUnreadable(f"the sound of {path} cannot be decoded")
    return None


def _duration_s(container: InputContainer, path: Path) -> float:
    if container.duration:
        return container.duration / av.time_base
    with _open(path) as walked:
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in walked.demux(walked.streams.video[0])
            if packet.pts is not None and packet.time_base is not None
        ]
    return max(ends, default=0.0)


def _ceil(frames: float) -> int:
    """Up to the next frame; a stamp a hair past a frame's moment, as rounded time-stamps are, still belongs to it."""
    return int(np.ceil(frames - 1e-3))
