"""The strict player of the sweeps sees what is wrong with a film: a judge that passes everything proves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import factory
import pytest
from factory import read_number
from film_check import Film, check_film
from movies import BytesReader, mux, take_of

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from device.ports import AudioPacket, VideoPacket

ENCODED = factory.encode()
LOOP = 60


def played(packets: Iterable[VideoPacket | AudioPacket]) -> Film:
    reader = BytesReader(mux(ENCODED, packets, ENCODED.audio_format))
    movie = ProgressiveMp4(reader, load_index(reader))
    return check_film(movie.read_at(0, movie.size), read_number, loop=LOOP)


def test_a_whole_film_has_no_problem() -> None:
    film = played(take_of(ENCODED, 4))
    assert (film.pictures, film.first, film.problems) == (120, 0, ())


def test_a_picture_that_is_not_there_is_seen() -> None:
    packets = take_of(ENCODED, 4)
    # Left out together with what refers to it, up to the next keyframe: everything decodes.
    film = played(packet for packet in packets if isinstance(packet, AudioPacket) or not 50 <= packet.frame_number < 60)
    assert film.problems == ("picture 0 after 49",)


@pytest.mark.parametrize("offset_us", [150_000, -150_000])
def test_sound_out_of_step_is_heard(offset_us: int) -> None:
    film = played(take_of(ENCODED, 4, offset_us))
    assert any("no beep" in problem for problem in film.problems)


def test_sound_that_ends_early_is_heard() -> None:
    film = played(packet for packet in take_of(ENCODED, 4) if isinstance(packet, VideoPacket) or packet.time_us < 3_000_000)
    assert any("sound ends" in problem for problem in film.problems)


def test_a_damaged_picture_is_an_error_and_not_a_guess() -> None:
    packets = [
        replace(packet, data=packet.data[:40] + bytes(200) + packet.data[240:])
        if isinstance(packet, VideoPacket) and packet.frame_number == 45
        else packet
        for packet in take_of(ENCODED, 4)
    ]
    film = played(packets)
    assert film.problems != ()
