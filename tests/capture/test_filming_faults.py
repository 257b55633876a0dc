"""A disk of which one call fails, at each call of a visit in turn: nothing durable is lost, nothing is called what it is not.

`make test` tries an I/O error at every call and of the other troubles each at a share of them; `make chaos` all at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_visit import count_calls, troubled_visit
from faults import FaultyDisk
from faulty_kernel import Trouble, fits
from filming_box import FilmingBox
from ram_folder import ram_folder

from capture.audit.verify import Verdict, verify_log
from capture.model import RecordingState
from capture.recorder.model import Phase
from device.disk import SystemDisk

SHARES = 4
"""The sweeps are cut into so many tests, so that a failure names its place."""
OTHERS = tuple(trouble for trouble in Trouble if trouble is not Trouble.EIO)


@pytest.fixture
def ram() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


def _in_turn(folder: Path, places: list[tuple[int, str, Trouble]]) -> None:
    assert places
    for number, call, trouble in places:
        here = folder / f"{number}-{trouble.name}"
        here.mkdir()
        try:
            troubled_visit(here, number, trouble)
        except Exception as error:
            raise AssertionError(f"{trouble.value} at call {number}, {call}: {error!r}") from error


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return count_calls(tmp_path_factory.mktemp("good"))


def test_a_visit_meets_every_kind_of_call(calls: list[str]) -> None:
    assert set(calls) == {"open", "write", "fsync", "fdatasync", "ftruncate", "close", "rename", "unlink", "statvfs"}


@pytest.mark.promise("P4")
@pytest.mark.promise("P8")
@pytest.mark.promise("P11")
@pytest.mark.parametrize("share", range(SHARES))
def test_an_error_at_any_call_loses_nothing_durable_and_claims_nothing_false(ram: Path, calls: list[str], share: int) -> None:
    _in_turn(ram, [(number, call, Trouble.EIO) for number, call in enumerate(calls)][share::SHARES])


@pytest.mark.promise("P8")
@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
@pytest.mark.parametrize("trouble", OTHERS, ids=lambda trouble: trouble.name)
def test_full_disks_interrupted_calls_and_short_writes_do_no_more_harm(ram: Path, calls: list[str], trouble: Trouble) -> None:
    places = [(number, call, trouble) for number, call in enumerate(calls) if fits(trouble, call)]
    _in_turn(ram, places[OTHERS.index(trouble) :: SHARES])


@pytest.mark.promise("P2")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("share", range(SHARES))
def test_after_a_disk_that_died_at_any_step_of_a_take_the_next_start_tells_one_story(ram: Path, share: int) -> None:
    number, is_cut = share, True
    while is_cut:
        folder = ram / f"{number}"
        folder.mkdir()
        disk = FaultyDisk(SystemDisk())
        box = FilmingBox(folder, disk).start()
        died_at = len(disk.calls) + number
        disk.die_at(died_at)
        box.arm()
        box.hold()
        if box.wait_for(Phase.RECORDING, Phase.IDLE, Phase.FAULTED) is Phase.RECORDING:
            box.press()
        box.wait_for(Phase.ARMED, Phase.IDLE, Phase.FAULTED)
        is_cut = len(disk.calls) > died_at
        assert box.failure is None, number
        box.shut()
        disk.heal()
        box.restart_records()
        box.start()
        assert box.control.state.phase is Phase.IDLE, number
        assert all(row.state in (RecordingState.SEALED, RecordingState.INTERRUPTED) for row in box.rows()), number
        report = verify_log(folder / "audit.log", folder / "vault")
        assert (report.verdict, report.bad_line, report.findings) == (Verdict.GOOD, None, ()), number
        box.shut()
        box.box.close()
        number += SHARES
    assert number > 20
