"""A power cut in the middle of a line: the next start keeps what is there, says what was lost, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox, flip

from capture.audit.log import AuditEvent
from capture.audit.tail import BATCH, MAX_TAIL_BYTES
from capture.audit.verify import Verdict
from capture.errors import AuditBroken

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AuditBox]:
    made = AuditBox(tmp_path / "box")
    made.write(2)
    made.log.close()
    yield made
    made.log.close()


def last_line_start(data: bytes) -> int:
    return data.rindex(b"\n", 0, -1) + 1


def restart(box: AuditBox, data: bytes) -> None:
    """What is on disk after a power cut, then a start and one more line."""
    box.path.write_bytes(data)
    box.log = box.open()
    box.log.append(AuditEvent.STARTED)
    box.log.close()


def test_line_cut_at_any_byte_is_kept_and_accounted_for(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    for cut in range(last_line_start(whole) + 1, len(whole) - 1):
        box.path.write_bytes(whole[:cut])
        assert box.verify().verdict is Verdict.TORN
        restart(box, whole[:cut])
        report = box.verify()
        assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 4, 1)
        assert box.path.read_bytes().startswith(whole[:cut])


def test_it_is_told_which_line_is_torn_and_how_much_of_it_is_there(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    box.path.write_bytes(whole[:-100])
    report = box.verify()
    assert (report.torn_line, report.torn_bytes) == (3, len(whole) - 100 - last_line_start(whole))


def test_a_log_that_does_not_hold_is_compared_with_nothing(box: AuditBox) -> None:
    head = box.log.head
    assert box.verify(head).memories == 1
    box.path.write_bytes(flip(box.path.read_bytes(), 100))
    assert box.verify(head).memories == 0


def test_line_that_lost_only_its_newline_is_whole(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    restart(box, whole[:-1])
    report = box.verify()
    assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 4, 0)


def test_log_cut_between_lines_goes_on(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    restart(box, whole[: last_line_start(whole)])
    assert (box.verify().verdict, box.verify().lines) == (Verdict.GOOD, 3)


def test_first_line_of_all_may_be_torn_too(box: AuditBox) -> None:
    restart(box, box.path.read_bytes()[:100])
    report = box.verify()
    assert (report.verdict, report.lines, report.public_hex) == (Verdict.GOOD, 2, box.key.public_hex)


def test_power_cut_during_the_recovery_is_recovered_from(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    torn = whole[:-200]
    restart(box, torn)
    recovered = box.path.read_bytes()
    for cut in range(len(torn) + 1, recovered.index(b'"}\n', len(torn)), 7):
        restart(box, recovered[:cut])
        report = box.verify()
        assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 4, 1)


def test_tail_of_zeros_is_accounted_for(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    restart(box, whole[:-200] + bytes(4_096))
    assert (box.verify().verdict, box.verify().tails_lost) == (Verdict.GOOD, 1)


def with_hole(data: bytes, start: int, stop: int) -> bytes:
    """A block of the disk that never came, though later ones did."""
    return data[:start] + bytes(stop - start) + data[stop:]


def test_hole_anywhere_in_the_last_line_is_kept_and_accounted_for(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    begin = last_line_start(whole)
    for start in range(begin, len(whole) - 3, 13):
        for stop in {start + 1, (start + len(whole)) // 2, len(whole) - 1, len(whole)}:
            torn = with_hole(whole, start, stop)
            box.path.write_bytes(torn)
            assert box.verify().verdict is Verdict.TORN, (start, stop)
            restart(box, torn)
            report = box.verify()
            assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 4, 1), (start, stop)
            assert box.path.read_bytes().startswith(torn)


def test_lines_behind_a_hole_are_lost_with_it_and_told(box: AuditBox) -> None:
    box.log = box.open()
    begin = box.path.stat().st_size
    box.write(BATCH)
    box.log.close()
    whole = box.path.read_bytes()
    for start, stop in ((begin, begin + 1), (begin + 5, begin + 900), (begin + 200, begin + 8_000)):
        restart(box, with_hole(with_hole(whole, start, stop), len(whole) - 2_000, len(whole) - 1_990))
        report = box.verify()
        assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 5, 1), (start, stop)


def test_hole_in_the_first_lines_of_all_is_accounted_for(box: AuditBox) -> None:
    restart(box, with_hole(box.path.read_bytes(), 0, 100))
    report = box.verify()
    assert (report.verdict, report.lines, report.public_hex) == (Verdict.GOOD, 2, box.key.public_hex)


def test_a_start_long_after_a_hole_was_told_of_goes_on_at_the_last_line(box: AuditBox) -> None:
    whole = box.path.read_bytes()
    restart(box, with_hole(whole, last_line_start(whole) + 5, len(whole) - 4))
    for lines in (5, 6):
        restart(box, box.path.read_bytes())
        report = box.verify()
        assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, lines, 1)


def test_a_hole_at_the_end_of_a_long_log_is_accounted_for_as_in_a_short_one(box: AuditBox) -> None:
    box.log = box.open()
    for count in range(MAX_TAIL_BYTES // 400):
        box.log.submit(AuditEvent.PRESS, button="main", count=count)
    box.log.close()
    whole = box.path.read_bytes()
    assert len(whole) > MAX_TAIL_BYTES
    restart(box, with_hole(whole, last_line_start(whole) + 5, len(whole) - 4))
    assert (box.verify().verdict, box.verify().tails_lost) == (Verdict.GOOD, 1)


def test_zeros_further_back_than_any_batch_are_damage_and_not_covered_up(box: AuditBox) -> None:
    box.log = box.open()
    at = box.path.stat().st_size + 50
    box.write(BATCH + 2)
    box.log.close()
    damaged = with_hole(box.path.read_bytes(), at, at + 10)
    box.path.write_bytes(damaged)
    assert box.verify().verdict is Verdict.DAMAGED
    restart(box, damaged)
    report = box.verify()
    assert report.verdict is Verdict.DAMAGED
    assert report.bad_line is not None
    assert report.bad_line.number == 4
    assert b"tail_lost" not in box.path.read_bytes()


@pytest.mark.parametrize("changed", [b'"count":', b'"sig":"'], ids=["its words", "its signature"])
def test_changed_line_is_not_covered_up_by_a_hole_behind_it(box: AuditBox, changed: bytes) -> None:
    whole = box.path.read_bytes()
    begin = last_line_start(whole)
    at = whole.rindex(changed, 0, begin) + len(changed)
    box.path.write_bytes(with_hole(flip(whole, at), begin + 40, begin + 90))
    with pytest.raises(AuditBroken):
        box.open()
    assert box.verify().verdict is Verdict.DAMAGED


@pytest.mark.parametrize("place", [0, 1])
def test_line_that_was_taken_out_is_not_covered_up_by_a_hole_behind_it(box: AuditBox, place: int) -> None:
    box.log = box.open()
    box.write(1)
    box.log.close()
    *lines, last = box.path.read_bytes().splitlines(keepends=True)
    del lines[place]
    box.path.write_bytes(b"".join(lines) + with_hole(last, 40, 90))
    with pytest.raises(AuditBroken):
        box.open()
    assert box.verify().verdict is Verdict.DAMAGED


def test_two_power_cuts_are_both_told(box: AuditBox) -> None:
    restart(box, box.path.read_bytes()[:-50])
    restart(box, box.path.read_bytes()[:-50])
    assert (box.verify().verdict, box.verify().tails_lost) == (Verdict.GOOD, 2)


@pytest.mark.parametrize("torn", [b"{", b'{"', b'{"seq":4,"boot":"'])
def test_hole_soon_after_a_torn_line_takes_no_line_that_stands_before_it(box: AuditBox, torn: bytes) -> None:
    restart(box, box.path.read_bytes() + torn)
    whole = box.path.read_bytes()
    restart(box, whole[:-50] + b"\0" * 50)
    report = box.verify()
    # three lines, what was told of the torn one, of the hole in the line behind it, and the start
    assert (report.verdict, report.lines, report.tails_lost) == (Verdict.GOOD, 6, 2)


def test_tail_too_long_for_a_power_cut_is_not_covered_up(box: AuditBox) -> None:
    box.path.write_bytes(box.path.read_bytes() + bytes(MAX_TAIL_BYTES + 1))
    with pytest.raises(AuditBroken):
        box.open()
    assert box.verify().verdict is Verdict.DAMAGED


def test_unfinished_line_that_is_not_the_one_told_of_is_found(box: AuditBox) -> None:
    torn = box.path.read_bytes()[:-200]
    restart(box, torn)
    data = box.path.read_bytes()
    box.path.write_bytes(data[: len(torn) - 5] + b"other" + data[len(torn) :])
    report = box.verify()
    assert report.verdict is Verdict.DAMAGED
    assert report.bad_line is not None
    assert report.bad_line.number == 3
