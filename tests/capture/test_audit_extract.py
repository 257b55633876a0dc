"""An extract of the log: whole lines that name certain ids, a bounded piece at a time, nothing torn and nothing else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.audit.extract import PAGE_BYTES, SCAN_BYTES, Extract, extract
from capture.errors import AuditBroken, BadRequest

NAMES = frozenset({b"VIG-7F3K", b"rec-2222222222222222"})


def line(number: int, name: str = "", size: int = 0) -> bytes:
    return f'{{"seq":{number},"fields":{{"case":"{name}","x":"{"y" * size}"}},"sig":"00"}}\n'.encode()


def pages(path: Path, end: int | None = None) -> list[Extract]:
    found: list[Extract] = []
    size = path.stat().st_size if end is None else end
    while not found or not found[-1].is_last:
        found.append(extract(path, NAMES, found[-1].next_offset if found else 0, size))
    return found


def all_lines(path: Path) -> list[bytes]:
    return [one for page in pages(path) for one in page.lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@given(st.lists(st.sampled_from(["VIG-7F3K", "rec-2222222222222222", "VIG-2222", ""]), max_size=60), st.integers(0, 12_000))
@settings(max_examples=40, deadline=None)
def test_all_lines_that_name_it_come_in_order_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], size: int
) -> None:
    path = tmp_path_factory.mktemp("extract") / "audit.log"
    lines = [line(number, name, size) for number, name in enumerate(names, start=1)]
    path.write_bytes(b"".join(lines))
    assert all_lines(path) == [one for one, name in zip(lines, names, strict=True) if name.encode() in NAMES]
    assert all(sum(map(len, page.lines)) <= PAGE_BYTES for page in pages(path))


def test_a_long_log_is_read_a_piece_at_a_time(path: Path) -> None:
    path.write_bytes(b"".join(line(number, "VIG-2222", 500) for number in range(1, 9000)) + line(9000, "VIG-7F3K"))
    found = pages(path)
    assert len(found) > 2
    assert all(after.next_offset - before.next_offset <= SCAN_BYTES for before, after in pairwise(found))
    assert all_lines(path) == [line(9000, "VIG-7F3K")]


def test_a_page_holds_as_many_lines_as_fit_and_the_next_goes_on_behind_them(path: Path) -> None:
    quarter = PAGE_BYTES // 4
    lines = [line(number, "VIG-7F3K", quarter - len(line(number, "VIG-7F3K"))) for number in range(1, 10)]
    assert {len(one) for one in lines} == {quarter}
    path.write_bytes(b"".join(lines))
    assert pages(path) == [
        Extract(tuple(lines[:4]), PAGE_BYTES, is_last=False),
        Extract(tuple(lines[4:8]), 2 * PAGE_BYTES, is_last=False),
        Extract(tuple(lines[8:]), 9 * quarter, is_last=True),
    ]


def test_lines_of_different_length_fill_a_page_together(path: Path) -> None:
    lines = [line(number, "VIG-7F3K", size) for number, size in enumerate((15_000, 100, 16_000, 100, 18_000, 100), start=1)]
    path.write_bytes(b"".join(lines))
    assert [page.lines for page in pages(path)] == [tuple(lines[:4]), tuple(lines[4:])]


def test_torn_bytes_are_left_out_and_what_follows_them_is_not(path: Path) -> None:
    torn = b'{"seq":2,"fields":{"case":"VIG-7F3K"\n'
    holed = line(3, "VIG-7F3K").replace(b'"x"', b"\0\0\0")
    path.write_bytes(line(1, "VIG-7F3K") + torn + holed + line(4, "VIG-7F3K"))
    assert all_lines(path) == [line(1, "VIG-7F3K"), line(4, "VIG-7F3K")]


def test_what_is_not_on_disk_yet_is_not_handed_out(path: Path) -> None:
    path.write_bytes(line(1, "VIG-7F3K") + line(2, "VIG-7F3K"))
    (page,) = pages(path, len(line(1, "VIG-7F3K")))
    assert page.lines == (line(1, "VIG-7F3K"),)


def test_nor_on_a_later_page(path: Path) -> None:
    first, second, third = (line(number, "VIG-7F3K") for number in (1, 2, 3))
    path.write_bytes(first + second + third)
    end = len(first + second)
    assert extract(path, NAMES, len(first), end) == Extract((second,), end, is_last=True)


def test_a_name_within_another_word_does_not_count(path: Path) -> None:
    path.write_bytes(line(1, "VIG-7F3KX") + line(2, "xVIG-7F3K"))
    assert all_lines(path) == []


def test_an_empty_log_has_no_lines(path: Path) -> None:
    path.write_bytes(b"")
    assert all_lines(path) == []


def test_a_page_begins_where_a_line_begins(path: Path) -> None:
    path.write_bytes(line(1))
    for offset in (1, len(line(1)) + 1):
        with pytest.raises(BadRequest, match="no line of the log begins there"):
            extract(path, NAMES, offset, len(line(1)))


def test_a_log_without_the_end_of_a_line_is_broken(path: Path) -> None:
    path.write_bytes(b"x" * (SCAN_BYTES + 10))
    with pytest.raises(AuditBroken, match="no line ends in a long piece of the log"):
        extract(path, NAMES, 0, SCAN_BYTES + 10)


def test_a_press_for_films_of_two_families_tells_neither_of_the_others(path: Path) -> None:
    lines = [
        b'{"seq":1,"fields":{"ask":"ask-2222222222222222","recordings":2},"sig":"00"}\n',
        b'{"seq":2,"fields":{"ask":"ask-2222222222222222","recording":"rec-2222222222222222"},"sig":"00"}\n',
        b'{"seq":3,"fields":{"ask":"ask-2222222222222222","recording":"rec-3333333333333333"},"sig":"00"}\n',
    ]
    path.write_bytes(b"".join(lines))
    found = extract(path, NAMES | {b"ask-2222222222222222"}, 0, path.stat().st_size)
    assert found.lines == tuple(lines[:2])


def test_a_recording_that_left_no_row_is_told_of_by_its_arming(path: Path) -> None:
    opening = b'{"seq":1,"fields":{"arming":"arm-222222222222","recording":"rec-3333333333333333"},"sig":"00"}\n'
    path.write_bytes(opening)
    assert extract(path, frozenset({b"arm-222222222222"}), 0, len(opening)).lines == (opening,)
