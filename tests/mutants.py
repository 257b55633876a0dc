"""Breaks gate, recorder, log, time and erasing on purpose, one small change at a time: would the tests notice?

Run: `make mutants`. Prints what the runs of the rooms say against docs/mutants-left.md, and a table; ends with exit code 1 where
a change that the page does not list went unnoticed, where one that it lists is noticed now, or where fewer than 90 % of a room's
were. `tests/mutants.py recorder` runs one room, `recorder 'capture.recorder.asks.*'` a part of it. More: docs/mutants.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mutant_room import FOUND_OUT, ROOT, Mutant, Room, diff, run
from mutants_left import PAGE, left, listed, shown

LEAST = 0.9
ROOMS = (
    Room("recorder", files=("capture/recorder/*.py",), tests=("tests/capture/test_recorder*.py",)),
    Room(
        "gate",
        files=("capture/consent/[!_]*.py",),
        tests=tuple(
            f"tests/capture/test_{name}.py"
            for name in (
                *("gate*", "*_rules", "armings", "case_statements", "histor*", "locking", "log_memory"),
                *("new_cases", "reading", "records", "retention", "standing"),
            )
        ),
    ),
    Room(
        "audit",
        files=("capture/audit/*.py", *(f"capture/{name}.py" for name in ("device_key", "signed_line", "manifest", "receipts"))),
        # all of the log's but two that start processes: the page's own verifier, and the killed writer
        tests=(
            "tests/capture/test_audit_[!dk]*.py",
            *(
                f"tests/capture/test_{name}.py"
                for name in ("device_key", "signed_line", "manifest", "receipts", "log_memory", "recall")
            ),
        ),
        # these try for every byte what others try for a few, or start a process: seconds for each change that lives
        without=(
            "tests/capture/test_audit_chain.py::test_any_flipped_bit_names_its_line",
            "tests/capture/test_audit_chain.py::test_log_cut_at_any_byte_is_torn_or_shorter_by_whole_lines",
            "tests/capture/test_audit_memory.py::test_log_cut_at_any_byte_is_told_by_the_next_start_and_never_again_good",
            "tests/capture/test_audit_bundle_odd.py::test_bundle_with_any_bit_flipped_is_refused_in_words_or_holds",
            "tests/capture/test_audit_command.py::test_card_that_cannot_be_written_is_verified_after_a_kill_too",
        ),
    ),
    Room(
        "time",
        files=("capture/anchor.py", "capture/erasing/*.py"),
        tests=tuple(f"tests/capture/test_{name}.py" for name in ("anchor", "time_*", "erasing*", "erasure_book")),
        # power cut at each step of an erasure, and clocks that jump for long: seconds for each change that lives
        without=(
            "tests/capture/test_erasing_batches.py::test_a_batch_cut_at_any_step_becomes_one_story_with_a_receipt_for_what_went",
            "tests/capture/test_erasing.py::test_an_erasure_cut_at_any_step_is_carried_through_at_the_next_start",
        ),
    ),
)


def against_page(room: Room, mutants: Sequence[Mutant], folder: Path) -> Iterator[str]:
    """What the run says of the changes that is not on the page, and the other way round, in the form in which the page has it.

    A part of a room says nothing of what the page lists beyond it.
    """
    lived = {left(mutant.file, mutant.function, diff(mutant, folder)) for mutant in mutants if not mutant.is_found_out}
    page = listed(PAGE.read_text("utf-8"))
    if new := lived - page:
        yield from ("new, and no test notices:", *shown(new))
    tried = set() if room.names else {mutant.file for mutant in mutants}
    if gone := {one for one in page - lived if one.file in tried}:
        yield from ("listed, and noticed now:", *shown(gone))


def unsettled(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Of which nothing is known, not even that no test notices."""
    yield from (f"{mutant.name}: {mutant.fate}" for mutant in mutants if mutant.fate not in {*FOUND_OUT, "survived", "no tests"})


def table(room: Room, mutants: Sequence[Mutant], seconds: float) -> Iterator[str]:
    """A line for each file and one for the room."""
    for file in sorted({mutant.file for mutant in mutants}):
        yield _row(file, [mutant for mutant in mutants if mutant.file == file])
    yield f"{_row(room.name, mutants)}   {seconds:>5.0f} s"


def share(mutants: Sequence[Mutant]) -> float:
    return sum(mutant.is_found_out for mutant in mutants) / max(1, len(mutants))


def _row(what: str, mutants: Sequence[Mutant]) -> str:
    fates = Counter(mutant.fate for mutant in mutants)
    slow, dead = fates["endless"] + fates["stalled"], fates["killed"]
    return f"{what:<36} {len(mutants):>6} {dead:>6} {len(mutants) - dead - slow:>8} {slow:>8} {100 * share(mutants):>7.1f} %"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Break rules on purpose, and see whether the tests notice.")
    parser.add_argument("room", nargs="?", choices=[room.name for room in ROOMS], help="one room; all if it is left out")
    parser.add_argument("names", nargs="*", help="patterns of mutants' names; all of the room if they are left out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many mutants are tried at once")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "mutants", help="where the copies are made, anew")
    asked = parser.parse_args()
    rows = [f"{'':<36} mutants killed survived timeouts  found out"]
    shares, is_as_listed = [], True
    for room in (replace(room, names=tuple(asked.names)) for room in ROOMS if asked.room in (None, room.name)):
        begun, folder = time.monotonic(), asked.build / room.name
        if folder.exists():
            shutil.rmtree(folder)
        mutants = run(room, folder, jobs=asked.jobs, say=_say)
        for line in (said := [*unsettled(mutants), *against_page(room, mutants, folder)]):
            _say(line)
        is_as_listed = is_as_listed and not said
        rows += table(room, mutants, time.monotonic() - begun)
        shares.append(share(mutants))
    _say("\n".join(rows))
    return 0 if is_as_listed and min(shares) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
