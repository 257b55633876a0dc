"""Says what a film file really holds, by decoding every frame of it: `python -m device.witness FILE`. Changes nothing.

Prints one JSON object on one line. Exit codes: 0 decoded, 1 no such file, 2 wrong use, 3 cannot be decoded, or (with
`--expect-scene`) not the test scene with every frame once and in order.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from device.errors import FilmUnreadable
from device.letterbox import luma_of
from device.scene import is_flash, read_counter

_PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "gray"})
_LOUD = 0.15
_QUIET_S = 0.3
"""A beep begins where loud follows this much quiet."""

_SETTLED_S = 1.0
_NEAREST_S = 0.5
"""The offset is measured after the first second, and each flash against a beep within half a second of it."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What was seen. `counters_ok`: every frame carries a readable counter, each one more than the one before.

    `missing` counts the numbers left out between the first and the last. `av_offset_ms` is the median of |beep - flash| over
    every flash after the first second, `av_offset_worst_ms` the largest; None where no flash with a beep was seen.
    """

    frames: int
    counters_ok: bool
    first_counter: int | None
    last_counter: int | None
    missing: int
    av_offset_ms: float | None
    av_offset_worst_ms: float | None
    flashes: int
    beeps: int
    seconds: float
    has_sound: bool
    width: int
    height: int


@dataclass(slots=True)
class _Watcher:
    """What the pictures showed so far."""

    counters: list[int | None] = field(default_factory=list)
    flashes_s: list[float] = field(default_factory=list)
    ends_s: float = 0.0
    width: int = 0
    height: int = 0
    _was_bright: bool = False

    def see(self, frame: av.VideoFrame, frame_s: float) -> None:
        luma = luma_of(frame if frame.format.name in _PLANAR else frame.reformat(format="gray"))
        time_s = frame.time or 0.0
        counter = read_counter(luma)
        is_bright = counter is not None and is_flash(luma)
        if is_bright and not self._was_bright:
            self.flashes_s.append(time_s)
        self._was_bright = is_bright
        self.counters.append(counter)
        self.ends_s = max(self.ends_s, time_s + frame_s)
        self.width, self.height = frame.width, frame.height


@dataclass(slots=True)
class _Listener:
    """Where beeps began so far."""

    beeps_s: list[float] = field(default_factory=list)
    ends_s: float = 0.0
    _loud_until_s: float = float("-inf")

    def hear(self, samples: NDArray[np.float32], start_s: float, rate: int) -> None:
        self.ends_s = max(self.ends_s, start_s + samples.size / rate)
        loud_s = start_s + np.flatnonzero(np.abs(samples) > _LOUD) / rate
        if loud_s.size:
            quiet_s = np.diff(loud_s, prepend=self._loud_until_s)
            self.beeps_s += loud_s[quiet_s > _QUIET_S].tolist()
            self._loud_until_s = float(loud_s[-1])


def examine(path: Path) -> Testimony:
    """Decode the whole file. Raises FilmUnreadable at the first thing that cannot be decoded."""
    watcher, listener = _Watcher(), _Listener()
    try:
        has_sound = _decode(path, watcher, listener)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise FilmUnreadable(f"{path}: {error}") from error
    if not watcher.counters:
        raise FilmUnreadable(f"{path}: no picture")
    offsets_ms = sorted(_offsets_ms(watcher.flashes_s, listener.beeps_s))
    known = [counter for counter in watcher.counters if counter is not None]
    return Testimony(
        frames=len(watcher.counters),
        counters_ok=len(known) == len(watcher.counters) and all(a < b for a, b in itertools.pairwise(known)),
        first_counter=watcher.counters[0],
        last_counter=watcher.counters[-1],
        missing=max(0, known[-1] - known[0] + 1 - len(set(known))) if known else 0,
        av_offset_ms=round(statistics.median(offsets_ms), 3) if offsets_ms else None,
        av_offset_worst_ms=round(offsets_ms[-1], 3) if offsets_ms else None,
        flashes=len(watcher.flashes_s),
        beeps=len(listener.beeps_s) if watcher.flashes_s else 0,
        seconds=round(max(watcher.ends_s, listener.ends_s), 3),
        has_sound=has_sound,
        width=watcher.width,
        height=watcher.height,
    )


def _decode(path: Path, watcher: _Watcher, listener: _Listener) -> bool:
    """Show and play everything to the two; returns whether there was sound. libav applies the edit lists itself."""
    with av.open(f"file:{path}") as container:
        if not container.streams.video:
            raise FilmUnreadable(f"{path}: no video track")
        video = container.streams.video[0]
        # A damaged picture must be an error, not a grey guess.
        video.codec_context.options = {"err_detect": "explode"}
        frame_s = float(1 / video.average_rate) if video.average_rate else 0.0
        sounds = container.streams.audio[:1]
        resampler = av.AudioResampler(format="flt", layout="mono")
        for frame in container.decode(video, *sounds):
            if isinstance(frame, av.VideoFrame):
                watcher.see(frame, frame_s)
            elif isinstance(frame, av.AudioFrame):
                start_s = frame.time or 0.0
                for samples, rate in _mono(resampler, frame):
                    listener.hear(samples, start_s, rate)
                    start_s += samples.size / rate
        return bool(sounds)


def _mono(resampler: av.AudioResampler, frame: av.AudioFrame) -> Iterator[tuple[NDArray[np.float32], int]]:
    for mono in resampler.resample(frame):
        yield np.asarray(mono.to_ndarray(), np.float32).reshape(-1), mono.sample_rate


def _offsets_ms(flashes_s: list[float], beeps_s: list[float]) -> Iterator[float]:
    for flash_s in flashes_s:
        nearest_s = min((abs(beep_s - flash_s) for beep_s in beeps_s), default=_NEAREST_S)
        if flash_s >= _SETTLED_S and nearest_s < _NEAREST_S:
            yield nearest_s * 1000


def main(arguments: list[str]) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="device.witness", description="Decode a film frame by frame and say what it holds.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object on one line (it is always that)")
    parser.add_argument("--expect-scene", action="store_true", help="exit 3 unless every frame of the test scene is there")
    asked = parser.parse_args(arguments)
    if not asked.file.is_file():
        sys.stderr.write(f"no such file: {asked.file}\n")
        return 1
    try:
        seen = examine(asked.file)
    except FilmUnreadable as error:
        sys.stderr.write(f"cannot be decoded: {error}\n")
        return 3
    sys.stdout.write(json.dumps(asdict(seen)) + "\n")
    if asked.expect_scene and not (seen.counters_ok and seen.missing == 0):
        sys.stderr.write("not the whole test scene, in order\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
