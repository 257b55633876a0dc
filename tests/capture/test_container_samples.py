"""The sample table: many samples taken in at once are the same as one after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capture.container.samples import SampleTable

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
