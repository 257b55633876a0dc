"""What a recording consists of: samples by track, fragments, how the take ended. Holds none of their bytes, reads no file."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from capture.container.samples import SampleTable


@dataclass(frozen=True, slots=True)
class Closing:
    """What is known when a take ends: pictures made by the sensor, lost on the way, sound lost, marks in media milliseconds."""

    frames_generated: int
    frames_lost_between: int = 0
    audio_packets_lost: int = 0
    marks_ms: tuple[int, ...] = ()


@dataclass(slots=True)
class FragmentTable:
    """Of each fragment: where its `moof` and its samples begin in the plaintext, how many of them are sound and pictures."""

    moof_offsets: array[int] = field(default_factory=lambda: array("Q"))
    payload_offsets: array[int] = field(default_factory=lambda: array("Q"))
    audio_counts: array[int] = field(default_factory=lambda: array("I"))
    video_counts: array[int] = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Contents:
    """All samples of a recording. `audio` is empty and `has_sound` false where the movie has no track of sound."""

    closing: Closing | None
    """None for a take whose end was lost."""
    video: SampleTable
    audio: SampleTable
    audio_start: int
    """Decode time of the first packet of sound, in its track's ticks."""
    has_sound: bool
    fragments: FragmentTable
    frames_torn: int = 0
    """Pictures that the last fragment names and that are not whole in the file."""
