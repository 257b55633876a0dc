"""A film of more than 4 GiB: a real demuxer finds its pictures behind the 32-bit limit, by 64-bit places and a 64-bit `mdat`."""

from __future__ import annotations

import io

import av
from factory import read_number
from far_film import FILLED_S, FILM_S, far_film

from capture.container.progressive import ProgressiveMp4


class _File(io.RawIOBase):
    """The film as a file to seek in."""

    def __init__(self, film: ProgressiveMp4) -> None:
        self._film = film
        self._place = 0
        self.places: list[int] = []
        """Where it was read."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + (0, self._place, self._film.size)[whence]
        return self._place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.places.append(self._place)
        count = self._film.read_into(self._place, memoryview(buffer).cast("B"))
        self._place += count
        return count


def test_pictures_past_four_gib_are_the_right_ones_to_a_demuxer() -> None:
    file = _File(far_film())
    last_s = FILM_S - 1  # a keyframe begins each second
    with av.open(file, format="mp4") as container:
        stream = container.streams.video[0]
        container.seek(round((last_s + FILLED_S) / stream.time_base), stream=stream)
        numbers = [read_number(frame.to_ndarray(format="gray")) for frame in container.decode(stream)]
    assert numbers == [(last_s * 30 + count) % 60 for count in range(30)]
    assert max(file.places) > 1 << 32


def test_pictures_before_the_long_ones_are_still_the_first() -> None:
    with av.open(_File(far_film()), format="mp4") as container:
        frames = container.decode(container.streams.video[0])
        numbers = [read_number(next(frames).to_ndarray(format="gray")) for _ in range(45)]
    assert numbers == list(range(45))
