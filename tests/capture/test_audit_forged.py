"""A log forged without the box's key, however well: the first forged line is named, whichever signatures are looked at first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from audit_box import AuditBox, flip
from forged_log import rechained, reworded
from hypothesis import given
from hypothesis import strategies as st

from capture.audit.chain import Chain, Signatures, read_chain
from capture.audit.verify import Verdict
from capture.device_key import DeviceKey
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P10")

LINES = 9


@pytest.fixture
def box(tmp_path: Path) -> AuditBox:
    made = AuditBox(tmp_path / "box")
    made.write(LINES - 1)
    made.log.close()
    return made


def lines_of(box: AuditBox) -> list[bytes]:
    return box.path.read_bytes().splitlines(keepends=True)


def read_both_ways(box: AuditBox, lines: list[bytes]) -> Chain:
    """What is found is the same whether two signatures are checked first or every one in turn."""
    box.path.write_bytes(b"".join(lines))
    quick = read_chain(box.path, box.key.public_hex)
    every = read_chain(box.path, box.key.public_hex, Signatures.EVERY)
    assert (quick.bad, quick.head, quick.torn_bytes) == (every.bad, every.head, every.torn_bytes)
    return quick


def renumbered(lines: list[bytes], by: int) -> list[bytes]:
    return [re.sub(rb'"seq":([0-9]+)', lambda found: b'"seq":%d' % (int(found[1]) + by), line) for line in lines]


def first_bad(box: AuditBox, lines: list[bytes]) -> int:
    bad = read_both_ways(box, lines).bad
    return bad.number if bad else 0


def test_untouched_log_is_good_both_ways(box: AuditBox) -> None:
    assert first_bad(box, lines_of(box)) == 0


@pytest.mark.parametrize("number", range(2, LINES + 1))
def test_run_forged_up_to_the_end_is_named_by_its_first_line(box: AuditBox, number: int) -> None:
    lines = lines_of(box)
    lines[number - 1] = reworded(lines[number - 1])
    assert first_bad(box, rechained(lines, number - 1)) == number


@pytest.mark.parametrize("number", range(2, LINES + 1))
def test_run_signed_with_another_key_is_named_by_its_first_line(box: AuditBox, number: int, tmp_path: Path) -> None:
    forger = DeviceKey.create(tmp_path / "forger.key", SystemDisk())
    lines = lines_of(box)
    lines[number - 1] = reworded(lines[number - 1])
    assert first_bad(box, rechained(lines, number - 1, lambda digest: forger.sign("audit-line", digest))) == number


@pytest.mark.parametrize("number", range(2, LINES))
def test_forged_line_is_named_where_those_behind_it_still_follow_the_old_one(box: AuditBox, number: int) -> None:
    lines = lines_of(box)
    forged = [*lines[: number - 1], reworded(lines[number - 1])]
    assert first_bad(box, [*rechained(forged, number - 1), *lines[number:]]) == number


def test_forged_run_in_the_middle_is_named_by_its_first_line(box: AuditBox) -> None:
    lines = lines_of(box)
    forged = [*lines[:3], *map(reworded, lines[3:6])]
    assert first_bad(box, [*rechained(forged, 3), *lines[6:]]) == 4


@pytest.mark.parametrize("number", range(1, LINES + 1))
def test_signature_of_another_line_is_named_though_nothing_else_is_wrong(box: AuditBox, number: int) -> None:
    lines = lines_of(box)
    other = lines[number - 2 if number > 1 else number]
    lines[number - 1] = lines[number - 1][:-131] + other[-131:]
    assert first_bad(box, rechained(lines, number)) == number


def test_line_taken_out_of_a_chain_made_to_follow_again_is_found(box: AuditBox) -> None:
    lines = lines_of(box)
    del lines[4]
    renumbered = [
        line.replace(b'{"seq":%d' % (at + 2), b'{"seq":%d' % (at + 1)) if at >= 4 else line for at, line in enumerate(lines)
    ]
    assert first_bad(box, rechained(renumbered, 4)) == 5


def test_line_put_into_a_chain_made_to_follow_again_is_found(box: AuditBox) -> None:
    lines = lines_of(box)
    lines.insert(4, lines[4])
    assert first_bad(box, rechained([*lines[:5], *renumbered(lines[5:], 1)], 4)) == 6


def test_swapped_lines_made_to_follow_again_are_found(box: AuditBox) -> None:
    lines = lines_of(box)
    lines[4], lines[5] = lines[5].replace(b'{"seq":6', b'{"seq":5'), lines[4].replace(b'{"seq":5', b'{"seq":6')
    assert first_bad(box, rechained(lines, 4)) == 5


def test_forged_run_before_torn_bytes_is_damage_and_not_torn(box: AuditBox) -> None:
    lines = lines_of(box)
    lines[3] = reworded(lines[3])
    forged = rechained(lines, 3)
    assert first_bad(box, [*forged[:-1], forged[-1][:-40]]) == 4


def test_tail_lost_line_made_up_without_the_key_covers_nothing_up(box: AuditBox) -> None:
    lines = lines_of(box)
    box.path.write_bytes(b"".join(lines)[:-40])
    box.log = box.open()
    box.log.close()
    told = lines_of(box)
    told[-1] = told[-1][:-4] + (b'0"}\n' if told[-1][-4:] != b'0"}\n' else b'1"}\n')
    chain = read_both_ways(box, told)
    assert chain.bad is not None
    assert chain.bad.number == LINES


def test_nothing_of_a_forged_run_is_believed(box: AuditBox) -> None:
    box.log = box.open()
    recording = box.film()
    box.log.close()
    lines = lines_of(box)
    at = next(place for place, line in enumerate(lines) if b"recording_opening" in line)
    lines[at] = lines[at].replace(b'"header_hash":"', b'"header_hash":"', 1)[:-131] + lines[0][-131:]
    chain = read_both_ways(box, rechained(lines, at + 1))
    assert chain.bad is not None
    assert chain.bad.number == at + 1
    assert recording not in chain.traces.recordings
    assert box.verify().verdict is Verdict.DAMAGED


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditBox, list[bytes]]:
    """One box for all examples, which write its log anew, and its lines."""
    made = AuditBox(tmp_path_factory.mktemp("forged") / "box")
    made.write(LINES - 1)
    made.log.close()
    return made, lines_of(made)


operations = st.lists(
    st.tuples(
        st.sampled_from(["flip", "drop", "swap", "repeat", "reword", "rechain", "cut"]),
        st.integers(0, LINES - 1),
        st.integers(0, 5000),
    ),
    min_size=1,
    max_size=4,
)


@given(operations=operations)
def test_whatever_is_done_both_ways_name_the_same_line(
    kept: tuple[AuditBox, list[bytes]], operations: list[tuple[str, int, int]]
) -> None:
    box, original = kept
    lines = list(original)
    for what, number, place in operations:
        at = min(number, len(lines) - 1)
        match what:
            case "flip":
                lines[at] = flip(lines[at], place % len(lines[at]), place % 7)
            case "drop" if len(lines) > 1:
                del lines[at]
            case "swap":
                lines[at], lines[at - 1] = lines[at - 1], lines[at]
            case "repeat":
                lines.insert(at, lines[at])
            case "reword" if b'"count":' in lines[at][:-1]:
                lines[at] = reworded(lines[at])
            case "rechain" if all(line.endswith(b'"}\n') and b',"hash":' in line and b'"prev":"' in line for line in lines[at:]):
                lines = rechained(lines, at)
            case "cut":
                lines[-1] = lines[-1][: 1 + place % len(lines[-1])]
    chain = read_both_ways(box, lines)
    is_shorter_or_same = b"".join(original).startswith(b"".join(lines))
    assert is_shorter_or_same or chain.bad is not None or chain.torn_bytes
