"""Fits a film's picture into the profile's: turned upright, in its own shape, on black. Reads no file."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from device.ports import Profile
from device.scene import I420

_BLACK_LUMA, _NO_CHROMA = 16, 128


@dataclass(frozen=True, slots=True)
class Fit:
    """Size of the picture and its left upper corner in the profile's, all even, in pixels."""

    width: int
    height: int
    left: int
    top: int


def fit(shape: float, profile: Profile) -> Fit:
    """Largest even size of `shape` (width over height, as it is to be seen) inside the profile, in its middle."""
    width = min(profile.width, _even(profile.height * shape))
    height = min(profile.height, _even(profile.width / shape))
    return Fit(width, height, left=(profile.width - width) // 4 * 2, top=(profile.height - height) // 4 * 2)


def letterbox(frame: av.VideoFrame, profile: Profile, pixel_shape: float) -> I420:
    """`frame` as a new I420 picture of the profile's size. `pixel_shape` is a pixel's width over its height in the film."""
    turns = round(frame.rotation / 90) % 4
    shape = frame.width * pixel_shape / frame.height
    place = fit(1 / shape if turns % 2 else shape, profile)
    across, down = (place.height, place.width) if turns % 2 else (place.width, place.height)
    scaled = frame.reformat(width=across, height=down, format="yuv420p", dst_color_range="MPEG")
    picture: I420 = np.empty((profile.height * 3 // 2, profile.width), np.uint8)
    picture[: profile.height] = _BLACK_LUMA
    picture[profile.height :] = _NO_CHROMA
    for canvas, plane, share in zip(_canvases(picture, profile), _planes(scaled), (1, 2, 2), strict=True):
        top, left = place.top // share, place.left // share
        canvas[top : top + place.height // share, left : left + place.width // share] = np.rot90(plane, turns)
    return picture


def luma_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma of a planar 8-bit frame as a view (height, width): valid as long as the frame."""
    return _plane(frame, 0, frame.width, frame.height)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _canvases(picture: I420, profile: Profile) -> tuple[NDArray[np.uint8], ...]:
    chroma = picture[profile.height :].reshape(2, profile.height // 2, profile.width // 2)
    return picture[: profile.height], chroma[0], chroma[1]


def _planes(frame: av.VideoFrame) -> tuple[NDArray[np.uint8], ...]:
    half_width, half_height = frame.width // 2, frame.height // 2
    return luma_of(frame), _plane(frame, 1, half_width, half_height), _plane(frame, 2, half_width, half_height)


def _plane(frame: av.VideoFrame, index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A view without the padding that libav puts at each line's end."""
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, :width]
