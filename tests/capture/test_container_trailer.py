"""The trailer's tables speak of the same samples: where two of them contradict each other, none is believed."""

from __future__ import annotations

import signal
import struct
from types import FrameType

import pytest
from fuzz import movie, trailer

from capture.container.trailer import read_trailer, write_trailer
from capture.errors import SealBroken

COUNTS_AT, TABLES_AT = 60, 88
WIDTHS = {
    "marks": (0, 4),
    "places": (1, 8),
    "packets by fragment": (1, 4),
    "pictures by fragment": (1, 4),
    "runs of pictures": (3, 4),
    "ticks of pictures": (3, 4),
    "keyframes": (4, 4),
    "sizes of pictures": (2, 4),
    "runs of packets": (6, 4),
    "ticks of packets": (6, 4),
    "sizes of packets": (5, 4),
}
"""The tables in their order: which of the seven counts says how long each is, and the width of an entry."""


def good() -> bytes:
    """Of a take with sound, two keyframes and three fragments."""
    return trailer.seeds()[0]


def entry_at(data: bytes, name: str, number: int) -> int:
    counts = struct.unpack_from(">7I", data, COUNTS_AT)
    at = TABLES_AT
    for table, (count, width) in WIDTHS.items():
        if table == name:
            assert number < counts[count]
            return at + number * width
        at += counts[count] * width
    raise ValueError(name)


def test_the_good_one_is_read_and_ends_where_its_tables_end() -> None:
    found = read_trailer(good())
    assert list(found.video.keyframes) == [0, 10]
    assert entry_at(good(), "sizes of packets", 0) + 4 * len(found.audio) + 4 == len(good())
    assert good() in movie.finished()[0]


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize(
    "name", ["runs of pictures", "runs of packets", "ticks of pictures", "pictures by fragment", "packets by fragment"]
)
def test_number_that_the_other_tables_do_not_bear_out_is_refused(name: str, by: int) -> None:
    data = bytearray(good())
    at = entry_at(data, name, 0)
    struct.pack_into(">I", data, at, struct.unpack_from(">I", data, at)[0] + by)
    with pytest.raises(SealBroken):
        read_trailer(bytes(data))


@pytest.mark.parametrize(
    ("number", "picture"),
    [
        pytest.param(1, 12, id="behind the last picture"),
        pytest.param(1, 0, id="named twice"),
        pytest.param(0, 11, id="in the wrong order"),
    ],
)
def test_keyframe_that_cannot_be_is_refused(number: int, picture: int) -> None:
    data = bytearray(good())
    struct.pack_into(">I", data, entry_at(data, "keyframes", number), picture)
    with pytest.raises(SealBroken):
        read_trailer(bytes(data))


@pytest.mark.parametrize("place", [24, 25, 35, 43, *range(COUNTS_AT + 3, TABLES_AT, 4)], ids=lambda place: f"byte {place}")
def test_fixed_number_that_its_tables_do_not_bear_out_is_refused(place: int) -> None:
    data = bytearray(good())
    data[place] += 1
    with pytest.raises(SealBroken):
        read_trailer(bytes(data))


def test_packets_of_sound_without_a_track_for_them_are_refused() -> None:
    data = bytearray(good())
    data[27] = 0
    with pytest.raises(SealBroken):
        read_trailer(bytes(data))


def test_fragment_that_claims_more_pictures_than_there_are_ends_the_table_all_the_same() -> None:
    """Our muxer counts one by one; whoever should once count otherwise must not hold the box up for ever."""
    contents = read_trailer(good())
    fragments = contents.fragments
    fragments.moof_offsets.extend(fragments.payload_offsets)
    before = write_trailer(contents)
    fragments.video_counts[-1] += 5

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it is still counting")

    handler = signal.signal(signal.SIGALRM, give_up)
    try:
        signal.alarm(10)
        assert len(write_trailer(contents)) == len(before)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
