"""Times in the exported documents: ISO 8601 in UTC, and no number of milliseconds that they cannot tell."""

from __future__ import annotations

import pytest

from webui.exports.instants import duration, iso


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_123, "2000-02-29T00:00:00.123Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        (2**60, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (-62_135_596_800_001, "0001-01-01T00:00:00.000Z"),
        (-(2**60), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_spelled_in_utc_to_the_millisecond_and_kept_within_the_years_that_have_four_digits(
    ms: int, text: str
) -> None:
    assert iso(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "P0D"), (90 * 86_400_000, "P90D"), (86_400_001, "PT86400S"), (1_500, "PT1S"), (-5, "P0D")]
)
def test_a_stretch_of_time_is_in_days_or_in_seconds_and_never_negative(ms: int, text: str) -> None:
    assert duration(ms) == text
