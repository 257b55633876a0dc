"""A head of the log that is remembered outside of it: a log that was cut or put back is found at the next start, and for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_box import AuditBox
from hypothesis import given
from hypothesis import strategies as st

from capture.audit.chain import read_chain
from capture.audit.line import EMPTY, MAX_LINE_BYTES, link_of
from capture.audit.log import AuditEvent
from capture.audit.memory import RememberedHead, lines_behind
from capture.audit.verify import Verdict

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> AuditBox:
    made = AuditBox(tmp_path / "box")
    made.write(6)
    made.log.close()
    return made


def start(box: AuditBox, data: bytes, remembered: RememberedHead | None) -> bool:
    """A start on these bytes; whether it says that the log was cut."""
    box.path.write_bytes(data)
    box.log = box.open(remembered)
    try:
        box.log.append(AuditEvent.STARTED)
        return box.log.is_cut
    finally:
        box.log.close()


@given(sequence=st.integers(1, 10**15), hash_=st.from_regex(r"[0-9a-f]{64}", fullmatch=True), end=st.integers(1, 10**15))
def test_what_is_stored_reads_back(sequence: int, hash_: str, end: int) -> None:
    head = RememberedHead(sequence, hash_, end)
    assert RememberedHead.parse(head.text) == head


@pytest.mark.parametrize("text", ["", "1", "1 2 3", "-1 {0} 5", "1 {0}0 5", "1 {0} 5\n", "01 {0} 5", "1 {0} -5", "1 {0} 5 6"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        RememberedHead.parse(text.format("a" * 64))


def test_log_knows_where_its_last_line_ends(box: AuditBox) -> None:
    assert box.log.place == RememberedHead(*read_chain(box.path).head, box.path.stat().st_size)
    box.log = box.open()
    before = box.log.place
    box.write(3)
    assert box.log.place.end_offset == box.path.stat().st_size
    box.log.close()
    assert [line.seq for line in lines_behind(box.path, before.end_offset)] == [8, 9, 10]


def test_what_is_torn_is_passed_over_and_what_stands_behind_it_is_not(box: AuditBox) -> None:
    before = box.log.place
    box.path.write_bytes(box.path.read_bytes() + b'{"seq":8,"to\n')
    box.log = box.open()
    box.write(1)
    box.log.close()
    assert [line.seq for line in lines_behind(box.path, before.end_offset)] == [8, 9]


def test_start_on_the_log_that_is_remembered_adds_nothing(box: AuditBox) -> None:
    assert not start(box, box.path.read_bytes(), box.log.place)
    assert b"log_cut" not in box.path.read_bytes()


def test_lines_behind_the_remembered_one_are_as_they_should_be(box: AuditBox) -> None:
    remembered = box.log.place
    box.log = box.open()
    box.write(2)
    box.log.close()
    assert not start(box, box.path.read_bytes(), remembered)


def test_in_a_log_longer_than_any_line_they_are_so_too(box: AuditBox) -> None:
    box.log = box.open()
    box.write(2 * MAX_LINE_BYTES // 400)
    remembered = box.log.place
    assert remembered.end_offset > MAX_LINE_BYTES
    box.write(2)
    box.log.close()
    assert remembered.stands_in(box.path)


def test_any_line_may_be_the_remembered_one_the_first_too(box: AuditBox) -> None:
    end = 0
    for number, raw in enumerate(box.path.read_bytes().splitlines(keepends=True), start=1):
        end += len(raw)
        assert RememberedHead(number, link_of(raw), end).stands_in(box.path)


def test_who_remembers_no_line_finds_none_missing(box: AuditBox) -> None:
    assert RememberedHead(*EMPTY, 0).stands_in(box.path)


def test_log_cut_at_any_byte_is_told_by_the_next_start_and_never_again_good(box: AuditBox) -> None:
    whole, remembered = box.path.read_bytes(), box.log.place
    last_three = len(b"".join(whole.splitlines(keepends=True)[:-3]))
    for cut in (*range(0, last_three, 97), *range(last_three, len(whole))):
        box.path.write_bytes(whole[:cut])
        before = box.verify(remembered.head)
        # the line is damage once it is remembered; what is unfinished is also said
        assert before.verdict is Verdict.DAMAGED, cut
        is_only_the_newline = cut == len(whole) - 1
        assert start(box, whole[:cut], remembered) is not is_only_the_newline, cut
        after = box.verify()
        assert after.bad_line is None, cut
        assert after.verdict is (Verdict.GOOD if is_only_the_newline else Verdict.DAMAGED), cut
        if not is_only_the_newline:
            [found] = after.findings
            holds = (whole[:cut] + b"\n").count(b'"}\n')  # a line that lost its newline alone is whole
            assert found.what.startswith(f"lines after {holds} were cut: the box remembered a line 7,"), cut


def test_log_put_back_and_grown_past_the_remembered_line_is_told(box: AuditBox) -> None:
    early = b"".join(box.path.read_bytes().splitlines(keepends=True)[:3])
    remembered = box.log.place
    box.path.write_bytes(early)
    box.log = box.open()
    box.write(20)
    box.log.close()
    assert box.verify().verdict is Verdict.GOOD
    assert start(box, box.path.read_bytes(), remembered)
    [found] = box.verify().findings
    assert found.what.startswith("line 7 was not the one")


def test_log_of_which_only_a_middle_line_was_taken_out_is_told(box: AuditBox) -> None:
    lines = box.path.read_bytes().splitlines(keepends=True)
    assert start(box, b"".join([*lines[:3], *lines[4:]]), box.log.place)


def test_log_that_is_gone_is_begun_anew_and_says_so_in_its_first_line(box: AuditBox) -> None:
    remembered = box.log.place
    box.path.unlink()
    box.log = box.open(remembered)
    assert box.log.is_cut
    box.log.close()
    report = box.verify()
    assert (report.verdict, report.bad_line, report.lines) == (Verdict.DAMAGED, None, 1)


def test_cut_is_told_once(box: AuditBox) -> None:
    lines = box.path.read_bytes().splitlines(keepends=True)
    assert start(box, b"".join(lines[:4]), box.log.place)
    assert not start(box, box.path.read_bytes(), box.log.place)
    assert box.path.read_bytes().count(b'"log_cut"') == 1


def test_a_head_remembered_elsewhere_finds_the_cut_as_well(box: AuditBox) -> None:
    later = box.log.head
    box.path.write_bytes(b"".join(box.path.read_bytes().splitlines(keepends=True)[:4]))
    [found] = box.verify(later).findings
    assert "line 7 is not the one that a test remembers" in found.what
