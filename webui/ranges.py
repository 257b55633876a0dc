"""Which bytes a GET asks for: Range, If-Range and the preconditions, as a pure function. Reads no file, sends nothing.

Source: RFC 9110, sections 13 and 14. Several ranges in one request are answered with the whole, which 14.2 allows: no player
asks for them, and a multipart answer would be code that nobody uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes=[ \t]*([0-9]{0,99})-([0-9]{0,99})[ \t]*", re.IGNORECASE)
"""However far past the end a number is, it is a number; the bound only keeps a header from being long arithmetic."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All of it: 200."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` up to but not including `stop`: 206."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class NotModified:
    """The asker has it already: 304."""


@dataclass(frozen=True, slots=True)
class PreconditionFailed:
    """The asker wants another version than there is: 412."""


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """No byte of what was asked for exists: 416."""


Wanted = Whole | Part | NotModified | PreconditionFailed | Unsatisfiable


@dataclass(frozen=True, slots=True)
class RangeRequest:
    """The five headers that decide, as they came; empty where missing. HEAD has no ranges (14.2)."""

    method: str
    range: str = ""
    if_range: str = ""
    if_match: str = ""
    if_none_match: str = ""


def wanted(asked: RangeRequest, size: int, etag: str) -> Wanted:
    """What to answer for content of `size` bytes with the strong `etag` (with its quotes)."""
    if asked.if_match and not _lists(asked.if_match, etag, is_weak_enough=False):
        return PreconditionFailed()
    if asked.if_none_match and _lists(asked.if_none_match, etag, is_weak_enough=True):
        return NotModified()
    if asked.method != "GET" or not asked.range:
        return Whole()
    # If-Range compares strongly, and a date is never strong here: we send no Last-Modified.
    if asked.if_range and asked.if_range.strip() != etag:
        return Whole()
    return _single(asked.range, size)


def _single(header: str, size: int) -> Wanted:
    found = _SINGLE.fullmatch(header.strip())
    if found is None:
        return Whole()
    first, last = found.groups()
    if not first and not last:
        return Whole()
    if not first:
        length = min(int(last), size)
        return Part(size - length, size) if length else Unsatisfiable()
    start = int(first)
    if last and int(last) < start:
        return Whole()  # an invalid range is ignored, 14.1.1
    if start >= size:
        return Unsatisfiable()
    return Part(start, min(int(last) + 1, size) if last else size)


def _lists(header: str, etag: str, *, is_weak_enough: bool) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    if is_weak_enough:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags
