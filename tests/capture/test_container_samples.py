"""The table of samples: filled together or singly; and what an interrupted take must have lost, from how long the others last."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.container.samples import SampleTable


def missing(ticks: list[int]) -> int:
    table = SampleTable()
    for duration in ticks:
        table.add(100, duration)
    return table.missing


@pytest.mark.promise("P11")
@given(st.integers(0, 2**32), st.integers(0, 400), st.lists(st.integers(2, 9), max_size=9), st.integers(40, 200))
def test_what_was_lost_is_counted_however_the_sensors_clock_trembles(
    seed: int, tremble: int, lost: list[int], others: int
) -> None:
    chance = random.Random(seed)
    ticks = [times * 3_000 + chance.randint(-tremble, tremble) for times in [*lost, *([1] * others)]]
    chance.shuffle(ticks)
    assert missing(ticks) == sum(lost) - len(lost)


def test_nothing_is_missing_of_nothing_and_of_one() -> None:
    assert missing([]) == missing([3_000]) == missing([0]) == 0


samples = st.lists(st.tuples(st.integers(0, 1 << 20), st.sampled_from((3_000, 3_001, 6_000)), st.booleans()), max_size=30)


@given(batches=st.lists(samples, max_size=4))
def test_samples_taken_in_together_are_the_same_as_one_after_the_other(batches: list[list[tuple[int, int, bool]]]) -> None:
    together, singly = SampleTable(), SampleTable()
    for batch in batches:
        keyframes = [number for number, (_, _, is_keyframe) in enumerate(batch) if is_keyframe]
        together.extend([size for size, _, _ in batch], [ticks for _, ticks, _ in batch], keyframes)
        for size, ticks, is_keyframe in batch:
            (singly.add_keyframe if is_keyframe else singly.add)(size, ticks)
    for name in SampleTable.__slots__:
        assert getattr(together, name) == getattr(singly, name), name
