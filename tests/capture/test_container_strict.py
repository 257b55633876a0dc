"""Whatever is filmed, both forms of it obey the standards: read by a strict reader that shares no code with ours."""

from __future__ import annotations

import factory
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movies import BytesReader, mux, take_of
from odd_takes import ENCODED, PLAIN, TAKES, Packets, announced_of, muxed, takes
from strict_fragments import read_fragmented
from strict_movies import Strict, read_progressive
from strict_samples import check_samples
from strict_tracks import Pictures

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.errors import Truncated
from device.encoder import VideoEncoder
from device.ports import Profile
from device.scene import Scene

OTHER = factory.encode(Profile(98, 50, 15, 200_000, audio_bitrate=32_000, audio_rate=32_000))


def progressive_of(fragmented: bytes) -> tuple[ProgressiveMp4, Strict]:
    reader = BytesReader(fragmented)
    view = ProgressiveMp4(reader, load_index(reader))
    whole = BytesReader(view.read_at(0, view.size))
    strict = read_progressive(whole)
    check_samples(whole, strict)
    return view, strict


def check_both(fragmented: bytes) -> None:
    """Both forms are legal, and speak of the same samples at the same times."""
    reader = BytesReader(fragmented)
    raw = read_fragmented(reader)
    check_samples(reader, raw)
    view, strict = progressive_of(fragmented)
    whole = view.read_at(0, view.size)
    for before, after in zip(raw.samples, strict.samples, strict=False):
        assert [(one.size, one.ticks, one.is_sync) for one in before] == [(one.size, one.ticks, one.is_sync) for one in after]
        for one, other in zip(before, after, strict=True):
            assert fragmented[one.offset : one.offset + one.size] == whole[other.offset : other.offset + other.size]
    if len(strict.samples) == 2:
        heard = [raw.heard_s(one) for one in raw.samples[1]]
        # An empty edit counts in the movie's ticks.
        assert [strict.heard_s(one) for one in strict.samples[1]] == pytest.approx(heard, abs=1 / 90_000)


@pytest.mark.parametrize("name", TAKES)
def test_both_forms_obey_the_standards(name: str) -> None:
    check_both(muxed(TAKES[name], announced_of(name)))


def test_other_sizes_and_rates_obey_the_standards() -> None:
    check_both(mux(OTHER, take_of(OTHER, 3, 400_000), OTHER.audio_format))


def test_a_stream_of_the_high_profile_says_its_depth() -> None:
    scene, encoder = Scene(ENCODED.profile), VideoEncoder(ENCODED.profile)
    packets = [packet for number in range(20) for packet in encoder.encode(scene.paint(number), number, number * 33_333)]
    fragmented = mux(ENCODED, [*packets, *encoder.flush()], None)
    entry = read_fragmented(BytesReader(fragmented)).movie.tracks[0].entry
    assert isinstance(entry, Pictures)
    assert (entry.record[1], entry.depth) == (100, (1, 8, 8))
    check_both(fragmented)


@pytest.mark.parametrize("paddings", [[8], [9, 70_000], [65_536, 8, 8, 8, 8]], ids=str)
def test_padding_between_fragments_obeys_the_standards(paddings: list[int]) -> None:
    check_both(muxed(PLAIN, paddings=paddings))


@settings(max_examples=150, deadline=None)
@given(takes(), st.lists(st.integers(8, 70_000), max_size=4))
def test_any_take_obeys_the_standards(packets: Packets, paddings: list[int]) -> None:
    check_both(muxed(packets, paddings=paddings))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TAKES)), st.floats(0, 1))
def test_what_is_left_of_a_cut_take_obeys_the_standards(name: str, share: float) -> None:
    fragmented = muxed(TAKES[name], announced_of(name))
    try:
        progressive_of(fragmented[: round(share * (len(fragmented) - 1))])
    except Truncated:
        assert share < 0.99
