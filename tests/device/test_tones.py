"""Rules of the tones, by the table of the button and the lamps."""

from __future__ import annotations

import pytest

from device.ports import Tone
from device.tones import HIGHEST_HZ, LOWEST_HZ, TONES


def _pitches(tone: Tone) -> list[float]:
    return [note.frequency_hz for note in TONES[tone] if note.frequency_hz is not None]


def _lasts_ms(tone: Tone) -> int:
    return sum(note.duration_ms for note in TONES[tone])


def test_every_tone_has_its_notes():
    assert set(TONES) == set(Tone)


@pytest.mark.parametrize("tone", Tone)
def test_every_pitch_lies_in_the_buzzers_range_and_no_tone_lasts_a_second(tone):
    assert all(LOWEST_HZ <= pitch <= HIGHEST_HZ for pitch in _pitches(tone))
    assert 0 < _lasts_ms(tone) < 1000


def test_start_rises_and_stop_falls():
    assert _pitches(Tone.START) == sorted(set(_pitches(Tone.START)))
    assert _pitches(Tone.STOP) == sorted(set(_pitches(Tone.STOP)), reverse=True)


def test_framing_and_five_minutes_are_double_and_the_reminder_is_single():
    assert [len(_pitches(tone)) for tone in (Tone.FRAMING, Tone.FIVE_MINUTES, Tone.REMINDER)] == [2, 2, 1]


def test_refused_is_the_low_single_note_and_a_mark_only_ticks():
    assert len(_pitches(Tone.REFUSED)) == 1
    assert _pitches(Tone.REFUSED)[0] < 220
    assert _lasts_ms(Tone.MARK) < 40
