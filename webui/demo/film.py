"""Looks at a film file before it is given to the simulated camera, and settles how long to film. Plays nothing."""

from __future__ import annotations

from pathlib import Path

import av

from webui.demo.trouble import DemoFailed, DemoMisused

SCENE_SECONDS = 6.0
LONGEST_DEFAULT_S = 30.0
FILM_LIMIT_S = 1800.0
"""The box's own limit; a press must still come before it."""


def seconds_to_film(video: Path | None, wanted: float | None) -> float:
    """How long to film. Raises DemoFailed (no film there, or none that decodes), DemoMisused (longer than there is)."""
    if wanted is not None and wanted > FILM_LIMIT_S - 10:
        raise DemoMisused(f"--seconds {wanted:g} is too long: a box films for at most {FILM_LIMIT_S - 10:.0f} s here")
    if video is None:
        return SCENE_SECONDS if wanted is None else wanted
    length = film_seconds(video)
    if wanted is None:
        return min(length, LONGEST_DEFAULT_S)
    if wanted > length:
        raise DemoMisused(f"--seconds {wanted:g} is longer than the film: {video} lasts {length:.1f} s")
    return wanted


def film_seconds(video: Path) -> float:
    """The film's length in seconds, its first picture decoded to be sure that it can be. Raises DemoFailed."""
    if not video.is_file():
        raise DemoFailed(f"there is no film at {video}")
    try:
        with av.open(str(video)) as film:
            if not film.streams.video:
                raise DemoFailed(f"{video} holds no picture")
            if next(film.decode(film.streams.video[0]), None) is None:
                raise DemoFailed(f"{video} cannot be decoded")
            if film.duration is None:
                raise DemoFailed(f"{video} does not say how long it lasts")
            return film.duration / av.time_base
    except (av.FFmpegError, OSError, ValueError) as error:
        raise DemoFailed(f"{video} cannot be decoded as a film") from error
