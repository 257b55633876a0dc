"""Breaks the gate, the recorder and the audit log on purpose, one small change at a time: would the tests notice?

Run: `make mutants`. Prints each change that no test noticed and a table; ends with exit code 1 where fewer than 90 % of a room's
were. What is left over, and why: docs/mutants.md. `tests/mutants.py recorder` runs one room, `recorder 'capture.recorder.asks.*'`
a part of it.
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

from mutant_room import ROOT, Mutant, Room, diff, run

LEAST = 0.9
ROOMS = (
    Room("recorder", files=("capture/recorder/*.py",), tests=("tests/capture/test_recorder*.py",)),
    Room(
        "gate",
        files=tuple(f"capture/consent/{name}.py" for name in ("*gate", "*_rules", "case_record", "histor*", "reading")),
        tests=tuple(
            f"tests/capture/test_{name}.py"
            for name in ("gate*", "*_rules", "armings", "histor*", "log_memory", "reading", "records")
        ),
    ),
    Room(
        "audit",
        files=("capture/audit/*.py",),
        # all of the log's but two that start processes: the page's own verifier, and the killed writer
        tests=("tests/capture/test_audit_[!dk]*.py", "tests/capture/test_log_memory.py", "tests/capture/test_recall.py"),
        # these try for every byte what others try for a few: seconds for each change that lives
        without=(
            "tests/capture/test_audit_chain.py::test_any_flipped_bit_names_its_line",
            "tests/capture/test_audit_chain.py::test_log_cut_at_any_byte_is_torn_or_shorter_by_whole_lines",
            "tests/capture/test_audit_memory.py::test_log_cut_at_any_byte_is_told_by_the_next_start_and_never_again_good",
        ),
    ),
)


def survivors(mutants: Sequence[Mutant], folder: Path) -> Iterator[str]:
    for mutant in mutants:
        if not mutant.is_found_out:
            fate = "" if mutant.fate == "survived" else f" ({mutant.fate})"
            yield f"{mutant.name}{fate}\n{diff(mutant, folder)}\n"


def table(room: Room, mutants: Sequence[Mutant], seconds: float) -> Iterator[str]:
    """A line for each file and one for the room."""
    for file in sorted({mutant.file for mutant in mutants}):
        yield _row(file, [mutant for mutant in mutants if mutant.file == file])
    yield f"{_row(room.name, mutants)}   {seconds:>5.0f} s"


def share(mutants: Sequence[Mutant]) -> float:
    return sum(mutant.is_found_out for mutant in mutants) / max(1, len(mutants))


def _row(what: str, mutants: Sequence[Mutant]) -> str:
    fates = Counter(mutant.fate for mutant in mutants)
    slow, dead = fates["timeout"], fates["killed"] + fates["segfault"]
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
    shares = []
    for room in (replace(room, names=tuple(asked.names)) for room in ROOMS if asked.room in (None, room.name)):
        begun, folder = time.monotonic(), asked.build / room.name
        if folder.exists():
            shutil.rmtree(folder)
        mutants = run(room, folder, jobs=asked.jobs, say=_say)
        for left in survivors(mutants, folder):
            _say(left)
        rows += table(room, mutants, time.monotonic() - begun)
        shares.append(share(mutants))
    _say("\n".join(rows))
    return 0 if min(shares) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
