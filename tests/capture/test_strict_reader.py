"""The strict reader of MP4 is strict: it complains of every byte that matters, changed one by one, and of every box moved."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise

import factory
import pytest
from movies import BytesReader, mux, take_of
from strict_boxes import Box, Illegal, Readable
from strict_fragments import read_fragmented
from strict_movies import Strict, read_progressive
from strict_samples import check_samples, units

from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4

ENCODED = factory.encode()
FRAGMENTED = mux(ENCODED, take_of(ENCODED, 1.3, 600_000), ENCODED.audio_format)


def progressive() -> bytes:
    reader = BytesReader(FRAGMENTED)
    view = ProgressiveMp4(reader, load_index(reader))
    return view.read_at(0, view.size)


Read = Callable[[Readable], Strict]
FORMS: dict[str, tuple[bytes, Read]] = {
    "progressive": (progressive(), read_progressive),
    "fragmented": (FRAGMENTED, read_fragmented),
}


def is_legal(data: bytes, read: Read) -> bool:
    reader = BytesReader(data)
    try:
        check_samples(reader, read(reader))
    except Illegal:
        return False
    return True


def leaves(box: Box) -> list[Box]:
    return [leaf for child in box.children for leaf in (leaves(child) if child.children else [child])]


FREE = {
    "ftyp": {*range(4, 8), *range(12, 16)},  # minor version; a brand that says nothing new
    "mvhd": {108, 109, 110},  # the next track's number may be any that is larger
    "tkhd": {46, 47},  # alternate group
    "mdhd": {32, 33},  # language
    "hdlr": {*range(24, 30)},  # name
    "stsd": {
        58,
        *range(71, 82),
        *range(114, 139),
    },  # a compressor's name; hints of buffer and bit rate; inside the parameter sets
    "elst": {*range(8, 16), *range(36, 44)},  # in fragments: when the sound begins, and how much of it is cut off
    "uuid": {28, 29, 30, *range(40, 44)},  # more pictures made than kept; packets of sound lost
}
"""Places in a box's content that may hold something else without a rule being broken."""


@pytest.mark.parametrize("form", FORMS)
def test_every_byte_of_every_box_matters(form: str) -> None:
    whole, read = FORMS[form]
    assert is_legal(whole, read)
    survivors = set()
    for leaf in leaves(read(BytesReader(whole)).root):
        for place in range(leaf.start, leaf.stop if leaf.kind != "mdat" else leaf.content):
            changed = whole[:place] + bytes((whole[place] ^ 1,)) + whole[place + 1 :]
            if place - leaf.content not in FREE.get(leaf.kind, ()) and is_legal(changed, read):
                survivors.add((leaf.kind, place - leaf.content))
    assert survivors == set()


def replaced(data: bytes, root: Box, path: list[Box], new: bytes) -> bytes:
    """The file with the last box of a path replaced, and the sizes of those around it made right."""
    old = path[-1]
    changed = bytearray(data[: old.start] + new + data[old.stop :])
    for parent in path[:-1]:
        size = parent.stop - parent.start + len(new) - (old.stop - old.start)
        changed[parent.start : parent.start + 4] = struct.pack(">I", size)
    return bytes(changed)


def paths(box: Box, before: list[Box]) -> list[list[Box]]:
    own = [[*before, child] for child in box.children]
    return [*own, *(path for one in own for path in paths(one[-1], one))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", ["left_out", "twice", "emptied", "unknown_one_added"])
def test_every_box_has_its_place(form: str, change: str) -> None:
    whole, read = FORMS[form]
    root = read(BytesReader(whole)).root
    survivors = []
    for path in paths(root, []):
        box = path[-1]
        old = whole[box.start : box.stop]
        new = {
            "left_out": b"",
            "twice": old + old,
            "emptied": struct.pack(">I", 8) + old[4:8],
            "unknown_one_added": old + struct.pack(">I4s", 8, b"wide"),
        }[change]
        if is_legal(replaced(whole, root, path, new), read):
            survivors.append("/".join(step.kind for step in path))
    assert survivors == []


@pytest.mark.parametrize("form", FORMS)
def test_boxes_of_one_parent_do_not_change_places_at_the_top(form: str) -> None:
    whole, read = FORMS[form]
    boxes = read(BytesReader(whole)).root.children
    for one, other in pairwise(boxes):
        swapped = whole[: one.start] + whole[other.start : other.stop] + whole[one.start : one.stop] + whole[other.stop :]
        assert not is_legal(swapped, read), (one.kind, other.kind)


def test_a_file_cut_inside_a_box_is_illegal() -> None:
    for whole, read in FORMS.values():
        boxes = read(BytesReader(whole)).root.children
        for size in {boxes[-1].stop - 1, boxes[-1].start + 1, boxes[1].start + 9, 7}:
            assert not is_legal(whole[:size], read)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("place", "byte"),
    [(0, 1), (3, 0), (3, 0xFF), (4, 0x07), (4, 0x09), (4, 0x41), (4, 0xE5), (4, 0x0C), (5, 0xA8), (5, 0x08)],
    ids=["long", "short", "other_length", "sps", "delimiter", "no_keyframe", "forbidden_bit", "filler", "b_slice", "not_first"],
)
def test_what_lies_in_a_picture_matters(form: str, place: int, byte: int) -> None:
    whole, read = FORMS[form]
    first = read(BytesReader(whole)).samples[0][0]
    data = whole[first.offset : first.offset + first.size]
    last_slice = first.offset + first.size - len(list(units(data))[-1]) - 4
    changed = whole[: last_slice + place] + bytes((byte,)) + whole[last_slice + place + 1 :]
    assert changed != whole
    assert not is_legal(changed, read)
