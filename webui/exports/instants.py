"""Times as the exported documents spell them: ISO 8601, UTC, to the millisecond. Reads no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from capture.model import Confidence

CLOCKS = {
    Confidence.RTC: "by the box's own clock",
    Confidence.BROWSER: "by the clock of a practitioner's device",
    Confidence.NONE: "the box did not know the time for certain",
}
"""What a time goes by, in words."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
_DAY_MS = 86_400_000


def moment(ms: int) -> datetime:
    """UTC milliseconds since 1970 as a time; what lies outside the years 1 to 9999 becomes their edge, so that no clock, however
    wrong, spoils a document."""
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return _LAST if ms > 0 else _FIRST


def iso(ms: int) -> str:
    """`2026-11-23T10:36:00.000Z`. Source: ISO 8601-1:2019, and RFC 3339 for the form."""
    at = moment(ms)
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at:%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def duration(ms: int) -> str:
    """How long, as ISO 8601 spells it: `P90D` for whole days, else seconds. Nothing lasts less than no time."""
    days, rest = divmod(max(0, ms), _DAY_MS)
    return f"P{days}D" if rest == 0 else f"PT{max(0, ms) // 1000}S"
