"""A film file played through the camera port, in real time, with its sound. Never writes, never opens a real sensor.

Past the film's end the last picture stands, in silence. A film without sound stays without: the take then has no audio track.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device.errors import FilmUnreadable
from device.film_file import Chunk, Film, Still, chunks, probe, stills
from device.paced import PacedCamera
from device.ports import Clock, Profile
from device.read_ahead import ReadAhead
from device.scene import I420
from device.sound import Samples

_STILLS_AHEAD = 12
_CHUNKS_AHEAD = 100


class FilmSource:
    """A film as a `paced.Source`, decoded ahead in threads: one for the pictures, one for the sound."""

    def __init__(self, film: Film, profile: Profile) -> None:
        self._stills = ReadAhead(lambda: stills(film, profile), _STILLS_AHEAD, "film-pictures")
        self._chunks = None
        if film.sound is not None:
            self._chunks = ReadAhead(lambda: chunks(film, profile), _CHUNKS_AHEAD, "film-sound")
        self._shown: Still | None = None
        self._next_still: Still | None = None
        self._heard: Chunk | None = None

    @property
    def has_sound(self) -> bool:
        """Whether the film has a sound track."""
        return self._chunks is not None

    def picture(self, frame_number: int) -> I420:
        """What the film shows at that frame. Raises FilmUnreadable if no picture ever came."""
        if self._shown is None:
            self._shown, self._next_still = self._stills.take(), self._stills.take()
        while self._next_still is not None and self._next_still.from_frame <= frame_number:
            self._shown, self._next_still = self._next_still, self._stills.take()
        if self._shown is None:
            raise FilmUnreadable("the film gave no picture")
        return self._shown.picture

    def sound(self, start: int, count: int) -> Samples:
        """`count` samples from `start` on; silence where the film has none."""
        samples: Samples = np.zeros(count, np.float32)
        if self._chunks is None:
            return samples
        while True:
            if self._heard is None or self._heard.start + self._heard.samples.size <= start:
                self._heard = self._chunks.take()
            if self._heard is None:
                return samples
            into = self._heard.start - start
            if into >= count:
                return samples
            piece = self._heard.samples[max(0, -into) : count - into]
            samples[max(0, into) : max(0, into) + piece.size] = piece
            if into + self._heard.samples.size > count:
                return samples
            self._heard = None

    def close(self) -> None:
        """End both threads; they close the file."""
        self._stills.close()
        if self._chunks is not None:
            self._chunks.close()


class FilmCamera(PacedCamera):
    """`ports.Camera` that plays `path` from its beginning at every start. Raises FilmUnreadable if it cannot."""

    def __init__(self, path: Path, profile: Profile, clock: Clock) -> None:
        film = probe(path)
        self._film_duration_s = film.duration_s
        super().__init__(profile, clock, lambda: FilmSource(film, profile))

    @property
    def duration_s(self) -> float:
        """The film's own length."""
        return self._film_duration_s
