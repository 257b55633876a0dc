"""The buzzer: plays the notes of a tone by turns. Starts no thread, and its failure never stops anything."""

from __future__ import annotations

from gpiozero import TonalBuzzer
from gpiozero.tones import Tone as Pitch

from device.pins import PinFactory
from device.ports import Tone
from device.tones import TONES, Note

_OCTAVES = 2


class Sounder:
    """A gpiozero `TonalBuzzer` with a tune. Not thread-safe: the panel holds its lock around every call."""

    def __init__(self, line: int, factory: PinFactory) -> None:
        self._buzzer = TonalBuzzer(line, octaves=_OCTAVES, pin_factory=factory)
        self._notes: tuple[Note, ...] = ()
        self._began_ns = 0
        self._sounding: float | None = None

    def begin(self, tone: Tone, now_ns: int) -> None:
        """Play `tone` from its first note; what was playing ends."""
        self._notes, self._began_ns = TONES[tone], now_ns
        self.advance(now_ns)

    def advance(self, now_ns: int) -> int | None:
        """Sound the note that is due; returns in how many ns the next one is (None: silence)."""
        left_ns = now_ns - self._began_ns
        for note in self._notes:
            left_ns -= note.duration_ms * 1_000_000
            if left_ns < 0:
                self._sound(note.frequency_hz)
                return -left_ns
        self._notes = ()
        self._sound(None)
        return None

    def close(self) -> None:
        """Silence, and the line given back."""
        try:
            self._buzzer.stop()
        finally:
            self._buzzer.close()

    def _sound(self, frequency_hz: float | None) -> None:
        if frequency_hz == self._sounding:
            return
        if frequency_hz is None:
            self._buzzer.stop()
        else:
            self._buzzer.play(Pitch.from_frequency(frequency_hz))
        self._sounding = frequency_hz
