"""The table of one track's samples: sizes, durations as runs, keyframes. Grows while filming; never holds a sample's bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby


class SampleTable:
    """Sizes in bytes, durations in ticks of the track as runs of equal ones, and the numbers (from 0) of its keyframes."""

    __slots__ = ("keyframes", "run_counts", "run_ticks", "sizes")

    def __init__(self) -> None:
        self.sizes: array[int] = array("I")
        self.run_counts: array[int] = array("I")
        self.run_ticks: array[int] = array("I")
        self.keyframes: array[int] = array("I")

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def duration_ticks(self) -> int:
        return sum(count * ticks for count, ticks in zip(self.run_counts, self.run_ticks, strict=True))

    @property
    def missing(self) -> int:
        """Samples that were lost between two that are here: where one lasts several times as long as the middle one of all."""
        runs = sorted(zip(self.run_ticks, self.run_counts, strict=True))
        ends = list(accumulate(count for _, count in runs))
        usual = runs[bisect_right(ends, ends[-1] // 2)][0] if runs else 0
        return sum(count * max(0, round(ticks / usual) - 1) for ticks, count in runs) if usual else 0

    def add(self, size: int, ticks: int) -> None:
        """One more sample; both must fit 32 bits."""
        self.sizes.append(size)
        self._add_run(1, ticks)

    def add_keyframe(self, size: int, ticks: int) -> None:
        """One more sample, from which decoding may begin."""
        self.keyframes.append(len(self.sizes))
        self.add(size, ticks)

    def extend(self, sizes: Sequence[int], ticks: Sequence[int], keyframes: Iterable[int] = ()) -> None:
        """As many samples more, each with its size and ticks; `keyframes` are numbers among these, counted from 0, ascending."""
        first = len(self.sizes)
        self.keyframes.extend([first + number for number in keyframes])
        self.sizes.extend(sizes)
        for value, equal in groupby(ticks):
            self._add_run(len(list(equal)), value)

    def _add_run(self, count: int, ticks: int) -> None:
        if self.run_ticks and self.run_ticks[-1] == ticks:
            self.run_counts[-1] += count
        else:
            self.run_counts.append(count)
            self.run_ticks.append(ticks)

    def ends(self) -> array[int]:
        """Where each sample ends, in bytes from the track's own beginning, with a 0 before the first."""
        return array("Q", accumulate(self.sizes, initial=0))
