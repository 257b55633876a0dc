"""A strict reading of MP4's boxes for tests, from the standards alone: shares no code with what it checks, and forgives nothing.

Here the grammar: which box may stand where and how often, its size, version and flags. What the boxes say is `strict_tracks`,
`strict_progressive` and `strict_fragments`. Source: ISO/IEC 14496-12, 4.2 (boxes), table 1 (where each may stand).
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from typing import Protocol


class Illegal(Exception):
    """The file breaks a rule, which the message names."""


class Readable(Protocol):
    """A file by ranges: it may be larger than any memory."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Box:
    """One box by its places in the file. `content` is where its content begins; `data` that content, but of a leaf alone."""

    kind: str
    start: int
    content: int
    stop: int
    data: bytes
    children: tuple[Box, ...]

    def all(self, kind: str) -> list[Box]:
        return [child for child in self.children if child.kind == kind]

    def one(self, *path: str) -> Box:
        """The only box along a path of kinds."""
        box = self
        for kind in path:
            found = box.all(kind)
            if len(found) != 1:
                raise Illegal(f"{len(found)} of {kind} in {box.kind!r}")
            box = found[0]
        return box


MANY = 1 << 30
Children = dict[str, tuple[int, int]]

PROGRESSIVE: Children = {"ftyp": (1, 1), "moov": (1, 1), "mdat": (1, 1)}
FRAGMENTED: Children = {
    "ftyp": (1, 1), "moov": (1, 1), "moof": (1, MANY), "mdat": (1, MANY), "free": (0, MANY), "uuid": (0, 1), "mfra": (0, 1),
}  # fmt: skip
_COMMON: dict[str, Children] = {
    "trak": {"tkhd": (1, 1), "edts": (0, 1), "mdia": (1, 1)},
    "edts": {"elst": (1, 1)},
    "mdia": {"mdhd": (1, 1), "hdlr": (1, 1), "minf": (1, 1)},
    "minf": {"vmhd": (0, 1), "smhd": (0, 1), "dinf": (1, 1), "stbl": (1, 1)},
    "dinf": {"dref": (1, 1)},
    "stbl": {"stsd": (1, 1), "stts": (1, 1), "stsc": (1, 1), "stsz": (1, 1), "stco": (0, 1), "co64": (0, 1), "stss": (0, 1)},
}
_GRAMMAR: dict[str, dict[str, Children]] = {
    "progressive": {**_COMMON, "": PROGRESSIVE, "moov": {"mvhd": (1, 1), "trak": (1, 2)}},
    "fragmented": {
        **_COMMON,
        "": FRAGMENTED,
        "moov": {"mvhd": (1, 1), "trak": (1, 2), "mvex": (1, 1)},
        "mvex": {"trex": (1, 2)},
        "moof": {"mfhd": (1, 1), "traf": (1, 2)},
        "traf": {"tfhd": (1, 1), "tfdt": (1, 1), "trun": (1, 1)},
        "mfra": {"tfra": (1, 2), "mfro": (1, 1)},
    },
}
"""By parent: what may stand in it, least and most times. The parent of the outermost is "". `stsd` and `dref` count their own."""

_NEVER_READ = ("mdat", "free")
_OLDEST_FIRST = ("ftyp", "mvhd", "tkhd", "mdhd", "mfhd", "tfhd")
"""The standard recommends, and players rely on it, that these come first in what they stand in."""

_FULL: dict[str, tuple[tuple[int, ...], int, int]] = {
    "mvhd": ((0, 1), 0, 0), "tkhd": ((0, 1), 3, 7), "elst": ((0, 1), 0, 0), "mdhd": ((0, 1), 0, 0), "hdlr": ((0,), 0, 0),
    "vmhd": ((0,), 1, 1), "smhd": ((0,), 0, 0), "dref": ((0,), 0, 0), "stsd": ((0,), 0, 0), "stts": ((0,), 0, 0),
    "stsc": ((0,), 0, 0), "stsz": ((0,), 0, 0), "stco": ((0,), 0, 0), "co64": ((0,), 0, 0), "stss": ((0,), 0, 0),
    "trex": ((0,), 0, 0), "mfhd": ((0,), 0, 0), "tfhd": ((0,), 0x02_0000, 0x02_003A), "tfdt": ((0, 1), 0, 0),
    "trun": ((0, 1), 0x301, 0xF05), "tfra": ((0, 1), 0, 0), "mfro": ((0,), 0, 0), "url ": ((0,), 1, 1), "esds": ((0,), 0, 0),
}  # fmt: skip
"""Of boxes with a version: which versions there are, flags that must be set, flags that may be."""


class Fields:
    """A box's content, taken field after field; whatever is not taken in the end is too much."""

    def __init__(self, box: Box) -> None:
        self.kind = box.kind
        self._data = box.data
        self._at = 0
        self.version = self.flags = 0
        if box.kind in _FULL:
            (word,) = self.take(">I")
            self.version, self.flags = word >> 24, word & 0xFF_FFFF
            versions, needed, allowed = _FULL[box.kind]
            self.must(self.version in versions, "version")
            self.must(self.flags & needed == needed and not self.flags & ~allowed, "flags")

    def take(self, layout: str) -> tuple[int, ...]:
        size = struct.calcsize(layout)
        self.must(self._at + size <= len(self._data), "is too short")
        found = struct.unpack_from(layout, self._data, self._at)
        self._at += size
        return found

    def take_bytes(self, count: int) -> bytes:
        self.must(count >= 0 and self._at + count <= len(self._data), "is too short")
        self._at += count
        return self._data[self._at - count : self._at]

    def zeros(self, count: int) -> None:
        self.must(self.take_bytes(count) == bytes(count), "reserved bytes")

    def rest(self) -> bytes:
        return self.take_bytes(self.left)

    @property
    def left(self) -> int:
        """How many bytes have not been taken."""
        return len(self._data) - self._at

    def end(self) -> None:
        self.must(self.left == 0, "is too long")

    def must(self, is_so: bool, what: str) -> None:
        if not is_so:
            raise Illegal(f"{self.kind}: {what}")


def parse(reader: Readable, form: str) -> Box:
    """The file as a tree, every size and every box's place checked. `form` is "progressive" or "fragmented"."""
    children = _children(reader, _GRAMMAR[form], "", 0, reader.size)
    return Box("", 0, 0, reader.size, b"", children)


def inner_boxes(data: bytes, base: int, *kinds: str) -> list[Box]:
    """Leaves inside a leaf's content (of `stsd`, `dref`): exactly these kinds in this order."""
    found, at = [], 0
    while at < len(data):
        kind, content, stop = _head(data[at : at + 16], at, len(data))
        found.append(Box(kind, base + at, base + content, base + stop, data[content:stop], ()))
        at = stop
    if [box.kind for box in found] != list(kinds):
        raise Illegal(f"{[box.kind for box in found]} where {kinds} belong")
    return found


def _children(reader: Readable, grammar: dict[str, Children], parent: str, start: int, stop: int) -> tuple[Box, ...]:
    allowed = grammar[parent]
    found: list[Box] = []
    while start < stop:
        kind, content, end = _head(reader.read_at(start, 16), start, stop)
        if kind not in allowed:
            raise Illegal(f"{kind!r} in {parent!r}")
        if kind in _OLDEST_FIRST and found:
            raise Illegal(f"{kind} does not come first in {parent!r}")
        is_parent = kind in grammar
        inner = _children(reader, grammar, kind, content, end) if is_parent else ()
        data = b"" if is_parent or kind in _NEVER_READ else reader.read_at(content, end - content)
        found.append(Box(kind, start, content, end, data, inner))
        start = end
    counts = Counter(box.kind for box in found)
    for kind, (least, most) in allowed.items():
        if not least <= counts[kind] <= most:
            raise Illegal(f"{counts[kind]} of {kind} in {parent!r}")
    return tuple(found)


def _head(data: bytes, start: int, limit: int) -> tuple[str, int, int]:
    """Kind, where the content begins, where the box ends. Never a size of 0 (to the end of the file): a cut would not show."""
    if len(data) < 8:
        raise Illegal("less than a box's head is left")
    size, kind = struct.unpack_from(">I4s", data)
    content = start + 8
    if size == 1:
        if len(data) < 16:
            raise Illegal("less than a large box's head is left")
        (size,) = struct.unpack_from(">Q", data, 8)
        content = start + 16
    if start + size < content or start + size > limit:
        raise Illegal(f"{kind!r} does not fit where it stands")
    return kind.decode("latin-1"), content, start + size
