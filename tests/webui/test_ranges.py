"""Range requests, as pure rules (RFC 9110, 13 and 14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.ranges import NotModified, Part, PreconditionFailed, RangeRequest, Unsatisfiable, Wanted, Whole, wanted

ETAG = '"abc"'


def ask(range_: str, size: int = 1000, method: str = "GET", **more: str) -> Wanted:
    return wanted(RangeRequest(method, range_, **more), size, ETAG)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-1", Part(0, 2)),
        ("bytes=0-", Part(0, 1000)),
        ("bytes=990-5000", Part(990, 1000)),
        ("bytes=-10", Part(990, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        ("Bytes=999-999", Part(999, 1000)),
        (f"bytes=990-{10**30}", Part(990, 1000)),
        (f"bytes=-{10**30}", Part(0, 1000)),
    ],
)
def test_a_single_range_is_answered_with_exactly_those_bytes(header: str, part: Part) -> None:
    assert ask(header) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", f"bytes={10**30}-"])
def test_a_range_without_a_byte_in_it_is_unsatisfiable(header: str) -> None:
    assert ask(header) == Unsatisfiable()


def test_nothing_of_an_empty_file_can_be_satisfied() -> None:
    assert ask("bytes=0-", size=0) == Unsatisfiable()
    assert ask("bytes=-1", size=0) == Unsatisfiable()


@pytest.mark.parametrize(
    "header",
    ["", "bytes=5-3", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,4-5", "bytes=+1-2", "bytes 0-1", f"bytes=0-{10**99}"],
)
def test_what_is_no_single_byte_range_is_ignored(header: str) -> None:
    assert ask(header) == Whole()


def test_head_has_no_ranges() -> None:
    assert ask("bytes=0-1", method="HEAD") == Whole()


def test_if_range_with_another_version_gives_the_whole() -> None:
    assert ask("bytes=0-1", if_range='"other"') == Whole()
    assert ask("bytes=0-1", if_range=ETAG) == Part(0, 2)


def test_if_range_compares_strongly_and_knows_no_dates() -> None:
    assert ask("bytes=0-1", if_range=f"W/{ETAG}") == Whole()
    assert ask("bytes=0-1", if_range="Mon, 23 Nov 2026 04:00:00 GMT") == Whole()


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_who_has_it_already_gets_304(header: str) -> None:
    assert ask("", if_none_match=header) == NotModified()


def test_who_wants_another_version_gets_412_before_anything_else() -> None:
    assert ask("bytes=0-1", if_match='"x"', if_none_match=ETAG) == PreconditionFailed()
    assert ask("", if_match=f"W/{ETAG}") == PreconditionFailed()
    assert ask("", if_match=ETAG) == Whole()


@given(size=st.integers(0, 5_000), first=st.integers(0, 6_000), last=st.one_of(st.none(), st.integers(0, 6_000)))
def test_every_part_lies_within_the_file_and_holds_a_byte(size: int, first: int, last: int | None) -> None:
    answer = ask(f"bytes={first}-{'' if last is None else last}", size=size)
    if isinstance(answer, Part):
        assert 0 <= answer.start < answer.stop <= size
        assert answer.start == first
    elif isinstance(answer, Unsatisfiable):
        assert first >= size


@given(header=st.text(max_size=40))
def test_no_header_whatever_breaks_the_parser(header: str) -> None:
    assert isinstance(ask(header), Whole | Part | Unsatisfiable)
