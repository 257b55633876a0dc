"""A reader of the trailer that knows the table in docs/sealed-format.md and nothing else. Imports nothing of vigcam.

Offsets, types, counts and their order are taken out of the page, so that a wrong page reads a recording wrongly.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

from source_tree import ROOT

PAGE = ROOT / "docs" / "sealed-format.md"
_CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "4 bytes": "4s", "16 bytes": "16s"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: where it stands (None: right behind the line before), how many of which type, what it says."""

    offset: int | None
    count: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture or packet: where it lies in the plaintext, when it is decoded and for how long, in its track's ticks."""

    is_picture: bool
    place: int
    size: int
    time: int
    ticks: int
    is_keyframe: bool


@cache
def rows() -> tuple[Row, ...]:
    """The table of the `uuid` box, without the size that closes it."""
    found = []
    for offset, kind, text in re.findall(r"^\| *(\d*) *\| *([^|]+?) *\| *(.+?) *\|$", PAGE.read_text("utf-8"), re.MULTILINE):
        count, _, of = kind.rpartition(" × ")
        if of in _CODES:
            found.append(Row(int(offset) if offset else None, count, _CODES[of], text))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the page finds in a trailer: single values and tables, by what the page says of them, in the page's order."""

    values: dict[str, int | bytes]
    tables: dict[str, tuple[int, ...]]

    def value(self, start: str) -> int | bytes:
        return next(value for text, value in self.values.items() if text.startswith(start))

    def table(self, start: str) -> tuple[int, ...]:
        (found,) = (table for text, table in self.tables.items() if text.startswith(start))
        return found


def find_trailer(plain: bytes) -> bytes:
    """The `uuid` box, found from the end as the page says."""
    assert plain[-12:-8] == b"mfro"
    mfra = len(plain) - int.from_bytes(plain[-4:], "big")
    assert plain[mfra + 4 : mfra + 8] == b"mfra"
    return plain[mfra - int.from_bytes(plain[mfra - 4 : mfra], "big") : mfra]


def read_page_trailer(box: bytes) -> Trailer:
    """Every line of the table in turn; no byte may be left but the size once more."""
    values: dict[str, int | bytes] = {}
    tables: dict[str, tuple[int, ...]] = {}
    counts: dict[str, int] = {}
    at = 0
    for row in rows():
        assert row.offset in (None, at), f"{row.text}: the page says {row.offset}, the lines before it end at {at}"
        form = f">{counts[row.count] if row.count else ''}{row.code}"
        found = struct.unpack_from(form, box, at)
        at += struct.calcsize(form)
        if row.count:
            tables[row.text] = found
            continue
        values[row.text] = found[0]
        if letter := re.match(r"([A-Z]): ", row.text):
            counts[letter[1]] = found[0]
    assert box[at:] == len(box).to_bytes(4, "big")
    return Trailer(values, tables)


def samples(trailer: Trailer) -> Iterator[Sample]:
    """All samples in the order in which they lie in the file."""
    pictures = zip(trailer.table("pictures: size"), _durations(trailer, "pictures"), strict=True)
    packets = zip(trailer.table("packets of sound: size"), _durations(trailer, "packets"), strict=True)
    keyframes = set(trailer.table("keyframes"))
    places = trailer.table("of each fragment: where")
    sounds, shown = trailer.table("of each fragment: packets"), trailer.table("of each fragment: pictures")
    heard, seen = trailer.value("decode time of the first packet"), 0
    assert isinstance(heard, int)
    number = 0
    for place, sound_count, picture_count in zip(places, sounds, shown, strict=True):
        at = place
        for _ in range(sound_count):
            size, ticks = next(packets)
            yield Sample(False, at, size, heard, ticks, True)
            at, heard = at + size, heard + ticks
        for _ in range(picture_count):
            size, ticks = next(pictures)
            yield Sample(True, at, size, seen, ticks, number in keyframes)
            at, seen, number = at + size, seen + ticks, number + 1


def _durations(trailer: Trailer, of: str) -> list[int]:
    counts, ticks = trailer.table(f"of each run of {of}: how many"), trailer.table(f"of each run of {of}: duration")
    return list(chain.from_iterable(repeat(each, count) for count, each in zip(counts, ticks, strict=True)))
