"""The laptop's test scene: moving, counted, flashing, and readable again after any encoder. Knows no camera and no clock.

Two rows of sixteen big black or white cells along the top carry the frame's number (24 bits) and a check (8 bits). Below, a ball
moves over a still background, the number and the time stand in digits, grain as of a sensor keeps the encoder busy, and the field
is bright for the first frames of each second.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.ports import Profile

Picture = NDArray[np.uint8]
"""BGR (height, width, 3) or luma (height, width)."""

I420 = NDArray[np.uint8]
"""Planar YUV 4:2:0 as one array (height * 3 // 2, width): Y, then U, then V; luma 16 to 235."""

COUNTER_BITS = 24
_CHECK_BITS = 8
_COLUMNS = 16
_ROWS = (COUNTER_BITS + _CHECK_BITS) // _COLUMNS
_CELL_SHARE = 12
"""A cell is a sixteenth of the width and a twelfth of the height."""

_BLACK, _WHITE = 16, 235
_DARKEST_WHITE, _LIGHTEST_BLACK = 165, 90
_FLASH_LUMA = 215
_GRAIN = 12
"""Brightest grain: with it the scene needs about the bit rate that a real picture needs."""
_IS_FLASH_ABOVE = 165
_CHECK_START = 0xA5
"""So that an all-black and an all-white picture are no valid counters."""


class Scene:
    """Paints frame after frame for one profile. Raises ValueError where a side is odd (4:2:0 has no half pixels)."""

    def __init__(self, profile: Profile) -> None:
        if profile.width % 2 or profile.height % 2:
            raise ValueError(f"picture sides must be even: {profile.width}x{profile.height}")
        self._width, self._height, self._fps = profile.width, profile.height, profile.fps
        self._still = self._background(is_bright=False)
        self._bright = self._background(is_bright=True)
        self._grain = np.random.default_rng(1).integers(0, _GRAIN, (self._height * 2, self._width), dtype=np.uint8)
        self._canvas: I420 = np.empty_like(self._still)

    def paint(self, frame_number: int) -> I420:
        """The frame. The array is the scene's own and is painted over by the next call: copy it to keep it."""
        background = self._bright if is_flash_frame(frame_number, self._fps) else self._still
        np.copyto(self._canvas, background)
        luma = self._canvas[: self._height]
        self._paint_grain(luma, frame_number)
        self._paint_ball(luma, frame_number)
        self._paint_digits(luma, frame_number)
        _paint_counter(luma, frame_number)
        return self._canvas

    def _background(self, is_bright: bool) -> I420:
        picture: I420 = np.empty((self._height * 3 // 2, self._width), np.uint8)
        down = np.linspace(0, 1, self._height)[:, None]
        along = np.linspace(0, 1, self._width)[None, :]
        picture[: self._height] = (50 + 40 * down + 25 * along).astype(np.uint8)
        if is_bright:
            picture[: self._height] = _FLASH_LUMA
        chroma = picture[self._height :].reshape(2, self._height // 2, self._width // 2)
        chroma[0] = (118 + 20 * along[:, ::2]).astype(np.uint8)
        chroma[1] = (138 - 20 * down[::2]).astype(np.uint8)
        return picture

    def _paint_grain(self, luma: Picture, frame_number: int) -> None:
        """Below the cells, another stretch of the prepared grain for each frame."""
        top = _ROWS * self._height // _CELL_SHARE
        offset = frame_number * 97 % self._height
        cv2.add(luma[top:], self._grain[offset : offset + self._height - top], dst=luma[top:])

    def _paint_ball(self, luma: Picture, frame_number: int) -> None:
        radius = max(4, self._height // 12)
        seconds = frame_number / self._fps
        x = self._width * (0.5 + 0.38 * np.sin(seconds * 1.3))
        y = self._height * (0.55 + 0.25 * np.sin(seconds * 2.1))
        cv2.circle(luma, (int(x), int(y)), radius, 150, thickness=-1)
        cv2.circle(luma, (int(x), int(y)), radius // 2, 35, thickness=-1)

    def _paint_digits(self, luma: Picture, frame_number: int) -> None:
        minutes, seconds = divmod(frame_number / self._fps, 60)
        scale = self._height / 480
        at = (self._width // 20, self._height - self._height // 16)
        box_top = at[1] - int(34 * scale)
        cv2.rectangle(luma, (at[0] - 4, box_top), (at[0] + int(330 * scale), at[1] + int(12 * scale)), _BLACK, thickness=-1)
        text = f"{frame_number:07d}  {int(minutes):02d}:{seconds:05.2f}"
        cv2.putText(luma, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9 * scale, _WHITE, max(1, int(2 * scale)))


def draw(frame_number: int, profile: Profile) -> Picture:
    """One frame of the scene as BGR (height, width, 3)."""
    return to_bgr(Scene(profile).paint(frame_number))


def to_bgr(picture: I420) -> Picture:
    """I420 to BGR (height, width, 3)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420), np.uint8)


def is_flash_frame(frame_number: int, fps: int) -> bool:
    """Whether the scene flashes in this frame: the first three of each second (the first alone below 10 frames a second)."""
    return frame_number % fps < (3 if fps >= 10 else 1)


def read_counter(frame: Picture) -> int | None:
    """The number in a picture of the scene; None where there is none, or it does not pass its check."""
    height, width = frame.shape[:2]
    word = 0
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            left, right, top, bottom = _cell(row, column, width, height)
            inset_x, inset_y = (right - left) // 4, (bottom - top) // 4
            mean = float(frame[top + inset_y : bottom - inset_y, left + inset_x : right - inset_x].mean())
            if _LIGHTEST_BLACK < mean < _DARKEST_WHITE:
                return None
            word = word << 1 | (mean >= _DARKEST_WHITE)
    counter, check = word >> _CHECK_BITS, word & 0xFF
    return counter if check == _check(counter) else None


def is_flash(frame: Picture) -> bool:
    """Whether the field below the cells is bright."""
    height = frame.shape[0]
    return float(frame[height // 4 : height * 3 // 4].mean()) > _IS_FLASH_ABOVE


def _paint_counter(luma: Picture, frame_number: int) -> None:
    counter = frame_number % (1 << COUNTER_BITS)
    word = counter << _CHECK_BITS | _check(counter)
    height, width = luma.shape
    for bit in range(_ROWS * _COLUMNS):
        left, right, top, bottom = _cell(bit // _COLUMNS, bit % _COLUMNS, width, height)
        luma[top:bottom, left:right] = _WHITE if word >> (_ROWS * _COLUMNS - 1 - bit) & 1 else _BLACK


def _cell(row: int, column: int, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, right, top, bottom of a cell."""
    return (
        column * width // _COLUMNS,
        (column + 1) * width // _COLUMNS,
        row * height // _CELL_SHARE,
        (row + 1) * height // _CELL_SHARE,
    )


def _check(counter: int) -> int:
    """CRC-8, polynomial x^8 + x^2 + x + 1, over the three bytes."""
    check = _CHECK_START
    for byte in counter.to_bytes(COUNTER_BITS // 8, "big"):
        check ^= byte
        for _ in range(8):
            check = (check << 1 ^ 0x07) & 0xFF if check & 0x80 else check << 1
    return check
