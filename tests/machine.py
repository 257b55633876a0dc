"""Drives whole daemons through anything that can happen to them, for so many minutes: `python tests/machine.py --minutes 20`.

Exit code 0: every promise held, and everything that can happen to a box did happen; 1: a promise broke, and the way there is
printed; 3: something was never tried, so that nothing is proven of it. `--number N` repeats one batch.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from made_box import MadeBox, make_box  # noqa: E402
from ram_folder import ram_folder  # noqa: E402
from whole_machine import Findings, run  # noqa: E402

_RUNS, _STEPS = 30, 50


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive whole daemons through anything that can happen to them.")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--number", type=int, help="one batch again, by the number that was printed")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    findings = Findings()
    end = time.monotonic() + asked.minutes * 60
    with ram_folder() as folder:
        made = make_box(folder / "made")
        if asked.number is not None:
            _batch(made, findings, asked.number)
        else:
            while time.monotonic() < end and _batch(made, findings, secrets.randbelow(2**32)):
                pass
    sys.stdout.write(findings.table() + "\n")
    for error in findings.broken:
        traceback.print_exception(error)
        sys.stdout.write("\n".join(getattr(error, "__notes__", ())) + "\n")
    if findings.broken:
        return 1
    never = [] if asked.number is not None else findings.never()
    sys.stdout.write("".join(f"never: {what}\n" for what in never))
    return 3 if never else 0


def _batch(made: MadeBox, findings: Findings, number: int) -> bool:
    begun = time.monotonic()
    is_good = run(made, findings, runs=_RUNS, steps=_STEPS, number=number, is_shrunk=True)
    sys.stdout.write(f"batch {number}: {'held' if is_good else 'BROKEN'}, {time.monotonic() - begun:.0f} s\n")
    sys.stdout.flush()
    return is_good


if __name__ == "__main__":
    sys.exit(main())
