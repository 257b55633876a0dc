"""Reading the log: whatever is done to it, the first bad line is named, or the unfinished last one is called torn."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_box import NOW, AuditBox, flip

from capture.audit.chain import read_chain
from capture.audit.line import AuditHead, Stamp, make_line
from capture.audit.log import AuditEvent
from capture.audit.verify import Verdict, verify_log
from capture.device_key import DeviceKey
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> AuditBox:
    made = AuditBox(tmp_path / "box")
    made.write(4)
    made.log.close()
    return made


def lines_of(box: AuditBox) -> list[bytes]:
    return box.path.read_bytes().splitlines(keepends=True)


def first_bad(box: AuditBox, data: bytes) -> int:
    """The number of the first bad line; 0 if only the end is torn, -1 if all is good."""
    box.path.write_bytes(data)
    chain = read_chain(box.path, box.key.public_hex)
    if chain.bad is not None:
        return chain.bad.number
    return 0 if chain.torn_bytes else -1


def test_untouched_log_is_good(box: AuditBox) -> None:
    report = box.verify()
    assert (report.verdict, report.lines, report.bad_line) == (Verdict.GOOD, 5, None)
    assert report.head == box.log.head


def test_any_flipped_bit_names_its_line(box: AuditBox) -> None:
    data = box.path.read_bytes()
    for at in range(len(data)):
        line = data[:at].count(b"\n") + 1
        is_end = at >= len(data) - 3  # the last bytes of all: a line without its end is one that a power cut left
        for bit in range(8) if line == 3 or is_end else (at % 8,):
            assert first_bad(box, flip(data, at, bit)) == (0 if is_end else line), (at, bit)


def test_log_cut_at_any_byte_is_torn_or_shorter_by_whole_lines(box: AuditBox) -> None:
    data = box.path.read_bytes()
    for cut in range(1, len(data)):
        assert first_bad(box, data[:cut]) == (-1 if data[:cut].endswith(b"\n") else 0), cut


def test_empty_log_is_damaged(box: AuditBox) -> None:
    assert first_bad(box, b"") == 1


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_removed_line_is_named_by_the_one_that_no_longer_follows(box: AuditBox, number: int) -> None:
    lines = lines_of(box)
    del lines[number - 1]
    assert first_bad(box, b"".join(lines)) == number


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_swapped_lines_are_found(box: AuditBox, number: int) -> None:
    lines = lines_of(box)
    lines[number - 1], lines[number] = lines[number], lines[number - 1]
    assert first_bad(box, b"".join(lines)) == number


def test_repeated_line_is_found(box: AuditBox) -> None:
    lines = lines_of(box)
    assert first_bad(box, b"".join([*lines[:3], lines[2], *lines[3:]])) == 4


def test_line_forged_with_another_key_is_found(box: AuditBox, tmp_path: Path) -> None:
    lines = lines_of(box)
    forger = DeviceKey.create(tmp_path / "forger.key", SystemDisk())
    last = read_chain(box.path, box.key.public_hex).head
    forged = make_line(forger, last, Stamp("a" * 32, 99_000, NOW), AuditEvent.CONSENT_GIVEN, {"case": "VIG-7F3K"})
    assert first_bad(box, b"".join([*lines, forged.encode()])) == 6


def test_line_of_another_history_of_the_same_box_is_found(box: AuditBox) -> None:
    trunk = box.path.read_bytes()
    box.log = box.open()
    box.write(2)
    box.log.close()
    branch = box.path.read_bytes().splitlines(keepends=True)
    box.path.write_bytes(trunk)
    box.log = box.open()
    box.log.append(AuditEvent.STOPPED)
    box.log.close()
    assert first_bad(box, box.path.read_bytes() + branch[6]) == 7


@pytest.mark.parametrize(
    "respelt",
    [
        lambda line: line.replace(b'"seq":', b'"seq": '),
        lambda line: line.replace(b'"press"', b'"pr\\u0065ss"'),
        lambda line: line.replace(b'{"seq":3,', b'{"seq":3,"seq":3,'),
        lambda line: line.replace(b'{"seq":3,', b'{"extra":1,"seq":3,'),
        lambda line: line.replace(b'"count":1', b'"count":1.0'),
        lambda line: line[:-1] + b" \n",
        lambda line: line.replace(b',"sig":', b', "sig":'),
        lambda line: line.replace(b',"sig":', b',"sig":"' + b"0" * 128 + b'","sig":'),
        lambda line: b" " + line,
        lambda _line: b"[" * 10_000 + b'"}\n',
        lambda line: line + b'"}\n',
        lambda line: b"\n" + line,
    ],
)
def test_other_spelling_of_a_line_is_refused(box: AuditBox, respelt: object) -> None:
    assert callable(respelt)
    lines = lines_of(box)
    changed = [*lines[:2], respelt(lines[2]), *lines[3:]]
    assert changed != lines
    assert first_bad(box, b"".join(changed)) in (3, 4)


def test_log_forged_from_its_first_line_on_needs_the_boxs_key_to_be_known(box: AuditBox, tmp_path: Path) -> None:
    forged = AuditBox(tmp_path / "forged")
    forged.log.close()
    assert verify_log(forged.path, None).verdict is Verdict.GOOD
    report = verify_log(forged.path, None, known_key=box.key.public_hex)
    assert report.bad_line is not None
    assert report.bad_line.number == 1


def test_log_put_back_to_an_earlier_day_is_found_by_a_remembered_head(box: AuditBox) -> None:
    later = box.log.head
    box.path.write_bytes(b"".join(lines_of(box)[:3]))
    assert box.verify().verdict is Verdict.GOOD
    assert box.verify(later).verdict is Verdict.DAMAGED


def test_remembered_head_that_is_still_there_is_good(box: AuditBox) -> None:
    earlier = read_chain(box.path).links[1]
    assert box.verify(AuditHead(2, earlier)).verdict is Verdict.GOOD
    assert box.verify(AuditHead(3, earlier)).verdict is Verdict.DAMAGED
