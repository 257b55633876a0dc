"""What each tone sounds like, as data: soft and short, because a baby may sleep. Plays nothing itself.

A buzzer has one loudness; what is called soft is low, short and single.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from device.ports import Tone

LOWEST_HZ = 110.0
HIGHEST_HZ = 1760.0
"""What the buzzer is opened for: two octaves on either side of 440 Hz."""


@dataclass(frozen=True, slots=True)
class Note:
    """One stretch of a tone: a pitch, or a rest where `frequency_hz` is None."""

    frequency_hz: float | None
    duration_ms: int


_REST = Note(None, 70)

TONES: Mapping[Tone, tuple[Note, ...]] = MappingProxyType(
    {
        Tone.REFUSED: (Note(196.0, 260),),
        Tone.FRAMING: (Note(440.0, 110), _REST, Note(440.0, 110)),
        Tone.START: (Note(523.25, 110), Note(659.25, 110), Note(783.99, 160)),
        Tone.REMINDER: (Note(440.0, 90),),
        Tone.FIVE_MINUTES: (Note(587.33, 110), _REST, _REST, Note(587.33, 110)),
        Tone.MARK: (Note(1046.5, 25),),
        Tone.STOP: (Note(783.99, 110), Note(659.25, 110), Note(523.25, 160)),
        Tone.ERROR: (Note(233.08, 160), _REST, Note(233.08, 160), _REST, Note(174.61, 320)),
    }
)
"""The notes in turn, then silence."""
