"""A power cut in the middle of a line: the next start keeps what is there, says what was lost, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox

from capture.audit.log import MAX_TAIL_BYTES, AuditEvent
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


def test_two_power_cuts_are_both_told(box: AuditBox) -> None:
    restart(box, box.path.read_bytes()[:-50])
    restart(box, box.path.read_bytes()[:-50])
    assert (box.verify().verdict, box.verify().tails_lost) == (Verdict.GOOD, 2)


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
